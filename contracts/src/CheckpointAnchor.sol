// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Anchor of one append-only Merkle log
/// @notice Holds the newest anchored head (tree size and root hash) of one RFC 9162 log and accepts a new head only with
/// a consistency proof that the new tree begins with every leaf of the old one, in the same order.
///
/// Guaranteed, whoever holds whichever key:
/// - the anchored size only grows, and each anchored root commits to all leaves under every earlier anchored root;
/// - there is no owner, proxy, pause, reset or upgrade, and nothing here can be destroyed;
/// - any head the operator signed can be anchored by anybody, so anchoring outlives the operator's servers;
/// - two contradicting heads, of which the operator signed at least one and this contract or the operator vouches for
///   the other, can be shown here by anybody, for ever;
/// - the operator is replaced only through a key of its own, announced in public a fixed delay before.
///
/// Not guaranteed: the contract sees hashes, never leaves. It cannot tell whether a new leaf is true, cannot make the
/// operator anchor, and cannot tell which of two contradicting heads is the honest one. On a chain whose operator can
/// rewrite blocks it shows the mechanism and protects nobody.
contract CheckpointAnchor {
    /// @notice A head of the log that the operator signed as EIP-712 `Head`.
    struct SignedHead {
        uint64 size;
        bytes32 root;
        bytes signature;
    }

    /// @notice A leaf hash and its RFC 9162 inclusion path, from the leaf's sibling up.
    struct LeafProof {
        bytes32 leafHash;
        bytes32[] path;
    }

    /// @dev One storage slot: the whole mutable state of the log besides its root.
    struct Packed {
        address operator;
        uint64 size;
        uint32 time;
    }

    /// @notice A longer tree was anchored.
    event Anchored(uint64 indexed size, bytes32 root, uint64 previousSize);
    /// @notice The root of an earlier tree was written down for `rootAt`.
    event RootKept(uint64 indexed size, bytes32 root);
    /// @notice `signer` signed a head whose leaf at `index` is `signedLeaf`, while `otherLeaf` stands there in a head
    /// that `signer` or another operator signed too or that is anchored. `otherSize` is the size of that other head.
    event Equivocation(
        address indexed signer,
        uint64 indexed index,
        uint64 signedSize,
        bytes32 signedLeaf,
        uint64 otherSize,
        bytes32 otherLeaf
    );
    event OperatorAnnounced(address indexed next, uint64 readyAt);
    event OperatorCancelled(address indexed next);
    event OperatorChanged(address indexed previous, address indexed next);

    /// @notice The caller is not the operator.
    error NotOperator();
    /// @notice The caller is not the rotation key.
    error NotRotationKey();
    /// @notice The new tree is not larger than the anchored one.
    error NotGrowing();
    /// @notice A Merkle proof does not verify.
    error BadProof();
    /// @notice A signature is malformed or is not by an operator of this log.
    error BadSignature();
    /// @notice Both heads hold the same leaf at that index.
    error NoContradiction();
    /// @notice No change of the operator is announced.
    error NothingAnnounced();
    /// @notice The announced change may be applied at `readyAt` at the earliest.
    error TooEarly(uint64 readyAt);
    /// @notice An address or a delay that this contract cannot take.
    error BadArgument();
    /// @notice The chain has no SHA-256 precompile.
    error NoSha256();

    /// @notice Bounds of `delay`, in seconds.
    uint64 public constant MIN_DELAY = 1 hours;
    uint64 public constant MAX_DELAY = 365 days;

    /// @dev SHA-256 of no bytes: the root of the empty tree.
    bytes32 private constant EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant HEAD_TYPEHASH = keccak256("Head(bytes32 origin,uint64 size,bytes32 root)");
    bytes32 private constant NAME_HASH = keccak256("Akashi CheckpointAnchor");
    bytes32 private constant VERSION_HASH = keccak256("1");
    /// @dev Half the order of secp256k1. Of the two valid values of s only the lower one is accepted.
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice SHA-256 of the log's origin line; binds signatures to this log.
    bytes32 public immutable origin;
    /// @notice The cold key that replaces the operator and can do nothing else.
    address public immutable rotationKey;
    /// @notice Seconds between the announcement of a new operator and its first right to anchor.
    uint64 public immutable delay;

    Packed private _state;
    bytes32 private _root;
    mapping(uint64 size => bytes32 root) private _kept;

    /// @notice Whether an address is, or ever was, the operator.
    mapping(address account => bool ever) public everOperator;
    /// @notice Whether a contradiction signed by this address has been proven here.
    mapping(address signer => bool proven) public equivocated;

    address public pendingOperator;
    /// @notice When the pending operator may be applied (Unix seconds); 0 when none is pending.
    uint64 public readyAt;

    constructor(bytes32 origin_, address operator_, address rotationKey_, uint64 delay_) {
        if (operator_ == address(0) || rotationKey_ == address(0) || operator_ == rotationKey_) revert BadArgument();
        if (delay_ < MIN_DELAY || delay_ > MAX_DELAY) revert BadArgument();
        origin = origin_;
        rotationKey = rotationKey_;
        delay = delay_;
        _state.operator = operator_;
        _root = EMPTY_ROOT;
        everOperator[operator_] = true;
        emit OperatorChanged(address(0), operator_);
    }

    // --- anchoring ------------------------------------------------------------------------------

    /// @notice Anchor a longer tree. Only the operator.
    /// @param newSize Number of leaves; larger than the anchored size.
    /// @param newRoot RFC 9162 root hash of the first `newSize` leaves.
    /// @param proof RFC 9162 consistency proof from the anchored size to `newSize`; empty if the anchored size is 0.
    function anchor(uint64 newSize, bytes32 newRoot, bytes32[] calldata proof) external {
        Packed memory state = _state;
        if (msg.sender != state.operator) revert NotOperator();
        _extend(state, newSize, newRoot, proof);
    }

    /// @notice Anchor a longer tree that the operator signed. Anybody may call.
    /// @param signature 65 bytes r, s, v over the EIP-712 digest of the head (`headDigest`), s in the lower half.
    function anchorSigned(
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof,
        bytes calldata signature
    ) external {
        Packed memory state = _state;
        if (_signer(newSize, newRoot, signature) != state.operator) revert BadSignature();
        _extend(state, newSize, newRoot, proof);
    }

    /// @notice Write down, for `rootAt`, the root of an earlier tree. Anybody may call and pays for the storage.
    /// @dev Anchoring itself keeps no history: it would cost each anchor more than all the rest, and a consistency
    /// proof recovers any earlier root from the head.
    /// @param proof Consistency proof from `size` to the anchored size; empty when they are equal.
    function keepRoot(uint64 size, bytes32 root, bytes32[] calldata proof) external {
        if (!verifyConsistency(size, root, proof)) revert BadProof();
        _kept[size] = root;
        emit RootKept(size, root);
    }

    // --- reading --------------------------------------------------------------------------------

    /// @notice The anchored head. `time` is the block time of the last anchor, 0 before the first.
    function head() external view returns (uint64 size, bytes32 root, uint64 time) {
        return (_state.size, _root, _state.time);
    }

    function operator() external view returns (address) {
        return _state.operator;
    }

    /// @notice The root of the first `size` leaves if it is the head's, the empty tree's or was kept; otherwise 0, which
    /// says nothing: `verifyConsistency` and the `Anchored` events answer for all other sizes.
    function rootAt(uint64 size) external view returns (bytes32) {
        if (size == _state.size) return _root;
        return size == 0 ? EMPTY_ROOT : _kept[size];
    }

    /// @notice Whether `root` is the root of the first `size` leaves of the anchored tree.
    /// @param proof Consistency proof from `size` to the anchored size; empty when they are equal or `size` is 0.
    function verifyConsistency(uint64 size, bytes32 root, bytes32[] calldata proof) public view returns (bool) {
        uint64 anchoredSize = _state.size;
        if (size > anchoredSize) return false;
        if (size == anchoredSize) return proof.length == 0 && root == _root;
        return _consistent(size, root, anchoredSize, _root, proof);
    }

    /// @notice Whether a leaf stands at `index` of the tree (`size`, `root`) and that tree is the anchored one or its
    /// beginning. A saved inclusion proof keeps its worth as the log grows: only `consistency` has to be fetched anew.
    /// @param leaf SHA-256(0x00 || entry) with its inclusion path in the tree of `size` leaves.
    /// @param consistency Consistency proof from `size` to the anchored size; empty when they are equal.
    function verifyInclusion(
        uint64 index,
        LeafProof calldata leaf,
        uint64 size,
        bytes32 root,
        bytes32[] calldata consistency
    ) external view returns (bool) {
        return verifyConsistency(size, root, consistency) && _included(index, size, root, leaf);
    }

    /// @notice The EIP-712 digest that the operator signs for a head of this log on this chain.
    function headDigest(uint64 size, bytes32 root) public view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(HEAD_TYPEHASH, origin, size, root))));
    }

    // --- contradictions -------------------------------------------------------------------------

    /// @notice Prove that two heads signed by operators of this log hold different leaves at `index`. Sizes may differ.
    /// The event names the signer of `a`; with two signers a second one names the signer of `b`. Retired operators
    /// count, so that a change of keys hides nothing; whoever weighs such a proof asks whether the old key had leaked.
    function proveEquivocation(
        uint64 index,
        SignedHead calldata a,
        LeafProof calldata leafA,
        SignedHead calldata b,
        LeafProof calldata leafB
    ) external {
        address signerA = _signedLeaf(index, a, leafA);
        address signerB = _signedLeaf(index, b, leafB);
        if (leafA.leafHash == leafB.leafHash) revert NoContradiction();
        _report(signerA, index, a.size, leafA.leafHash, b.size, leafB.leafHash);
        if (signerB != signerA) _report(signerB, index, b.size, leafB.leafHash, a.size, leafA.leafHash);
    }

    /// @notice Prove that a signed head holds another leaf at `index` than the anchored tree. Since the anchored tree
    /// contains every earlier anchored tree, this covers all of them.
    /// @param anchored The anchored tree's leaf at `index`, with its path in the tree of the anchored size.
    function proveEquivocationAgainstAnchor(
        uint64 index,
        SignedHead calldata signed,
        LeafProof calldata signedLeaf,
        LeafProof calldata anchored
    ) external {
        address signer = _signedLeaf(index, signed, signedLeaf);
        uint64 anchoredSize = _state.size;
        if (!_included(index, anchoredSize, _root, anchored)) revert BadProof();
        if (signedLeaf.leafHash == anchored.leafHash) revert NoContradiction();
        _report(signer, index, signed.size, signedLeaf.leafHash, anchoredSize, anchored.leafHash);
    }

    // --- the operator's key ---------------------------------------------------------------------

    /// @notice Announce a new operator. Announcing again replaces the announcement and begins the delay anew.
    function announceOperator(address next) external {
        if (msg.sender != rotationKey) revert NotRotationKey();
        if (next == address(0) || next == rotationKey || next == _state.operator) revert BadArgument();
        pendingOperator = next;
        readyAt = uint64(block.timestamp) + delay;
        emit OperatorAnnounced(next, readyAt);
    }

    /// @notice Withdraw the announcement.
    function cancelOperator() external {
        if (msg.sender != rotationKey) revert NotRotationKey();
        address next = pendingOperator;
        if (next == address(0)) revert NothingAnnounced();
        _clearAnnouncement();
        emit OperatorCancelled(next);
    }

    /// @notice Put the announced operator in its place once the delay is over. Anybody may call.
    function applyOperator() external {
        address next = pendingOperator;
        if (next == address(0)) revert NothingAnnounced();
        if (block.timestamp < readyAt) revert TooEarly(readyAt);
        address previous = _state.operator;
        _clearAnnouncement();
        _state.operator = next;
        everOperator[next] = true;
        emit OperatorChanged(previous, next);
    }

    // --- inside ---------------------------------------------------------------------------------

    function _extend(Packed memory state, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof) private {
        uint64 oldSize = state.size;
        if (newSize <= oldSize) revert NotGrowing();
        if (!_consistent(oldSize, _root, newSize, newRoot, proof)) revert BadProof();
        state.size = newSize;
        state.time = uint32(block.timestamp);
        _state = state;
        _root = newRoot;
        emit Anchored(newSize, newRoot, oldSize);
    }

    function _clearAnnouncement() private {
        pendingOperator = address(0);
        readyAt = 0;
    }

    function _report(
        address signer,
        uint64 index,
        uint64 size,
        bytes32 leaf,
        uint64 otherSize,
        bytes32 otherLeaf
    ) private {
        equivocated[signer] = true;
        emit Equivocation(signer, index, size, leaf, otherSize, otherLeaf);
    }

    /// @dev The operator, present or past, who signed a head that holds the leaf at `index`; reverts if there is none.
    function _signedLeaf(
        uint64 index,
        SignedHead calldata signed,
        LeafProof calldata leaf
    ) private view returns (address signer) {
        signer = _signer(signed.size, signed.root, signed.signature);
        if (!everOperator[signer]) revert BadSignature();
        if (!_included(index, signed.size, signed.root, leaf)) revert BadProof();
    }

    function _signer(uint64 size, bytes32 root, bytes calldata signature) private view returns (address signer) {
        if (signature.length != 65) revert BadSignature();
        bytes32 s = bytes32(signature[32:64]);
        if (uint256(s) > MAX_S) revert BadSignature();
        signer = ecrecover(headDigest(size, root), uint8(signature[64]), bytes32(signature[:32]), s);
        if (signer == address(0)) revert BadSignature();
    }

    /// @dev RFC 9162 2.1.4.2 for oldSize < newSize; an old size of 0 takes only its own root and no nodes.
    ///
    /// The last whole subtree of the old tree (`2^shift` leaves) is a node of both trees. The proof is that node, unless
    /// it is the old tree itself, followed by its inclusion path in the new tree; the path's left siblings alone make
    /// the old root.
    function _consistent(
        uint64 oldSize,
        bytes32 oldRoot,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) private view returns (bool) {
        if (oldSize == 0) return proof.length == 0 && oldRoot == EMPTY_ROOT;
        uint256 last = oldSize - 1;
        uint256 shift = _bitLength(oldSize ^ last) - 1;
        last >>= shift;
        (uint256 lefts, uint256 length) = _shape(last, (newSize - 1) >> shift);
        // `last` is 0 when the old tree is that whole subtree.
        uint256 next = last == 0 ? 0 : 1;
        if (proof.length != length + next) return false;
        bytes32 old = last == 0 ? oldRoot : proof[0];
        bytes32 new_ = old;
        for (; next < proof.length; lefts >>= 1) {
            bytes32 node;
            assembly ("memory-safe") {
                // proof[next] without a second check of the bound
                node := calldataload(add(proof.offset, shl(5, next)))
            }
            if (lefts & 1 == 0) {
                new_ = _node(new_, node);
            } else if (old == new_) {
                // Both chains are one until the first node that only the new tree has: hash once.
                old = new_ = _node(node, old);
            } else {
                old = _node(node, old);
                new_ = _node(node, new_);
            }
            unchecked {
                ++next;
            }
        }
        return old == oldRoot && new_ == newRoot;
    }

    /// @dev RFC 9162 2.1.3.2.
    function _included(uint64 index, uint64 size, bytes32 root, LeafProof calldata leaf) private view returns (bool) {
        if (index >= size) return false;
        (uint256 lefts, uint256 length) = _shape(index, size - 1);
        bytes32[] calldata path = leaf.path;
        if (path.length != length) return false;
        bytes32 hash = leaf.leafHash;
        for (uint256 i = 0; i < length; ++i) {
            hash = lefts & 1 == 0 ? _node(hash, path[i]) : _node(path[i], hash);
            lefts >>= 1;
        }
        return hash == root;
    }

    /// @dev The shape of the path of node `index` among `last` + 1 nodes: its length, and in `lefts`, from the lowest
    /// bit on, on which side each sibling stands. Up to the level where `index` and `last` meet, the bits of `index`
    /// tell the side; above it the node is on the right edge, where every sibling is a left one and only the set bits
    /// of `index` have one.
    function _shape(uint256 index, uint256 last) private pure returns (uint256 lefts, uint256 length) {
        uint256 inner = _bitLength(index ^ last);
        lefts = index | (type(uint256).max << inner);
        length = inner + _bitCount(index >> inner);
    }

    /// @dev The number of bits of a 64-bit value, without leading zeros.
    function _bitLength(uint256 x) private pure returns (uint256 n) {
        unchecked {
            if (x >> 32 != 0) (x, n) = (x >> 32, 32);
            if (x >> 16 != 0) (x, n) = (x >> 16, n + 16);
            if (x >> 8 != 0) (x, n) = (x >> 8, n + 8);
            if (x >> 4 != 0) (x, n) = (x >> 4, n + 4);
            if (x >> 2 != 0) (x, n) = (x >> 2, n + 2);
            // What is left is 0 to 3 and has 0, 1, 2 or 2 bits.
            n += x > 1 ? 2 : x;
        }
    }

    /// @dev The number of set bits of a 64-bit value: counted in pairs, then fours, then bytes, which a product adds up.
    function _bitCount(uint256 x) private pure returns (uint256) {
        unchecked {
            x -= (x >> 1) & 0x5555555555555555;
            x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
            x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
            return ((x * 0x0101010101010101) >> 56) & 0xff;
        }
    }

    /// @dev SHA-256(0x01 || left || right), from the precompile at address 2. Where that does not exist the call
    /// succeeds and returns nothing, and stale memory would pass for a hash: hence the check of the size returned.
    function _node(bytes32 left, bytes32 right) private view returns (bytes32 hash) {
        bool ok;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 1)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            ok := staticcall(gas(), 2, input, 65, 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            hash := mload(0)
        }
        if (!ok) revert NoSha256();
    }
}
