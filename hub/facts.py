"""What the columns that the log speaks of hold, in words: for pages that say where database and log differ."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from ledger.disagreements import register_facts

ROOMS = ("accounts", "uploads", "repositories", "contributions", "reviews")
FACTS: Mapping[str, Promise] = {
    "(files)": pgettext_lazy("fact", "the folders of its files"),
    "account__pseudonym": pgettext_lazy("fact", "who agreed"),
    "action": pgettext_lazy("fact", "what it did to a file"),
    "appealed": pgettext_lazy("fact", "when it was appealed"),
    "author__pseudonym": pgettext_lazy("fact", "who made it"),
    "authors": pgettext_lazy("fact", "who made it, and their shares"),
    "base_id": pgettext_lazy("fact", "the revision it starts from"),
    "blob_id": pgettext_lazy("fact", "the bytes of a file"),
    "body": pgettext_lazy("fact", "the revision object"),
    "bps": pgettext_lazy("fact", "the share that was agreed to"),
    "byte_count": pgettext_lazy("fact", "how many bytes it has"),
    "changed": pgettext_lazy("fact", "when it last changed"),
    "checks_id": pgettext_lazy("fact", "the checks at that time"),
    "comment": pgettext_lazy("fact", "the words of whoever decided"),
    "contribution_id": pgettext_lazy("fact", "the contribution it belongs to"),
    "contributor__pseudonym": pgettext_lazy("fact", "who proposed it"),
    "created": pgettext_lazy("fact", "when it was created"),
    "date_joined": pgettext_lazy("fact", "when it was registered"),
    "decided": pgettext_lazy("fact", "when it was decided"),
    "effort": pgettext_lazy("fact", "the effort that was assessed"),
    "entry__uid": pgettext_lazy("fact", "the entry it belongs to"),
    "erased": pgettext_lazy("fact", "when it was erased"),
    "file_count": pgettext_lazy("fact", "how many files it has"),
    "head_id": pgettext_lazy("fact", "its newest revision"),
    "hub_reviewer": pgettext_lazy("fact", "whether this is a hub reviewer"),
    "kind": pgettext_lazy("fact", "its kind"),
    "licence": pgettext_lazy("fact", "its licence"),
    "message": pgettext_lazy("fact", "the reason in its author's words"),
    "metrics": pgettext_lazy("fact", "its measurements"),
    "moderator": pgettext_lazy("fact", "whether this is a moderator"),
    "name": pgettext_lazy("fact", "its name"),
    "number": pgettext_lazy("fact", "its number"),
    "old_blob_id": pgettext_lazy("fact", "the bytes of a file before"),
    "old_size": pgettext_lazy("fact", "the size of a file before"),
    "opened": pgettext_lazy("fact", "when it was opened"),
    "outside_digest": pgettext_lazy("fact", "the digest of an outside source"),
    "outside_url": pgettext_lazy("fact", "the address of an outside source"),
    "owner__pseudonym": pgettext_lazy("fact", "its owner"),
    "parent_id": pgettext_lazy("fact", "the revision it was made from"),
    "proposal__revision_id": pgettext_lazy("fact", "the revision it proposes"),
    "published": pgettext_lazy("fact", "when it was published"),
    "quality": pgettext_lazy("fact", "the quality that was assessed"),
    "reason": pgettext_lazy("fact", "the reason"),
    "repository_id": pgettext_lazy("fact", "the repository it belongs to"),
    "result_id": pgettext_lazy("fact", "the revision it became"),
    "reviewer__pseudonym": pgettext_lazy("fact", "who reviewed it"),
    "revision_count": pgettext_lazy("fact", "how many revisions it has"),
    "revision_id": pgettext_lazy("fact", "the revision it points at"),
    "root_tree_id": pgettext_lazy("fact", "its files as a whole"),
    "salt": pgettext_lazy("fact", "its salt"),
    "salted": pgettext_lazy("fact", "whether its files are salted"),
    "size": pgettext_lazy("fact", "the size of a file"),
    "source_id": pgettext_lazy("fact", "what it was made from"),
    "state": pgettext_lazy("fact", "what became of it"),
    "submitted": pgettext_lazy("fact", "when it was submitted"),
    "takedown_entry__uid": pgettext_lazy("fact", "the entry it belongs to"),
    "takedown_reason": pgettext_lazy("fact", "the reason"),
    "taken_down": pgettext_lazy("fact", "when it was taken down"),
    "time": pgettext_lazy("fact", "when it was recorded"),
    "title": pgettext_lazy("fact", "its title"),
    "username": pgettext_lazy("fact", "the handle"),
    "verdict": pgettext_lazy("fact", "the verdict"),
    "visibility": pgettext_lazy("fact", "who may see it"),
    "waiting": pgettext_lazy("fact", "since when it waits"),
    "withdrawn": pgettext_lazy("fact", "whether it is withdrawn"),
}


def register() -> None:
    for room in ROOMS:
        register_facts(room, FACTS)
