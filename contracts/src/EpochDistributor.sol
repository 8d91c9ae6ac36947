// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {HubToken} from "./HubToken.sol";

/// @title Distribution of one hub's rewards, epoch by epoch
/// @notice Each distribution is the root of a Merkle tree whose leaves say how much an account was ever credited. It is
/// proposed, stands in public for a window in which anybody may challenge it, and is then finalized by anybody. An
/// account takes what is credited to it beyond what it took before, from any finalized root, at any time.
///
/// Trees are OpenZeppelin's `standard-v1`: leaf = keccak256(keccak256(abi.encode(address account, uint256 cumulative))),
/// pairs hashed in sorted order.
///
/// Three sums: `credited` is what all epochs together earned, with or without a wallet; `cumulative` is what the leaves
/// of the newest finalized tree add up to, minted to this contract; `paid` is what was claimed.
///
/// Guaranteed, whoever holds whichever key:
/// - an epoch is credited after its end, once, and with at most its budget; credit without a wallet waits and may be
///   added to the leaves in any later epoch: `paid <= cumulative <= credited <=` the budgets of the epochs that are over;
/// - no distribution takes effect before it stood unchallenged in public for a whole window, and none without its turn:
///   one proposal at a time, none replaced, silence never mints;
/// - what an account may claim never falls, never expires, and goes to that account whoever calls;
/// - a proposal whose tree lowers a finalized amount, or holds two different leaves for one account, is cancelled by
///   anybody who shows it;
/// - the rules named by a proposal are those that were announced before its epoch began;
/// - there is no owner, proxy, pause, sweep or upgrade. The proposer proposes, the guardian cancels one and the same
///   proposal once, the council dismisses challenges, announces rules for epochs that have not begun and replaces
///   proposer and guardian after a delay. None of them can mint, pay, or change an amount.
///
/// Not guaranteed:
/// - the contract sees a root, not the tree. It cannot tell that the leaves follow from the rules, that they add up to
///   `total`, or that an account was left out. Recomputing, the window and challenges are about that;
/// - proposer and council together can bring a wrong tree through, in public; it cannot pay more than `total`, and what
///   others were credited before can then be claimed only as far as the sum reaches;
/// - the guardian can hold up every new proposal until the council replaces it, and a challenger each one for
///   `challengeSeconds`, at a price that doubles with every challenge that was not upheld. Neither changes an amount:
///   credit that waits is paid later;
/// - nobody can make the proposer propose. On a chain whose operator can rewrite blocks all this shows the mechanism and
///   protects nobody.
contract EpochDistributor {
    /// @notice Arguments of the emission, as `Emission` takes them.
    struct Schedule {
        uint48 genesis;
        uint48 epochSeconds;
        uint48 halvingSeconds;
        uint112 firstBudget;
    }

    /// @notice Roles that the council may give to somebody else, after `roleDelay`.
    enum Role {
        Proposer,
        Guardian
    }

    /// @notice Why a proposal was cancelled.
    enum Cause {
        Guardian,
        Expired,
        Decrease,
        Duplicate
    }

    /// @notice A distribution that is not final. `proposer` is 0 while there is none, `challenger` while nobody
    /// challenges; `challengeEnds` is when an undecided challenge cancels it.
    struct Proposal {
        address proposer;
        uint48 epoch;
        uint48 readyAt;
        uint112 credited;
        uint112 total;
        bytes32 root;
        bytes32 manifest;
        address challenger;
        uint48 challengeEnds;
    }

    /// @notice A leaf's amount, and its path in the tree.
    struct Leaf {
        uint256 cumulative;
        bytes32[] proof;
    }

    struct Claim {
        address account;
        uint256 cumulative;
        bytes32[] proof;
    }

    /// @notice All that changes with distributions, at one block. `bond` is what a challenge takes now, `time` the block's.
    struct State {
        uint48 nextEpoch;
        uint112 credited;
        uint112 cumulative;
        uint112 paid;
        uint256 bond;
        uint48 time;
        Proposal pending;
    }

    /// @notice A change of a role that was announced; `next` is 0 if none is.
    struct Announcement {
        address next;
        uint48 readyAt;
    }

    struct Policy {
        uint48 firstEpoch;
        bytes32 hash;
    }

    event Proposed(
        uint48 indexed epoch,
        bytes32 indexed root,
        bytes32 manifest,
        bytes32 policy,
        uint112 credited,
        uint112 total,
        uint48 readyAt,
        string uri
    );
    event Challenged(uint48 indexed epoch, address indexed challenger, uint256 bond, uint48 ends, string reason);
    /// @notice The council found nothing in the challenge: its bond is burnt and a new window begins. What is burnt stays
    /// in this contract, which has no way to send it.
    event Dismissed(uint48 indexed epoch, address indexed challenger, uint256 bond, uint48 readyAt);
    /// @notice `by` is who made the call. For a decrease or a duplicate, `reason` is empty and `account` is whose leaf it is.
    event Cancelled(
        uint48 indexed epoch,
        bytes32 indexed root,
        Cause cause,
        address by,
        address account,
        string reason
    );
    event Finalized(
        uint48 indexed epoch,
        bytes32 indexed root,
        bytes32 manifest,
        uint112 credited,
        uint112 total,
        uint112 minted
    );
    event Claimed(address indexed account, uint48 indexed epoch, uint256 amount, uint256 cumulative);
    event PolicyScheduled(bytes32 indexed policy, uint48 indexed firstEpoch);
    event RoleAnnounced(Role indexed role, address indexed next, uint48 readyAt);
    event RoleWithdrawn(Role indexed role, address indexed next);
    event RoleChanged(Role indexed role, address indexed previous, address indexed next);
    event BondRefunded(address indexed challenger, uint256 amount);

    /// @notice The caller does not hold the role that this takes.
    error NotAllowed();
    /// @notice An address, a time or an amount that this contract cannot take.
    error BadArgument();
    /// @notice The epoch was distributed or skipped already.
    error EpochPassed();
    /// @notice The epoch is not over.
    error EpochNotOver();
    /// @notice Another proposal waits to be finalized or cancelled.
    error ProposalPending();
    /// @notice There is no proposal.
    error NoProposal();
    /// @notice The policy is not the one announced for that epoch.
    error WrongPolicy();
    /// @notice The credit falls, or rises by more than the epoch's budget.
    error OverBudget();
    /// @notice The total falls, or is more than what was credited, or does not fit the root.
    error WrongTotal();
    /// @notice The window is not over.
    error TooEarly(uint48 readyAt);
    /// @notice The window, or the time to decide, is over.
    error TooLate();
    /// @notice A challenge is open.
    error AlreadyChallenged();
    /// @notice No challenge is open.
    error NotChallenged();
    /// @notice The bond is not exactly what a challenge takes now.
    error WrongBond(uint256 wanted);
    /// @notice The guardian cancelled this very proposal before.
    error CancelledBefore();
    /// @notice A Merkle proof does not verify.
    error BadProof();
    /// @notice What was shown is no fault of the proposal.
    error NoFault();
    /// @notice No distribution of that epoch is final.
    error UnknownEpoch();
    /// @notice The account took all of that already.
    error NothingToClaim();
    /// @notice The leaves add up to more than their total: nothing is left for this one.
    error AboveTotal();
    /// @notice The epoch has begun; its rules stay.
    error EpochBegun();
    /// @notice No change of that role is announced.
    error NothingAnnounced();
    /// @notice There is no bond to return, or its owner does not take it.
    error NoRefund();

    /// @notice Bounds of the constructor's times, in seconds.
    uint48 public constant MAX_WINDOW = 30 days;
    uint48 public constant MIN_DELAY = 1 hours;
    uint48 public constant MAX_DELAY = 365 days;
    /// @notice An undecided challenge cancels its proposal after so many windows.
    uint48 public constant CHALLENGE_WINDOWS = 7;
    /// @dev The bond doubles at most so often.
    uint8 private constant MOST_DOUBLINGS = 16;

    HubToken public immutable token;
    /// @notice When epoch 0 begins (Unix seconds), and how long each epoch is.
    uint48 public immutable genesis;
    uint48 public immutable epochSeconds;
    /// @notice Seconds that a proposal stands in public before it can be finalized.
    uint48 public immutable window;
    /// @notice Seconds between the announcement of a proposer or guardian and its first right.
    uint48 public immutable roleDelay;
    /// @notice The bond of a challenge in wei of the native coin, before doublings.
    uint80 public immutable firstBond;
    /// @notice Who dismisses challenges, announces rules and replaces the other two. Meant to be a Governor's timelock.
    address public immutable council;

    address public proposer;
    address public guardian;
    mapping(Role role => Announcement announcement) public announced;

    /// @notice The first epoch that was neither distributed nor skipped.
    uint48 public nextEpoch;
    /// @notice What all finalized epochs together earned.
    uint112 public credited;
    /// @notice Challenges that were dismissed or ran out since the last finalized distribution.
    uint8 public failedChallenges;
    /// @notice What the leaves of the newest finalized tree add up to, as its proposal said: all that was minted.
    uint112 public cumulative;
    /// @notice What was claimed.
    uint112 public paid;

    Proposal private _pending;
    Policy[] private _policies;

    /// @notice Root and manifest hash of each finalized distribution; 0 for other epochs.
    mapping(uint48 epoch => bytes32 root) public rootOf;
    mapping(uint48 epoch => bytes32 hash) public manifestOf;
    /// @notice What an account took so far.
    mapping(address account => uint256 amount) public claimed;
    /// @notice Bonds that wait for `refund`.
    mapping(address challenger => uint256 amount) public refundOf;
    /// @dev Proposals, by `_identity`, that the guardian cancelled.
    mapping(bytes32 identity => bool cancelled) private _cancelled;

    modifier only(address account) {
        if (msg.sender != account) revert NotAllowed();
        _;
    }

    /// @notice Deploys the token too, so that neither can exist with another counterpart.
    /// @param firstPolicy Hash of the rules from epoch 0 on.
    constructor(
        Schedule memory schedule,
        uint48 window_,
        uint48 roleDelay_,
        uint80 firstBond_,
        address proposer_,
        address guardian_,
        address council_,
        bytes32 firstPolicy
    ) {
        if (window_ == 0 || window_ > MAX_WINDOW || firstBond_ == 0 || firstPolicy == 0) revert BadArgument();
        if (roleDelay_ < MIN_DELAY || roleDelay_ > MAX_DELAY) revert BadArgument();
        if (proposer_ == address(0) || guardian_ == address(0) || council_ == address(0)) revert BadArgument();
        if (proposer_ == guardian_ || proposer_ == council_) revert BadArgument();
        token = new HubToken(schedule.genesis, schedule.epochSeconds, schedule.halvingSeconds, schedule.firstBudget);
        genesis = schedule.genesis;
        epochSeconds = schedule.epochSeconds;
        window = window_;
        roleDelay = roleDelay_;
        firstBond = firstBond_;
        council = council_;
        proposer = proposer_;
        guardian = guardian_;
        _policies.push(Policy(0, firstPolicy));
        emit RoleChanged(Role.Proposer, address(0), proposer_);
        emit RoleChanged(Role.Guardian, address(0), guardian_);
        emit PolicyScheduled(firstPolicy, 0);
    }

    // --- proposing ------------------------------------------------------------------------------

    /// @notice Propose the distribution of an epoch that is over. Only the proposer. Epochs before it that were not
    /// distributed are skipped: they mint nothing and need no transaction. A cancelled epoch may be proposed again.
    /// @param root Root of the tree; 0 if nothing was ever credited to an account with a wallet.
    /// @param manifest SHA-256 of the public bundle's manifest.
    /// @param policy Hash of the rules; must be `policyAt(epoch)`.
    /// @param newCredited What all epochs together earned, this one included.
    /// @param total What the leaves add up to.
    /// @param uri Where the bundle is.
    function propose(
        uint48 epoch,
        bytes32 root,
        bytes32 manifest,
        bytes32 policy,
        uint112 newCredited,
        uint112 total,
        string calldata uri
    ) external only(proposer) {
        if (_pending.proposer != address(0)) revert ProposalPending();
        if (epoch < nextEpoch) revert EpochPassed();
        if (block.timestamp < _start(uint256(epoch) + 1)) revert EpochNotOver();
        if (policy != policyAt(epoch)) revert WrongPolicy();
        if (manifest == 0) revert BadArgument();
        if (newCredited < credited || newCredited - credited > token.budget(epoch)) revert OverBudget();
        if (total < cumulative || total > newCredited || (root == 0) != (total == 0)) revert WrongTotal();
        uint48 readyAt = uint48(block.timestamp) + window;
        _pending.proposer = msg.sender;
        _pending.epoch = epoch;
        _pending.readyAt = readyAt;
        _pending.credited = newCredited;
        _pending.total = total;
        _pending.root = root;
        _pending.manifest = manifest;
        emit Proposed(epoch, root, manifest, policy, newCredited, total, readyAt, uri);
    }

    /// @notice Make the proposal final once its window is over and no challenge is open. Anybody may call.
    function finalize() external {
        Proposal memory it = _proposal();
        if (it.challenger != address(0)) revert AlreadyChallenged();
        if (block.timestamp < it.readyAt) revert TooEarly(it.readyAt);
        uint112 minted = it.total - cumulative;
        delete _pending;
        rootOf[it.epoch] = it.root;
        manifestOf[it.epoch] = it.manifest;
        nextEpoch = it.epoch + 1;
        credited = it.credited;
        failedChallenges = 0;
        cumulative = it.total;
        emit Finalized(it.epoch, it.root, it.manifest, it.credited, it.total, minted);
        if (minted != 0) token.mint(minted);
    }

    // --- stopping a proposal --------------------------------------------------------------------

    /// @notice Challenge the proposal within its window, with `challengeBond()` wei. One challenge at a time. The bond
    /// comes back if the proposal is cancelled while the challenge is open; half of it if nobody decides in time.
    function challenge(string calldata reason) external payable {
        Proposal memory it = _proposal();
        if (it.challenger != address(0)) revert AlreadyChallenged();
        if (block.timestamp >= it.readyAt) revert TooLate();
        uint256 bond = challengeBond();
        if (msg.value != bond) revert WrongBond(bond);
        uint48 ends = uint48(block.timestamp) + challengeSeconds();
        _pending.challenger = msg.sender;
        _pending.challengeEnds = ends;
        emit Challenged(it.epoch, msg.sender, bond, ends, reason);
    }

    /// @notice Find nothing in the challenge: its bond is burnt and the proposal stands for another whole window, open to
    /// the next challenge. Only the council, while the challenge is undecided.
    function dismiss() external only(council) {
        Proposal memory it = _proposal();
        if (it.challenger == address(0)) revert NotChallenged();
        if (block.timestamp >= it.challengeEnds) revert TooLate();
        uint48 readyAt = uint48(block.timestamp) + window;
        emit Dismissed(it.epoch, it.challenger, challengeBond(), readyAt);
        _pending.challenger = address(0);
        _pending.challengeEnds = 0;
        _pending.readyAt = readyAt;
        _countFailure();
    }

    /// @notice Cancel a proposal whose challenge nobody decided in time. Anybody may call. Half of the bond is burnt, so
    /// that holding up payments has a price.
    function expire() external {
        Proposal memory it = _proposal();
        if (it.challenger == address(0)) revert NotChallenged();
        if (block.timestamp < it.challengeEnds) revert TooEarly(it.challengeEnds);
        refundOf[it.challenger] += challengeBond() / 2;
        _countFailure();
        _drop(it, Cause.Expired, address(0), "");
    }

    /// @notice Cancel the proposal. Only the guardian, and one and the same proposal only once, so that it delays but
    /// never decides; a proposal by somebody who is no longer the proposer is not protected like that.
    function cancel(string calldata reason) external only(guardian) {
        Proposal memory it = _proposal();
        bytes32 identity = keccak256(abi.encode(it.epoch, it.root, it.manifest, it.credited, it.total));
        if (_cancelled[identity] && it.proposer == proposer) revert CancelledBefore();
        _cancelled[identity] = true;
        _returnBond(it);
        _drop(it, Cause.Guardian, address(0), reason);
    }

    /// @notice Show that the proposal gives an account less than a finalized distribution did. Anybody may call.
    function proveDecrease(uint48 epoch, address account, Leaf calldata final_, Leaf calldata proposed) external {
        Proposal memory it = _proposal();
        _verify(_root(epoch), account, final_.cumulative, final_.proof);
        _verify(it.root, account, proposed.cumulative, proposed.proof);
        if (proposed.cumulative >= final_.cumulative) revert NoFault();
        _returnBond(it);
        _drop(it, Cause.Decrease, account, "");
    }

    /// @notice Show that the proposal holds two different leaves for one account. Anybody may call.
    function proveDuplicate(address account, Leaf calldata a, Leaf calldata b) external {
        Proposal memory it = _proposal();
        _verify(it.root, account, a.cumulative, a.proof);
        _verify(it.root, account, b.cumulative, b.proof);
        if (a.cumulative == b.cumulative) revert NoFault();
        _returnBond(it);
        _drop(it, Cause.Duplicate, account, "");
    }

    /// @notice Send a challenger the bonds that came back. Anybody may call.
    function refund(address challenger) external {
        uint256 amount = refundOf[challenger];
        refundOf[challenger] = 0;
        emit BondRefunded(challenger, amount);
        (bool sent, ) = amount == 0 ? (false, bytes("")) : challenger.call{value: amount}("");
        if (!sent) revert NoRefund();
    }

    // --- claiming -------------------------------------------------------------------------------

    /// @notice Pay an account what the leaf credits beyond what it took before. Anybody may call; it pays the account.
    /// @param epoch Any epoch whose distribution is final.
    function claim(uint48 epoch, address account, uint256 amount, bytes32[] calldata proof) external {
        if (_claim(epoch, _root(epoch), account, amount, proof) == 0) revert NothingToClaim();
    }

    /// @notice Claim for many accounts from one distribution; those that took all of it already are passed over.
    function claimMany(uint48 epoch, Claim[] calldata claims) external {
        bytes32 root = _root(epoch);
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata it = claims[i];
            _claim(epoch, root, it.account, it.cumulative, it.proof);
        }
    }

    // --- rules and roles ------------------------------------------------------------------------

    /// @notice Announce the rules from an epoch on that has not begun. Only the council. What was announced for that
    /// epoch or later ones before is dropped.
    function schedulePolicy(bytes32 policy, uint48 firstEpoch) external only(council) {
        if (policy == 0) revert BadArgument();
        if (block.timestamp >= _start(firstEpoch)) revert EpochBegun();
        // The first policy is for epoch 0. Before that has begun it may be replaced like the others.
        while (_policies.length > 0 && _policies[_policies.length - 1].firstEpoch >= firstEpoch) _policies.pop();
        _policies.push(Policy(firstEpoch, policy));
        emit PolicyScheduled(policy, firstEpoch);
    }

    /// @notice Announce who takes a role after `roleDelay`. Only the council. Announcing again replaces the
    /// announcement and begins the delay anew.
    function announceRole(Role role, address next) external only(council) {
        _refuseUnfit(role, next);
        uint48 readyAt = uint48(block.timestamp) + roleDelay;
        announced[role] = Announcement(next, readyAt);
        emit RoleAnnounced(role, next, readyAt);
    }

    /// @notice Withdraw the announcement. Only the council.
    function withdrawRole(Role role) external only(council) {
        address next = announced[role].next;
        if (next == address(0)) revert NothingAnnounced();
        delete announced[role];
        emit RoleWithdrawn(role, next);
    }

    /// @notice Give the role to whom it was announced for, once the delay is over. Anybody may call.
    function applyRole(Role role) external {
        Announcement memory it = announced[role];
        if (it.next == address(0)) revert NothingAnnounced();
        if (block.timestamp < it.readyAt) revert TooEarly(it.readyAt);
        _refuseUnfit(role, it.next);
        delete announced[role];
        if (role == Role.Proposer) {
            emit RoleChanged(role, proposer, it.next);
            proposer = it.next;
        } else {
            emit RoleChanged(role, guardian, it.next);
            guardian = it.next;
        }
    }

    // --- reading --------------------------------------------------------------------------------

    /// @notice The proposal that waits; all fields are 0 if there is none.
    function pending() external view returns (Proposal memory) {
        return _pending;
    }

    function state() external view returns (State memory) {
        return State(nextEpoch, credited, cumulative, paid, challengeBond(), uint48(block.timestamp), _pending);
    }

    /// @notice The hash of the rules for an epoch.
    function policyAt(uint48 epoch) public view returns (bytes32) {
        uint256 low = 0;
        uint256 high = _policies.length - 1;
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_policies[middle].firstEpoch <= epoch) low = middle;
            else high = middle - 1;
        }
        return _policies[low].hash;
    }

    /// @notice What a challenge takes now, in wei: the first bond, doubled for each challenge that was dismissed or ran
    /// out since the last finalized distribution. While a challenge is open, this is its bond.
    function challengeBond() public view returns (uint256) {
        return uint256(firstBond) << failedChallenges;
    }

    /// @notice Seconds after which an undecided challenge cancels its proposal.
    function challengeSeconds() public view returns (uint48) {
        return window * CHALLENGE_WINDOWS;
    }

    /// @notice What each account took so far.
    function claimedBy(address[] calldata accounts) external view returns (uint256[] memory amounts) {
        amounts = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) amounts[i] = claimed[accounts[i]];
    }

    // --- inside ---------------------------------------------------------------------------------

    function _proposal() private view returns (Proposal memory it) {
        it = _pending;
        if (it.proposer == address(0)) revert NoProposal();
    }

    function _root(uint48 epoch) private view returns (bytes32 root) {
        root = rootOf[epoch];
        if (root == 0) revert UnknownEpoch();
    }

    function _start(uint256 epoch) private view returns (uint256) {
        return genesis + epoch * epochSeconds;
    }

    function _verify(bytes32 root, address account, uint256 amount, bytes32[] calldata proof) private pure {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, amount))));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert BadProof();
    }

    /// @dev What was paid; 0 if the account took all of it before.
    function _claim(
        uint48 epoch,
        bytes32 root,
        address account,
        uint256 amount,
        bytes32[] calldata proof
    ) private returns (uint256 due) {
        uint256 before = claimed[account];
        if (amount <= before) return 0;
        _verify(root, account, amount, proof);
        due = amount - before;
        uint256 left = cumulative - paid;
        if (due > left) revert AboveTotal();
        claimed[account] = amount;
        paid += uint112(due);
        emit Claimed(account, epoch, due, amount);
        // The token is ours: it reverts or returns true, and calls nobody.
        token.transfer(account, due);
    }

    /// @dev An open challenge, if there is one, was right: its bond comes back.
    function _returnBond(Proposal memory it) private {
        if (it.challenger != address(0)) refundOf[it.challenger] += challengeBond();
    }

    function _countFailure() private {
        if (failedChallenges < MOST_DOUBLINGS) ++failedChallenges;
    }

    function _drop(Proposal memory it, Cause cause, address account, string memory reason) private {
        delete _pending;
        emit Cancelled(it.epoch, it.root, cause, msg.sender, account, reason);
    }

    /// @dev The proposer holds no other role: its key is the one on a server.
    function _refuseUnfit(Role role, address next) private view {
        if (next == address(0)) revert BadArgument();
        if (role == Role.Proposer ? next == guardian || next == council : next == proposer) revert BadArgument();
    }
}
