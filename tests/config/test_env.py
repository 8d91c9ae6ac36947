"""Settings from the environment, as an operator meets them: a bad value is named in one line, by every program."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import env
from tests.services import ROOT

BAD = {
    "PORT": "abc",
    "WEB_PROCESSES": "0",
    "CHAIN_ID": "main",
    "CHAIN_EMBEDDED": "perhaps",
    "SITE_URL": "hub.example",
    "LOG_LEVEL": "loud",
    "RATE_ANONYMOUS": "often",
    "EMAIL_TLS": "yes",
    "EMAIL_PORT": "70000",
    "DATABASE_URL": "mysql://here",
    "WITNESSES": "witness.example+00000000+nonsense=https://witness.example",
    "WITNESSES_NEEDED": "1",
}
SUPERVISOR = ["-m", "config.supervisor"]
WITNESS = "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
DUMP = """
import json
from config import settings
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.startswith("EMAIL_")}))
"""


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A program of the hub with a data folder of its own and none of the tests' servers."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**kept, "DATA_DIR": str(folder), **environment},
        text=True, capture_output=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD.items())
@pytest.mark.parametrize("program", [SUPERVISOR, ["manage.py", "check"]], ids=["make run", "manage.py"])
def test_a_value_that_a_setting_cannot_take_is_named_in_one_line(
    program: list[str], name: str, value: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *program, **{name: value})
    assert done.returncode == 1
    assert re.fullmatch(rf"{name} must .+\n", done.stderr), done.stderr
    assert not (tmp_path / "postgres").exists(), "nothing was started"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("filebased", 587, True, False)),
        ({"EMAIL_HOST": "mail.example"}, ("smtp", 587, True, False)),
        ({"EMAIL_HOST": "mail.example", "EMAIL_TLS": "tls"}, ("smtp", 465, False, True)),
        ({"EMAIL_HOST": "mail.example", "EMAIL_TLS": "none", "EMAIL_PORT": "25"}, ("smtp", 25, False, False)),
    ],
)
def test_letters_go_to_the_mail_server_that_is_named_and_into_files_without_one(
    environment: dict[str, str], expected: tuple[object, ...], tmp_path: Path
) -> None:
    account = {"EMAIL_USER": "hub", "EMAIL_PASSWORD": "a long word"}
    done = run(tmp_path, "-c", DUMP, **environment, **account)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    names = ("EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    assert (found["EMAIL_BACKEND"].split(".")[-2], *(found[name] for name in names)) == expected
    assert (found["EMAIL_HOST"], found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == (
        environment.get("EMAIL_HOST", ""), "hub", "a long word",
    )  # fmt: skip


def test_every_setting_is_listed_in_the_example_and_read_in_one_place() -> None:
    readers = re.compile(r"""(?:env\.\w+|_endpoint)\(\s*"([A-Z_]+)\"""")
    read = set(readers.findall((ROOT / "config" / "settings.py").read_text()))
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == listed
    rooms = [path for room in ("chain", "hub", "ledger", "rewards", "web") for path in (ROOT / room).rglob("*.py")]
    assert [path for path in rooms if "os.environ" in path.read_text() or "getenv" in path.read_text()] == []


def test_a_command_says_in_one_line_that_the_hub_is_stopped(tmp_path: Path) -> None:
    done = run(
        tmp_path, "manage.py", "createtoken", "alice", DATABASE_URL=f"postgresql://postgres@/akashi?host={tmp_path}"
    )
    assert done.returncode == 1
    assert re.fullmatch(r"CommandError: The database does not answer\. Is the hub running\? .+\n", done.stderr), (
        done.stderr
    )


@pytest.mark.parametrize(
    ("words", "needed", "expected"),
    [
        ("", "", ((), 0)),
        (f"{WITNESS}=https://witness.example/sub/", "", (((WITNESS, "https://witness.example/sub"),), 1)),
        (f" {WITNESS}=http://127.0.0.1:8100 ,", "1", (((WITNESS, "http://127.0.0.1:8100"),), 1)),
    ],
)
def test_witnesses_are_read_with_their_addresses(
    words: str, needed: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WITNESSES", words)
    monkeypatch.setenv("WITNESSES_NEEDED", needed)
    found = env.witnesses("WITNESSES")
    least, most = int(bool(found)), len(found)
    assert (found, env.integer("WITNESSES_NEEDED", most // 2 + least, least=least, most=most)) == expected


@pytest.mark.parametrize(
    "words",
    [
        WITNESS,
        f"{WITNESS}=ftp://witness.example",
        f"{WITNESS}=http://",
        f"{WITNESS}=http://[half",
        f"{WITNESS}=http://user@witness.example",
        f"{WITNESS}=https://a.example,{WITNESS}=https://b.example",
        WITNESS.replace("BAOh", "AQOh") + "=https://witness.example",
        "=https://witness.example",
    ],
)
def test_witnesses_that_cannot_be_asked_are_refused(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WITNESSES", words)
    with pytest.raises(env.BadSetting, match=r"^WITNESSES must "):
        env.witnesses("WITNESSES")
