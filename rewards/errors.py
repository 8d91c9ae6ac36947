"""What can be wrong with rewards. Every message is a sentence for a person."""


class RewardsError(Exception):
    """The root of this room's errors."""


class PolicyRefused(RewardsError):
    """An object that is no policy of a known version."""


class EpochRefused(RewardsError):
    """An epoch that cannot be computed: its works, edges or shares contradict the rule, or the record is not ready."""


class EpochWaits(RewardsError):
    """An epoch that cannot be closed yet, for a reason that usually passes by itself."""


class BindingRefused(RewardsError):
    """A wallet binding that is malformed, or is not what its entry commits to."""


class BundleRefused(RewardsError):
    """A folder that is no `hub-epoch/1` bundle, or one that was changed."""
