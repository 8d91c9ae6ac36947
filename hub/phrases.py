"""The record's sentences: one whole template for each variant of each event, in the past tense, with named places.

Keys say the variant. Tables whose name ends in `_HERE` are for a repository's own page, which needs no "of …".
`%(actor)s` stands first in English and may stand anywhere in a translation.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

PUBLISHED = {
    "": _("%(actor)s published %(revision)s of %(repository)s."),
    "trained_on": _("%(actor)s published %(revision)s of %(repository)s, trained on %(source)s."),
    "evaluated_on": _("%(actor)s published %(revision)s of %(repository)s, measured on %(source)s."),
    "finetune": _("%(actor)s published %(revision)s of %(repository)s, fine-tuned from %(source)s."),
    "adapter": _("%(actor)s published %(revision)s of %(repository)s, an adapter for %(source)s."),
    "quantized": _("%(actor)s published %(revision)s of %(repository)s, quantised from %(source)s."),
    "merge": _("%(actor)s published %(revision)s of %(repository)s, merged from %(source)s."),
    "derived_from": _("%(actor)s published %(revision)s of %(repository)s, made from %(source)s."),
    "tuned_with": _("%(actor)s published %(revision)s of %(repository)s, fine-tuned from %(base)s on %(source)s."),
}
PUBLISHED_HERE = {
    "": _("%(actor)s published %(revision)s."),
    "trained_on": _("%(actor)s published %(revision)s, trained on %(source)s."),
    "evaluated_on": _("%(actor)s published %(revision)s, measured on %(source)s."),
    "finetune": _("%(actor)s published %(revision)s, fine-tuned from %(source)s."),
    "adapter": _("%(actor)s published %(revision)s, an adapter for %(source)s."),
    "quantized": _("%(actor)s published %(revision)s, quantised from %(source)s."),
    "merge": _("%(actor)s published %(revision)s, merged from %(source)s."),
    "derived_from": _("%(actor)s published %(revision)s, made from %(source)s."),
    "tuned_with": _("%(actor)s published %(revision)s, fine-tuned from %(base)s on %(source)s."),
}
# By whoever accepted what somebody else proposed.
PUBLISHED_PROPOSAL = {
    "": _("%(actor)s published %(revision)s of %(repository)s, which %(author)s had proposed."),
    "here": _("%(actor)s published %(revision)s, which %(author)s had proposed."),
}

ACCOUNT = {
    "registered": _("%(actor)s opened an account."),
    "registered_erased": _("Somebody opened an account that has since been erased."),
    "erased": _("An account was erased at the wish of its owner; its entries stay."),
}
WALLET = {
    "bound": _("%(actor)s bound a wallet."),
    "rebinding": _("%(actor)s asked for another wallet."),
    "released": _("%(actor)s released a wallet."),
}
ORGANISATION = _("%(actor)s created the organisation %(subject)s.")
MEMBERSHIP = {
    "owner": _("%(actor)s made %(member)s an owner of %(subject)s."),
    "maintainer": _("%(actor)s made %(member)s a maintainer of %(subject)s."),
    "member": _("%(actor)s made %(member)s a member of %(subject)s."),
    "none": _("%(actor)s ended the membership of %(member)s in %(subject)s."),
}

REVIEWER = {
    "granted": _("%(actor)s made %(subject)s a hub reviewer."),
    "revoked": _("%(actor)s ended the work of %(subject)s as a hub reviewer."),
}
MODERATOR = {
    "granted": _("%(actor)s made %(subject)s a moderator."),
    "revoked": _("%(actor)s ended the work of %(subject)s as a moderator."),
}

CREATED = {
    "model": _("%(actor)s created the model %(repository)s."),
    "dataset": _("%(actor)s created the dataset %(repository)s."),
    "hidden": _("%(actor)s created %(repository)s."),
    "model_for": _("%(actor)s created the model %(repository)s for %(owner)s."),
    "dataset_for": _("%(actor)s created the dataset %(repository)s for %(owner)s."),
}
RENAMED = {
    "": _("%(actor)s gave %(repository)s a new name."),
    "named": _("%(actor)s renamed %(repository)s to “%(name)s”."),
}
TRANSFERRED = _("%(actor)s handed %(repository)s over to %(owner)s.")
VISIBILITY = {
    "public": _("%(actor)s made %(repository)s public."),
    "gated": _("%(actor)s made %(repository)s available on request."),
    "private": _("%(actor)s made %(repository)s private."),
    "hidden": _("%(actor)s changed who may see %(repository)s."),
}
WITHDRAWN = _("%(actor)s withdrew %(repository)s: %(reason)s.")

REFERENCE = {
    "branch_made": _("%(actor)s made the branch %(name)s of %(repository)s."),
    "branch_moved": _("%(actor)s moved the branch %(name)s of %(repository)s."),
    "branch_removed": _("%(actor)s removed the branch %(name)s of %(repository)s."),
    "tag_made": _("%(actor)s made the tag %(name)s of %(repository)s."),
    "tag_moved": _("%(actor)s moved the tag %(name)s of %(repository)s."),
    "tag_removed": _("%(actor)s removed the tag %(name)s of %(repository)s."),
}
REFERENCE_UNNAMED = {
    "branch_made": _("%(actor)s made a branch of %(repository)s."),
    "branch_moved": _("%(actor)s moved a branch of %(repository)s."),
    "branch_removed": _("%(actor)s removed a branch of %(repository)s."),
    "tag_made": _("%(actor)s made a tag of %(repository)s."),
    "tag_moved": _("%(actor)s moved a tag of %(repository)s."),
    "tag_removed": _("%(actor)s removed a tag of %(repository)s."),
}
SCANNED = {
    "safe": _("%(actor)s scanned a file of %(subject)s and found it safe."),
    "unsafe": _("%(actor)s scanned a file of %(subject)s and found it unsafe."),
    "unscannable": _("%(actor)s could not look into a file of %(subject)s."),
}
OPENNESS = {
    "both": _("%(repository)s claimed openness class %(claimed)s and had evidence for %(evidenced)s."),
    "claimed": _("%(repository)s claimed openness class %(claimed)s and had evidence for none."),
    "evidenced": _("%(repository)s had evidence for openness class %(evidenced)s."),
    "none": _("%(repository)s no longer had an openness class."),
}

OPENED = {
    "": _("%(actor)s proposed %(contribution)s to %(repository)s."),
    "here": _("%(actor)s proposed %(contribution)s."),
    "here_titled": _("%(actor)s proposed %(contribution)s: %(title)s"),
}
UPDATED = {
    "": _("%(actor)s changed %(contribution)s to %(repository)s."),
    "here": _("%(actor)s changed %(contribution)s."),
}
JOINED = {
    "": _("%(actor)s agreed to a share of %(share)s in %(contribution)s to %(repository)s."),
    "here": _("%(actor)s agreed to a share of %(share)s in %(contribution)s."),
}
PROPOSAL_WITHDRAWN = {
    "": _("%(actor)s withdrew %(contribution)s to %(repository)s."),
    "here": _("%(actor)s withdrew %(contribution)s."),
}
REVIEWED = {
    "accept": _("%(actor)s advised to accept %(contribution)s by %(author)s to %(repository)s."),
    "ask": _("%(actor)s asked for changes to %(contribution)s by %(author)s to %(repository)s: %(reason)s."),
    "decline": _("%(actor)s advised to decline %(contribution)s by %(author)s to %(repository)s: %(reason)s."),
}
REVIEWED_HERE = {
    "accept": _("%(actor)s advised to accept %(contribution)s by %(author)s."),
    "ask": _("%(actor)s asked for changes to %(contribution)s by %(author)s: %(reason)s."),
    "decline": _("%(actor)s advised to decline %(contribution)s by %(author)s: %(reason)s."),
}
ACCEPTED = {
    "": _("%(actor)s accepted %(contribution)s by %(author)s to %(repository)s, which became %(revision)s."),
    "here": _("%(actor)s accepted %(contribution)s by %(author)s. It became %(revision)s."),
}
DECLINED = {
    "": _("%(actor)s declined %(contribution)s by %(author)s to %(repository)s: %(reason)s."),
    "here": _("%(actor)s declined %(contribution)s by %(author)s: %(reason)s."),
}
APPEALED = {
    "": _("%(actor)s appealed against the verdict on %(contribution)s to %(repository)s."),
    "here": _("%(actor)s appealed against the verdict on %(contribution)s."),
}

SUBMITTED = {
    "": _("%(actor)s submitted %(work)s for assessment."),
    "hidden": _("%(actor)s submitted a revision of %(work)s for assessment."),
}
ASSESSED = {
    "": _("%(actor)s assessed %(work)s: effort %(effort)s, quality %(quality)s of 100."),
    "hidden": _("%(actor)s assessed a revision of %(work)s: effort %(effort)s, quality %(quality)s of 100."),
}

ATTESTED = _("%(actor)s attested %(predicate)s about %(subject)s.")
ATTESTATION_REVOKED = _("%(actor)s revoked the attestation %(predicate)s about %(subject)s.")
REDACTED = _("%(actor)s redacted words about %(subject)s: %(reason)s.")
TAKEN_DOWN = {
    "": _("%(actor)s took down a file of %(subject)s: %(reason)s."),
    "log": _("%(actor)s took down a file by its digest: %(reason)s."),
}

REVISION = _("revision %(number)d")
CONTRIBUTION = _("contribution %(number)d")

REVIEW_REASONS = {
    "metric_worse": pgettext_lazy("reason", "metric worse than stated"),
    "no_better": pgettext_lazy("reason", "no better than before"),
    "not_reproduced": pgettext_lazy("reason", "result not reproduced"),
    "licence": pgettext_lazy("reason", "licence does not allow it"),
    "duplicate": pgettext_lazy("reason", "the same is here already"),
    "quality": pgettext_lazy("reason", "quality too low"),
    "incomplete": pgettext_lazy("reason", "something is missing"),
    "unsafe": pgettext_lazy("reason", "unsafe content"),
    "off_topic": pgettext_lazy("reason", "does not belong here"),
    "other": pgettext_lazy("reason", "another reason"),
}
REMOVAL_REASONS = {
    "owner_request": pgettext_lazy("reason", "its owner wished it"),
    "personal_data": pgettext_lazy("reason", "personal data"),
    "copyright": pgettext_lazy("reason", "copyright"),
    "licence": pgettext_lazy("reason", "licence does not allow it"),
    "malware": pgettext_lazy("reason", "malicious code"),
    "illegal": pgettext_lazy("reason", "unlawful content"),
    "court_order": pgettext_lazy("reason", "the order of a court or an authority"),
    "error": pgettext_lazy("reason", "a mistake"),
    "other": pgettext_lazy("reason", "another reason"),
}
