"""Speaking to the API, and reading its refusals."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.utils import timezone

from hub.accounts.models import Account
from hub.repositories.models import Repository
from tests.hub.factories import make_token

REPOSITORIES, REVISIONS = "/api/v1/repositories", "/api/v1/revisions"
WHY = {"kind": "data", "message": "A reason."}


@dataclass
class Caller:
    """Speaks to the API as one account, or as nobody."""

    token: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.generic(
            method, path, b"" if body is None else data, content_type="application/json", headers={**auth, **headers}
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def publish(self, repository: Repository, **body: Any) -> Any:
        return self.post(f"{REPOSITORIES}/{repository.pk}/revisions", {**WHY, **body})


def caller(account: Account, scope: str = "write") -> Caller:
    return Caller(make_token(account, scope, now=timezone.now()))


def refused(answer: Any, status: int, *fields: str) -> dict[str, Any]:
    """The problem document of a refusal, which names these fields."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    if fields:
        assert [error["field"] for error in problem["errors"]] == list(fields)
    return problem


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def text(path: str, content: str) -> dict[str, str]:
    return {"path": path, "text": content}
