"""The demo's people work on each other's repositories: they propose, decide, submit and assess, through the real services."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from hub.accounts import selectors as accounts
from hub.accounts.reviewers import grant_reviewer
from hub.contributions import selectors as contributions
from hub.contributions.services import open_contribution
from hub.demo import science
from hub.demo.content import FILES, Clock, Report, measured
from hub.repositories import selectors as repositories
from hub.repositories.changes import Change
from hub.reviews import selectors as reviews
from hub.reviews.services import assess, decide, submit_work

if TYPE_CHECKING:
    from hub.contributions.models import Contribution
    from hub.repositories.models import Repository, Revision
    from hub.reviews.models import Work

REVIEWER = "reviewer"
MODEL = ("model", "maintainer", "breast-cancer-logistic")
DATA = ("dataset", "maintainer", "wisconsin-breast-cancer")
DIGITS = ("model", "contributor", "digits-linear")
# The line of the published script that learns a second root.
ONE_ROOT = b'x = np.sqrt(inputs) if about["transform"] == "sqrt" else inputs'
TWO_ROOTS = b'x = {"sqrt": np.sqrt, "cbrt": np.cbrt}.get(about["transform"], np.array)(inputs)'
Address = tuple[str, str, str]
Proposed = tuple[list[Change], "list[dict[str, Any]] | None"]


@dataclass(frozen=True)
class Opinion:
    """What the hub reviewer says about a work."""

    effort: int
    quality: int
    comment: str


@dataclass(frozen=True)
class Verdict:
    """Without a reason's code it is accepted."""

    by: str
    comment: str
    reason: str = ""


@dataclass(frozen=True)
class Proposal:
    """What somebody proposes for another's repository, and what becomes of it. It is known again by its title."""

    by: str
    repository: Address
    kind: str
    title: str
    reason: str
    make: Callable[[], Proposed]
    verdict: Verdict
    opinion: Opinion | None = None


@dataclass(frozen=True)
class Own:
    """A revision, by its number, that its owner submits for assessment."""

    repository: Address
    number: int
    opinion: Opinion


def _refit(recipe: science.Recipe, *others: Change) -> Callable[[], Proposed]:
    """New weights of the breast cancer model, measured on the revision of the dataset that it is trained on now."""

    def make() -> Proposed:
        table = science.wisconsin()
        weights = science.fit(table.inputs, table.labels, recipe).safetensors(table.classes)
        changes = [Change("model.safetensors", content=weights), *others]
        return changes, measured(table, recipe, _revision(DATA))

    return make


def _digits_card() -> Proposed:
    """The card names a file that is not there, and does not say what the model's inputs are."""
    card = (FILES / "digits-linear.md").read_text(encoding="utf-8")
    inputs = (
        "\n`pixels.csv` stands in the dataset. Its first 64 columns are the inputs, `row0_column0` to `row7_column7`, each from "
        "0 (no ink)\nto 16; the last column, the digit itself, is not read.\n\n## How it was measured"
    )
    card = card.replace("measurements.csv", "pixels.csv").replace("\n## How it was measured", inputs)
    return [Change("README.md", content=card.encode())], None


OWN: Sequence[Own] = (
    Own(DATA, 1, Opinion(3, 75, "The card says where the numbers come from, what they mean and what they cannot show.")),
    Own(
        MODEL, 3,
        Opinion(3, 70, "Measured out of fold on a pinned revision of the data. The reason says how small the gain is."),
    ),
)  # fmt: skip
PROPOSALS: Sequence[Proposal] = (
    Proposal(
        "contributor", MODEL, "tuning", "Weaken the penalty ten times",
        "It helped with the irises, so I tried it here. Measured on the same ten folds.",
        _refit(science.Recipe("sqrt", c=10.0)),
        Verdict(
            "maintainer",
            "Accuracy, sensitivity and log loss are all worse than before, on the same folds. Many of the 30 measurements say "
            "nearly the same, so the weights need the penalty. Thank you for measuring it: now it is on record.",
            "no_better",
        ),
    ),
    Proposal(
        "contributor", MODEL, "tuning", "Cube roots, and half the penalty",
        "Cube roots straighten the skewed measurements a little more than square roots do, and then half the penalty is enough. "
        "The probabilities fit better; the shares called right are the same. Root and penalty were chosen on the folds they are "
        "measured on, so expect less elsewhere. predict.py learns the cube root.",
        _refit(
            science.Recipe("cbrt", c=2.0),
            Change("predict.py", content=(FILES / "predict.py").read_bytes().replace(ONE_ROOT, TWO_ROOTS)),
        ),
        Verdict("maintainer", "No figure is worse, two are better, and the caveat is stated."),
        Opinion(3, 72, "A small, honest gain. Says itself where its measurement flatters it."),
    ),
    Proposal(
        "maintainer", DIGITS, "documentation", "Name the right file, and say what the inputs are",
        "The example named a file that this dataset does not have, and nothing said what the 64 columns are.",
        _digits_card,
        Verdict("contributor", "Right, I had copied that line. Thank you."),
        Opinion(1, 80, "The example now runs as it stands."),
    ),
)  # fmt: skip


