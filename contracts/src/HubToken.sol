// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Emission} from "./Emission.sol";

/// @title Token that rewards contributions to one hub
/// @notice An ERC-20 with permits (ERC-2612) and votes (ERC-5805, clock in Unix seconds).
///
/// Guaranteed, whoever holds whichever key:
/// - tokens come into being only through the distributor that deployed this token, which no one can replace;
/// - at any moment at most the budgets of the epochs that are over have been minted, whatever the distributor says;
/// - there is no owner, administrator, proxy, pause, upgrade, blocklist or premint, and no one can move or burn what
///   belongs to another.
///
/// Not guaranteed: any price, and that the distributor's amounts are deserved; its own page says what it promises.
contract HubToken is ERC20, ERC20Permit, ERC20Votes, Emission {
    /// @notice The caller is not the distributor.
    error NotDistributor();
    /// @notice More than the schedule has emitted by now.
    error AboveSchedule();

    /// @notice The only contract that mints.
    address public immutable distributor;

    /// @dev The deployer becomes the distributor, so that the two can only come into being together.
    constructor(
        uint48 genesis_,
        uint48 epochSeconds_,
        uint48 halvingSeconds_,
        uint112 firstBudget_
    )
        ERC20("Akashi Hub", "HUB")
        ERC20Permit("Akashi Hub")
        Emission(genesis_, epochSeconds_, halvingSeconds_, firstBudget_)
    {
        distributor = msg.sender;
    }

    /// @notice Mint to the distributor. Only the distributor, and never more than the schedule has emitted.
    function mint(uint256 amount) external {
        if (msg.sender != distributor) revert NotDistributor();
        // Nothing burns, so the supply is all that was ever minted.
        if (totalSupply() + amount > emittedBefore(epochsEnded())) revert AboveSchedule();
        _mint(msg.sender, amount);
    }

    /// @notice Votes are counted by Unix seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
