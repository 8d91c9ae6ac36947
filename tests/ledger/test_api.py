"""The API of the log: lists by key, one entry with all that checks it, consistency, and mistakes answered as problems."""

from django.test import Client

from tests.ledger.conftest import ACTOR, REPOSITORY, Ledger
from tests.ledger.log_checker import leaf_hash, root_of
from tests.ledger.telling import NAMED, tell, upper_room

__all__ = ["upper_room"]


def test_the_api_lists_entries_by_key(ledger: Ledger, client: Client) -> None:
    ledger.grow(40)
    seen: list[int] = []
    url: str | None = "/api/v1/entries?size=15"
    while url:
        answer = client.get(url).json()
        seen += [entry["index"] for entry in answer["results"]]
        url = answer["next"]
    assert seen == list(range(40, -1, -1))


def test_the_api_gives_an_entry_with_everything_to_check_it(ledger: Ledger, client: Client) -> None:
    entry = tell(ledger, "hello")
    ledger.grow(3)
    answer = client.get("/api/v1/entries/1").json()
    assert answer["body"].encode() == bytes(entry.body)
    assert answer["leaf_hash"] == leaf_hash(answer["body"].encode()).hex()
    assert answer["sentence"] == "alice said hello about heart <3."
    assert answer["details"] == {"words": {"words": "hello"}}
    assert answer["status"]["state"] == "published"
    assert answer["status"]["checkpoint_size"] == 5


def test_the_api_narrows_entries(ledger: Ledger, client: Client) -> None:
    tell(ledger)
    ledger.grow(3)
    for query in (f"type={NAMED}", f"type={NAMED}&actor={ACTOR}", f"type={NAMED}&subject={REPOSITORY}"):
        assert [entry["index"] for entry in client.get(f"/api/v1/entries?{query}").json()["results"]] == [1]


def test_the_api_proves_consistency_between_checkpoints(ledger: Ledger, client: Client) -> None:
    ledger.grow(3)
    ledger.grow(3)
    assert [each["size"] for each in client.get("/api/v1/checkpoints").json()["results"]] == [7, 4]
    answer = client.get("/api/v1/checkpoints/7?from=4").json()
    assert answer["note"] == (ledger.folder / "checkpoint").read_text()
    leaves = [leaf_hash(entry) for entry in ledger.checker.entries()]
    assert answer["consistency"] == [root_of(leaves[4:]).hex()]
    assert "consistency" not in client.get("/api/v1/checkpoints/7").json()


MISTAKES = [
    ("entries/99", 404),
    ("entries/99999999999999999999999", 404),
    ("entries/99/proof", 404),
    ("entries/1/proof?size=3", 404),
    ("entries/1/proof?size=x", 400),
    ("entries/1/proof?size=0", 400),
    ("entries?cursor=x", 400),
    ("entries?size=0", 400),
    ("checkpoints/3", 404),
    ("checkpoints/99999999999999999999999", 404),
    ("checkpoints/5?from=6", 400),
    ("checkpoints/5?from=x", 400),
]


def test_the_api_answers_mistakes_with_problems(ledger: Ledger, client: Client) -> None:
    ledger.grow(4)
    for path, status in MISTAKES:
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == status, path
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_the_api_takes_nothing(ledger: Ledger, client: Client) -> None:
    for path in ("entries", "checkpoints", "anchors"):
        assert client.post(f"/api/v1/{path}", {}, content_type="application/json").status_code in (401, 403, 405)
