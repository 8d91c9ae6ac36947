"""Both programs read the same log the same way, whatever people write into it, over several epochs."""

import random
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.akashi_recompute import recompute
from rewards.calculation import is_due
from rewards.epoch_bundle import read_previous
from rewards.settlement import Previous
from tests.rewards.log_builder import HUB, POLICY, REPOSITORY, Log, actor, revision_of

REPOSITORIES = (REPOSITORY, "repo:00000000-0000-4000-8000-000000000001")
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
KINDS = ("data", "code", "tuning", "model", "documentation", "evaluation")


class Chance:
    """Somebody who writes anything that the vocabulary allows, in any order."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.log = Log()
        self.revisions: list[str] = []
        self.works: list[str] = []
        self.count = 0
        self.log.set_policy()
        self.log.grant("dave", "erin", "frank")

    def act(self) -> None:
        acts = [self.publish, self.publish, self.submit, self.contribute, self.contribute, self.assess, self.assess]
        acts += [self.assess, self.bind, self.reviewers, self.noise, self.policy]
        self.random.choice(acts)()

    def person(self) -> str:
        return self.random.choice(PEOPLE)

    def revision(self) -> str:
        """Most of the time a published one, sometimes one that nobody knows."""
        return self.random.choice([*self.revisions[-6:], "nowhere"])

    def name(self) -> str:
        self.count += 1
        return f"revision {self.count}"

    def sources(self) -> tuple[tuple[str, str], ...]:
        relations = ("trained_on", "evaluated_on", "merge")
        return tuple((self.random.choice(relations), self.revision()) for _ in range(self.random.randint(0, 3)))

    def licence(self) -> str:
        return self.random.choice(("CC0-1.0", "gemma", "", "CC0-1.0 AND gemma", "gemma OR Apache-2.0 WITH x", "Other"))

    def publish(self) -> None:
        # Now and then the same revision again.
        name = self.random.choice(self.revisions) if self.revisions and self.random.random() < 0.1 else self.name()
        parent = self.random.choice([self.revision(), ""])
        self.log.publish(
            name,
            self.person(),
            parent=parent,
            kind=self.random.choice(KINDS),
            licence=self.licence(),
            sources=self.sources(),
            author=self.random.choice(["", self.person()]),
            repository=self.random.choice(REPOSITORIES),
        )
        self.revisions.append(name)

    def submit(self) -> None:
        if self.revisions:
            name = self.random.choice(self.revisions)
            for who in self.random.sample(PEOPLE, 3):
                self.works.append(self.log.submit(name, who))

    def contribute(self) -> None:
        name, by = self.name(), self.person()
        shares = dict.fromkeys(self.random.sample(PEOPLE, 3), 10000 // 3)
        shares[by] = shares.get(by, 0) + 1
        kind = self.random.choice(KINDS)
        self.log.propose(
            name, by, self.random.choice([shares, None]), kind=kind, base=self.random.choice(["", self.revision()])
        )
        self.join(name)
        if self.random.random() < 0.2:
            self.log.review(name, self.person(), self.random.choice(("review.submitted", "contribution.declined")))
        if self.random.random() < 0.3:
            again = self.name()
            self.log.propose(name, by, kind=kind, base=self.revision(), proposed=again, type="contribution.updated")
            self.log.proposed[name] = self.random.choice([name, again])
        self.join(name)
        if self.random.random() < 0.8:
            self.works.append(self.log.accept(name, self.person(), by, parent=self.revision(), sources=self.sources()))
            self.revisions.append(self.log.proposed[name])

    def join(self, name: str) -> None:
        for who in self.random.sample(PEOPLE, 2):
            self.log.join(name, who, self.random.choice((3333, 3334, 10_000, 1)))

    def assess(self) -> None:
        if self.works:
            effort, quality = self.random.choice((1, 2, 3, 5, 8, 13, 21)), self.random.randint(30, 100)
            revision = "" if self.random.random() < 0.9 else revision_of("nowhere")
            for who in self.random.sample(("dave", "erin", "alice", "frank"), 2):
                self.log.assess(self.random.choice(self.works[-8:]), who, effort, quality, revision)

    def bind(self) -> None:
        who = self.person()
        self.log.bind(who, self.random.choice([who, "shared"]))

    def reviewers(self) -> None:
        kind = self.random.choice(("reviewer.granted", "reviewer.granted", "reviewer.revoked"))
        self.log.add(
            kind,
            actor(self.random.choice(("alice", "dave", "erin", "frank"))),
            self.random.choice([HUB, HUB, "bob"]),
            {},
        )

    def noise(self) -> None:
        self.log.add("account.registered", actor(self.person()), self.person(), {}, {"handle": {"handle": "someone"}})

    def policy(self) -> None:
        made = replace(
            POLICY,
            min_reviews=self.random.choice((1, 1, 2)),
            quality_floor=self.random.choice((50, 61, 0)),
            royalty_bps=self.random.choice((2000, 5000)),
            cluster_cap_bps=self.random.choice((1000, 10_000, 1)),
        )
        self.log.set_policy(made, self.random.randint(0, 9))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_both_programs_come_to_the_same_bytes(seed: int) -> None:
    chance = Chance(seed)
    previous: Previous | None = None
    before: Path | None = None
    with tempfile.TemporaryDirectory() as place:
        for epoch in (1, 2, 4, 7):
            for _ in range(25):
                chance.act()
            if not is_due(chance.log.record(), epoch, previous):
                continue
            found = chance.log.calculate(epoch, previous)
            folder = Path(place) / str(epoch)
            chance.log.write(folder, found)
            report = recompute(folder, previous=before)
            assert report.verdict == "recomputed", report.checks
            chance.log.close(epoch)
            paid = chance.random.random() < 0.7
            chance.log.decide(epoch, "finalized" if paid else "cancelled")
            if paid:
                previous, before = read_previous(folder), folder