def work_together(clock: Clock, report: Report) -> None:
    """Does whatever is missing, in order, so that an interrupted run can go on; what people undid meanwhile stays so."""
    _appoint(clock)
    for own in OWN:
        report(_("Demo content: submitting %(name)s for assessment …") % {"name": own.repository[2]})
        _submit(own, clock)
    for proposal in PROPOSALS:
        report(_("Demo content: proposing “%(title)s” …") % {"title": proposal.title})
        _propose(proposal, clock)


def _appoint(clock: Clock) -> None:
    reviewer = accounts.account_by_handle(REVIEWER)
    if not reviewer.hub_reviewer:
        grant_reviewer(account=reviewer, now=clock())


def _submit(own: Own, clock: Clock) -> None:
    revision = _revision(own.repository, own.number)
    work = reviews.work_of_revision(revision.pk)
    if work is None:
        owner = accounts.account_by_handle(own.repository[1])
        work = submit_work(account=owner, revision=revision, now=clock())
    _assess(work, own.opinion, clock)


def _propose(proposal: Proposal, clock: Clock) -> None:
    contribution = _existing(proposal) or _open(proposal, clock)
    if contribution.state == "open" and not contributions.is_stale(contribution):
        verdict = proposal.verdict
        decide(
            account=accounts.account_by_handle(verdict.by), contribution=contribution, now=clock(),
            verdict="decline" if verdict.reason else "accept", reason_code=verdict.reason, comment=verdict.comment,
            expected_proposal=contributions.newest_proposal(contribution).revision_id,
        )  # fmt: skip
    if proposal.opinion is not None and contribution.state == "accepted":
        reviewer = accounts.account_by_handle(REVIEWER)
        _assess(reviews.work_by_key(reviewer, f"contrib:{contribution.pk}"), proposal.opinion, clock)


def _existing(proposal: Proposal) -> "Contribution | None":
    repository, person = _repository(proposal.repository), accounts.account_by_handle(proposal.by)
    found = [each for each in contributions.by_person(person, person) if each.title == proposal.title]
    return next((each for each in found if each.repository_id == repository.pk), None)


def _open(proposal: Proposal, clock: Clock) -> "Contribution":
    repository = _repository(proposal.repository)
    changes, metrics = proposal.make()
    return open_contribution(
        account=accounts.account_by_handle(proposal.by), repository=repository, changes=changes, title=proposal.title,
        reason=proposal.reason, kind=proposal.kind, metrics=metrics, now=clock(),
    )  # fmt: skip


def _assess(work: "Work", opinion: Opinion, clock: Clock) -> None:
    reviewer = accounts.account_by_handle(REVIEWER)
    if not reviews.cannot_assess(reviewer, work):
        assess(
            account=reviewer, work=work, effort=opinion.effort, quality=opinion.quality, comment=opinion.comment,
            now=clock(),
        )  # fmt: skip


def _repository(address: Address) -> "Repository":
    kind, owner, name = address
    return repositories.visible_repository(accounts.account_by_handle(owner), kind, owner, name)


def _revision(address: Address, number: int | None = None) -> "Revision":
    """A published revision by its number; the newest without one."""
    repository = _repository(address)
    if number is not None:
        return repository.revisions.get(number=number)
    assert repository.head is not None
    return repository.head
