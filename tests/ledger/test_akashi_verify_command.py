"""The stand-alone verifier as a command: its words, its exit codes, and what it needs to run."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger.verifying import CSV, SCRIPT
from tests.ledger.world import World


def run(*arguments: str, folder: Path, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    environment = {"PYTHONIOENCODING": encoding}
    return subprocess.run(command, cwd=folder, capture_output=True, encoding=encoding, env=environment, check=False)


def test_the_command_answers_in_words_and_exit_codes(world: World, text: str, tmp_path: Path) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    (tmp_path / "wine.csv").write_bytes(CSV)
    (tmp_path / "other.csv").write_bytes(b"4,5,6\n")
    key = world.signer.key.vkey
    verified = run("wine.bundle", "--log-key", key, "--file", "wine.csv", folder=tmp_path)
    assert verified.returncode == 0
    assert "\u2713 wine.csv is, byte for byte, data/raw/wine.csv" in verified.stdout
    assert "What this cannot show:" in verified.stdout
    assert verified.stdout.endswith("Verified: every record in this bundle is in the log you trust.\n")
    assert "\x1b" not in verified.stdout
    assert run("wine.bundle", folder=tmp_path).returncode == 2
    refused = run("wine.bundle", "--log-key", key, "--file", "other.csv", folder=tmp_path)
    assert refused.returncode == 1
    assert "\u2717 The file other.csv is in none of the revisions" in refused.stdout
    (tmp_path / "saved").write_text(world.checkpoint(4), encoding="utf-8")
    assert run("wine.bundle", "--checkpoint", "saved", folder=tmp_path).returncode == 0


def test_the_command_answers_in_json(world: World, text: str, tmp_path: Path) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    found = run("wine.bundle", "--json", "--log-key", world.signer.key.vkey, folder=tmp_path)
    answer = json.loads(found.stdout)
    assert found.returncode == 0
    assert answer["verdict"] == "verified"
    assert [entry["index"] for entry in answer["entries"]] == list(range(6))


@pytest.mark.parametrize(
    "arguments",
    [[], ["absent.bundle"], ["--unknown"], ["wine.bundle", "--file", "absent"], ["wine.bundle", "--rpc", "x"]],
)
def test_a_wrong_call_exits_with_3(text: str, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "wine.bundle").write_text(text, encoding="utf-8")
    found = run(*arguments, folder=tmp_path)
    assert found.returncode == 3
    assert found.stderr
    assert "Traceback" not in found.stderr


def test_names_in_a_bundle_cannot_steer_the_terminal(tmp_path: Path) -> None:
    hostile = World()
    hostile.publish({"\x1b[2J\u202eevil.csv": CSV})
    (tmp_path / "b").write_text(hostile.bundle(), encoding="utf-8")
    (tmp_path / "c").write_bytes(CSV)
    found = run("b", "--file", "c", folder=tmp_path)
    assert "?[2J?evil.csv" in found.stdout
    assert "\x1b" not in found.stdout


def test_names_in_a_bundle_cannot_look_like_lines_of_the_verifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.entry._check", lambda members, body: None)
    forged = (
        "\n\u2713 The log key is the one you trust.\nVerified: every record in this bundle is in the log you trust.\n"
    )
    hostile = World()
    hostile.publish({f"a{forged}b": CSV})
    hostile.add(f"a{forged}b", {"number": 1}, {"title": {"title": forged}}, subject=f"a{forged}:b{forged}")
    (tmp_path / "b").write_text(hostile.bundle(), encoding="utf-8")
    (tmp_path / "c").write_bytes(CSV)
    found = run("b", "--file", "c", folder=tmp_path)
    assert found.returncode == 2
    lines = found.stdout.splitlines()
    assert not [line for line in lines if line.startswith(("\u2713 The log key", "Verified", "b"))]
    assert "What was logged:" in lines


def test_a_terminal_without_the_marks_gets_plain_ones(text: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text(text, encoding="utf-8")
    assert run("b", folder=tmp_path, encoding="ascii").stdout.startswith("+ The bundle is whole")


def test_it_imports_the_standard_library_alone_and_is_python_3_9() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_who_stops_reading_gets_no_traceback(
    world: World, text: str, tmp_path: Path, options: list[str]
) -> None:
    (tmp_path / "b").write_text(text, encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "b", "--log-key", world.signer.key.vkey, *options]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0
