"""What the verifier found in a bundle, in the visitor's language. The verifier's codes never change, so words hang on them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledger.akashi_verify import Check, Report


def name(check: Check) -> str:
    """What was looked at."""
    return {
        "format": _("Form"),
        "signature": _("Signature of the bundle"),
        "checkpoint": _("Checkpoint"),
        "entries": _("Entries"),
        "details": _("Words"),
        "revisions": _("Revisions and directories"),
        "anchor": _("Anchor"),
        "log_key": _("Log key"),
        "contract": _("Contract"),
    }.get(check.code, check.code)


def found(check: Check) -> str:
    """What was found, in one sentence."""
    words = _passed(check) if check.passed else _not_passed(check)
    return words or check.text


def _passed(check: Check) -> str:
    values = check.values
    if check.code == "entries":
        count = values["count"]
        words = ngettext(
            "%(n)d entry leads to the checkpoint's root", "%(n)d entries lead to the checkpoint's root", count
        )
        return words % {"n": count}
    if check.code == "checkpoint":
        return _("signed by the log and by the anchoring operator, size %(n)d") % {"n": values["size"]}
    if check.code == "anchor":
        return _("its first %(n)d entries were anchored in block %(block)d") % {
            "n": values["size"],
            "block": values["block"],
        }
    return {
        "signature": _("whole: no byte differs from what the log signed"),
        "details": _("the words are those that were logged"),
        "revisions": _("they are those whose digests the entries name"),
        "log_key": _("the key of this hub's log"),
        "contract": _("the contract of this hub's log"),
    }.get(check.code, "")


def _not_passed(check: Check) -> str:
    if check.code == "anchor" and check.passed is None:
        return _("not anchored yet")
    return {
        "format": _("this is not a bundle, or it was cut or changed"),
        "signature": _("it was changed after the log signed it, or never signed"),
        "checkpoint": _("the checkpoint in it is not signed as it should be"),
        "entries": _("an entry does not lead to the checkpoint's root"),
        "details": _("words differ from what was logged"),
        "revisions": _("a revision or directory differs from what the entries name"),
        "anchor": _("the checkpoint does not extend the anchored tree"),
        "log_key": _("it was made by another log"),
        "contract": _("its log anchors in another contract"),
    }.get(check.code, "")


def summary(report: Report) -> str:
    """The whole in one sentence."""
    if report.verdict == "verified":
        return _("Every record in it is in this hub's log.")
    return _("Do not rely on it. The offline verifier says more about why.")
