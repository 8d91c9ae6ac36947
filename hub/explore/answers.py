"""What the verify page answers: one of four states, one sentence, and a table of what was compared with what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from hub import names
from hub.explore import bundle_words as words
from hub.explore import checks, lookup
from hub.repositories import links
from ledger import akashi_verify
from ledger import selectors as ledger
from ledger.describing import Label, compose, describe
from ledger.records import EntryStatus, State
from ledger.trust import trust_anchors
from web.templatetags.display import time_tag

if TYPE_CHECKING:
    from hub.repositories.models import FileChange, Revision
    from ledger.records import EntryView


@dataclass(frozen=True)
class Row:
    """One comparison. `state` is as for a check; `mono` when expected and found are digests."""

    name: str
    state: str
    expected: str
    found: str
    detail: str = ""
    mono: bool = False


@dataclass(frozen=True)
class Answer:
    state: str
    sentence: SafeString | str
    text: str = ""
    rows: Sequence[Row] = field(default_factory=list)
    filled: int = 0
    needed: int = 0
    bundle_url: str = ""
    more: Sequence[Label] = field(default_factory=list)


def answer(query: str, viewer: Any, *, own: bool = False) -> Answer:
    """About a digest, an entry number or a name. `own`: the visitor has the file whose digest it is."""
    found = lookup.look_up(query, viewer)
    if found.kind == "entry":
        return _entry(found.entry, viewer) if found.entry else _no_such_entry(found.text)
    if found.kind == "leaf" and found.entry:
        return _entry(found.entry, viewer)
    if found.files:
        return _file(found.files, found.text, own=own)
    if found.revision is not None:
        return _revision(found.revision)
    if found.repository is not None and found.repository.head is not None:
        return _revision(found.repository.head)
    if found.kind == "file":
        return Answer(
            "unverified",
            _("Nothing on this hub has this digest."),
            _("That is not an error: nothing was claimed about these bytes here, or only in a place you may not see."),
        )
    return Answer(
        "unverified",
        _("This hub knows nothing by that name."),
        _("Type a SHA-256 digest, the number of an entry, or a name as owner/name."),
    )


def _no_such_entry(number: str) -> Answer:
    size = ledger.log_facts().size
    how_far = ngettext(
        "The log has %(n)d entry so far; the first is 0.", "The log has %(n)d entries so far; the first is 0.", size
    )
    return Answer("unverified", _("There is no entry %(number)s.") % {"number": number}, how_far % {"n": size})


def _file(files: Sequence["FileChange"], digest: str, *, own: bool) -> Answer:
    latest = files[0]
    revision, repository = latest.revision, latest.revision.repository
    status = checks.revision_status(repository, revision)
    sentence = compose(
        _("This is %(path)s of %(repository)s, revision %(number)s, published by %(author)s on %(date)s."),
        path=Label(latest.path, links.blob(repository, revision.commit, latest.path)),
        repository=Label(repository.name, links.repository(repository)),
        number=str(revision.number),
        author=names.account(revision.author),
        date=_date(revision),
    )
    since = (
        _("They came with the latest revision.")
        if repository.head_id == revision.id
        else _("There are later revisions of the repository.")
    )
    what = (
        _("The bytes you hold are the bytes that were recorded.") if own else _("Bytes with this digest were recorded.")
    )
    text = _("%(what)s %(since)s") % {"what": what, "since": since}
    stored = latest.blob.sha256 if latest.blob is not None else ""
    detail = _("SHA-256 of your file") if own else _("SHA-256 of the file")
    content = Row(_("Content"), checks.OK, stored, digest, detail, mono=True)
    more = [_elsewhere(other) for other in files[1:6]]
    return Answer(
        status.state, sentence.html, text, [content, *_proof_rows(revision, status)], status.filled, status.needed,
        links.bundle(repository) + f"?rev={revision.commit}", more,
    )  # fmt: skip


def _elsewhere(change: "FileChange") -> Label:
    repository = change.revision.repository
    text = _("%(path)s in %(owner)s/%(name)s, revision %(n)d") % {
        "path": change.path,
        "owner": names.account(repository.owner).text,
        "name": repository.name,
        "n": change.revision.number,
    }
    return Label(text, links.commit(change.revision))


def _revision(revision: "Revision") -> Answer:
    repository = revision.repository
    status = checks.revision_status(repository, revision)
    sentence = compose(
        _("This is revision %(number)s of %(repository)s, published by %(author)s on %(date)s."),
        number=str(revision.number),
        repository=Label(repository.name, links.repository(repository)),
        author=names.account(revision.author),
        date=_date(revision),
    )
    rows = [Row(_("Content"), checks.OK, revision.id, revision.id, _("SHA-256 of the revision object"), mono=True)]
    url = links.bundle(repository) + f"?rev={revision.commit}"
    return Answer(
        status.state, sentence.html, "", rows + _proof_rows(revision, status), status.filled, status.needed, url
    )


def _proof_rows(revision: "Revision", status: checks.Status) -> list[Row]:
    return [Row(check.name, check.state, check.value, check.detail) for check in status.checks[1:]]


def _entry(entry: "EntryView", viewer: Any) -> Answer:
    status = ledger.statuses([entry])[entry.uid]
    state = "verified" if status.state is State.FINAL else "waiting"
    if ledger.log_disagrees():
        state = "mismatch"
    sentence = describe([entry], viewer)[0]
    text = format_html(_("Entry {} of the log, recorded {}."), entry.leaf_index, time_tag(entry.time, "datetime"))
    url = f"/ledger/{entry.leaf_index}/bundle"
    return Answer(state, sentence.html, text, _entry_rows(entry, status), status.confirmations, status.needed, url)


def _entry_rows(entry: "EntryView", status: EntryStatus) -> list[Row]:
    rows = [
        Row(
            _("Content"),
            checks.OK,
            entry.leaf_hash.hex(),
            entry.leaf_hash.hex(),
            _("hash of the entry's bytes"),
            mono=True,
        )
    ]
    if entry.leaf_index is not None and status.checkpoint_size is not None:
        proof = ledger.checked_inclusion(entry.leaf_index, status.checkpoint_size)
        state = checks.BAD if proof is None else checks.OK
        found = ngettext("%(n)d hash leads there", "%(n)d hashes lead there", len(proof or [])) % {
            "n": len(proof or [])
        }
        rows.append(Row(_("Log"), state, _("root of size %(n)d") % {"n": status.checkpoint_size}, found))
    further = [checks.signature(status), checks.anchor(status)]
    return rows + [Row(check.name, check.state, check.value, check.detail) for check in further]


def _date(revision: "Revision") -> str:
    return dateformat.format(revision.published, pgettext("date", "j F Y"))


def bundle_answer(data: bytes) -> Answer:
    """About a bundle: checked as the downloadable verifier does it, with this hub's own log key and contract."""
    trust = trust_anchors()
    report = akashi_verify.verify_bundle(data, log_key=trust.log_key, contract=trust.contract)
    states = {True: checks.OK, False: checks.BAD, None: checks.RUNNING}
    rows = [Row(words.name(check), states[check.passed], "", words.found(check)) for check in report.checks]
    if report.verdict == "verified":
        return Answer(
            "verified", _("This bundle is whole, and it is a record of this hub's log."), words.summary(report), rows
        )
    return Answer("mismatch", _("This bundle is refused."), words.summary(report), rows)
