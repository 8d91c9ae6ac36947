// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Schedule of an emission that halves by elapsed time
/// @notice Epoch n covers [genesis + n * epochSeconds, genesis + (n + 1) * epochSeconds). Its budget is `firstBudget`,
/// halved once for every whole `halvingSeconds` between genesis and its beginning, rounded down. Everything here is fixed
/// at deployment; nothing can change it.
abstract contract Emission {
    /// @notice A schedule that this contract cannot take.
    error BadSchedule();

    /// @notice When epoch 0 begins (Unix seconds).
    uint48 public immutable genesis;
    uint48 public immutable epochSeconds;
    uint48 public immutable halvingSeconds;
    /// @notice Budget of epoch 0, in the token's smallest unit.
    uint112 public immutable firstBudget;

    constructor(uint48 genesis_, uint48 epochSeconds_, uint48 halvingSeconds_, uint112 firstBudget_) {
        if (epochSeconds_ == 0 || halvingSeconds_ < epochSeconds_ || firstBudget_ == 0) revert BadSchedule();
        // A genesis in milliseconds, or in another era, would never pay.
        if (genesis_ > block.timestamp + 365 days) revert BadSchedule();
        genesis = genesis_;
        epochSeconds = epochSeconds_;
        halvingSeconds = halvingSeconds_;
        firstBudget = firstBudget_;
        if (_bound(epochSeconds_, halvingSeconds_, firstBudget_) > type(uint112).max) revert BadSchedule();
    }

    /// @notice What epoch `epoch` may credit at most.
    function budget(uint48 epoch) public view returns (uint256) {
        return uint256(firstBudget) >> ((uint256(epoch) * epochSeconds) / halvingSeconds);
    }

    /// @notice Number of epochs that are over.
    function epochsEnded() public view returns (uint48) {
        return block.timestamp < genesis ? 0 : (uint48(block.timestamp) - genesis) / epochSeconds;
    }

    /// @notice The budgets of the epochs before `epoch`, added up.
    function emittedBefore(uint48 epoch) public view returns (uint256 sum) {
        uint256 first = 0;
        // One round for each halving; after 112 of them nothing is left of the largest budget.
        for (uint256 halvings = 0; first < epoch; ++halvings) {
            uint256 amount = uint256(firstBudget) >> halvings;
            if (amount == 0) break;
            uint256 next = ((halvings + 1) * halvingSeconds + epochSeconds - 1) / epochSeconds;
            if (next > epoch) next = epoch;
            sum += amount * (next - first);
            first = next;
        }
    }

    /// @notice An amount that all budgets together never exceed.
    function cap() external view returns (uint256) {
        return _bound(epochSeconds, halvingSeconds, firstBudget);
    }

    /// @dev Between two halvings begin at most `halving / epoch + 1` epochs, and the halves add up to less than two.
    function _bound(uint256 epoch, uint256 halving, uint256 first) private pure returns (uint256) {
        return 2 * first * (halving / epoch + 1);
    }
}
