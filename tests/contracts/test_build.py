"""The build gives the committed code or fails, and says which contract differs."""

import json
from pathlib import Path

import pytest

from contracts import build


@pytest.fixture
def expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `expected.json` that a test may spoil."""
    copy = tmp_path / "expected.json"
    copy.write_bytes(build.EXPECTED.read_bytes())
    monkeypatch.setattr(build, "EXPECTED", copy)
    return copy


def test_compiling_again_gives_the_expected_creation_code() -> None:
    artifacts = build.run(check=True)
    assert build.digests(artifacts) == json.loads(build.EXPECTED.read_text())["creationCodeSha256"]


def test_code_that_differs_from_the_expected_is_refused_by_name(
    expected: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(expected.read_text())
    content["creationCodeSha256"]["CheckpointAnchor"] = "00" * 32
    expected.write_text(json.dumps(content))
    assert build.main([]) == 1
    assert "CheckpointAnchor: expected 0000" in capsys.readouterr().err


def test_other_compiler_settings_are_refused(expected: Path) -> None:
    content = json.loads(expected.read_text())
    content["settings"]["optimizer"]["runs"] = 1
    expected.write_text(json.dumps(content))
    with pytest.raises(build.BuildError, match="compiler or settings differ"):
        build.run()


def test_accepting_writes_what_was_compiled(expected: Path) -> None:
    before = expected.read_text()
    expected.unlink()
    assert build.main(["--accept"]) == 0
    assert expected.read_text() == before


def test_an_artifact_names_the_ranges_that_the_constructor_fills() -> None:
    artifact = build.run()["CheckpointAnchor"]
    assert set(artifact["immutableReferences"]) == {"origin", "rotationKey", "delay"}
    code = bytes.fromhex(artifact["deployedBytecode"][2:])
    for ranges in artifact["immutableReferences"].values():
        for part in ranges:
            assert code[part["start"] : part["start"] + part["length"]] == bytes(part["length"])
