"""The static page of the verifier, opened from a disk, and what it and the Python file say about the same input."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from ledger import akashi_verify, verify_page
from ledger.akashi_verify import FileDigest, Report

NAMES = {
    "log_key": "logKey", "contract": "contract", "saved_checkpoint": "savedCheckpoint", "proof": "proof",
    "witnesses": "witnesses", "witnesses_needed": "witnessesNeeded",
}  # fmt: skip
RUN = """
async (cases) => {
  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const answers = [];
  for (const { data, files, given } of cases) {
    const own = files.map(({ name, content }) => {
      const bytes = bytesOf(content);
      return { name, sha256: sha256(bytes), size: bytes.length };
    });
    const report = await verifyFile(bytesOf(data), { ...given, files: own });
    answers.push({
      verdict: report.verdict,
      checks: report.checks.map(({ code, passed, sentence }) => [code, passed, render(sentence, "en")]),
      entries: report.entries.map(({ words }) => (words ? render(words, "en") : "")),
    });
  }
  return answers;
}
"""


@dataclass(frozen=True)
class Answer:
    """A verdict, the checks (code, passed, sentence) and the entries in words."""

    verdict: str
    checks: list[tuple[str, bool | None, str]]
    entries: list[str]

    @property
    def codes(self) -> list[tuple[str, bool | None]]:
        return [(code, passed) for code, passed, _ in self.checks]


@dataclass(frozen=True)
class Question:
    """A file, what the reader trusts in the words of `verify_bundle`, and the reader's own files by name."""

    data: bytes
    given: Mapping[str, Any]
    files: Mapping[str, bytes]
    rpc: str | None = None


def question(data: bytes, files: Mapping[str, bytes] | None = None, rpc: str | None = None, **given: Any) -> Question:
    return Question(data, given, files or {}, rpc)


class PageVerifier:
    """The page in a tab of its own; it collects errors, and every address that the page asks for."""

    def __init__(self, chromium: Browser, folder: Path) -> None:
        path = folder / "verify.html"
        path.write_bytes(verify_page.page())
        self.page: Page = chromium.new_page(locale="en-GB")
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.address = path.as_uri()
        self.page.goto(self.address)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """What the page's script answers, all in one call."""
        cases = [
            {
                "data": base64.b64encode(each.data).decode(),
                "files": [
                    {"name": name, "content": base64.b64encode(data).decode()} for name, data in each.files.items()
                ],
                "given": {**{NAMES[name]: value for name, value in each.given.items()}, "rpc": each.rpc},
            }
            for each in questions
        ]
        return [
            Answer(found["verdict"], [(code, passed, text) for code, passed, text in found["checks"]], found["entries"])
            for found in self.page.evaluate(RUN, cases)
        ]


def python_answer(asked: Question) -> Answer:
    """What the Python file answers. The options that it names in brackets are not on the page."""
    own = [FileDigest(name, hashlib.sha256(data).digest(), len(data)) for name, data in asked.files.items()]
    rpc = akashi_verify.http_rpc(asked.rpc) if asked.rpc else None
    report: Report = akashi_verify.verify_bundle(asked.data, files=own, rpc=rpc, **asked.given)
    checks = [(check.code, check.passed, re.sub(r" \(--[a-z-]+\)", "", check.text)) for check in report.checks]
    return Answer(report.verdict, checks, [entry.get("words", "") for entry in report.entries])
