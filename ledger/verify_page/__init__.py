"""The verifier as one page that works from a disk: `verify.html`, made of the files beside this one.

The page holds its styles, its script and nothing else; it loads nothing, and its policy lets it ask only the node that its
reader names. The script is the modules in `MODULES` one after the other, without the lines by which they import each other,
so what is read here is what runs there. The same files give the same bytes.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final

from web.drawing.icons import icon
from web.drawing.seal import seal

FOLDER: Final = Path(__file__).resolve().parent
STYLES: Final = FOLDER.parents[1] / "static" / "css"
# Each after those that it imports.
MODULES: Final = (
    "bytes", "hashes", "curves", "report", "json", "merkle", "notes", "bundle", "trees", "checks", "witnesses", "chain",
    "verify", "words", "page",
)  # fmt: skip
_IMPORT = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@cache
def page() -> bytes:
    """The whole page."""
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; connect-src http: https:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "style": style,
        "script": script,
        "mark": seal("verified", 26),
        **{f"seal {state}": seal(state, 96) for state in ("verified", "unverified", "mismatch")},
        **{f"icon {name}": icon(name) for name in ("check", "cross", "running")},
    }
    frame = (FOLDER / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{ ([a-z ]+) \}\}", lambda place: parts[place[1]], frame).encode()


def _script() -> str:
    sources = {name: (FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES}
    pieces = [f"// === {name}.js ===\n{_EXPORT.sub('', _IMPORT.sub('', text))}" for name, text in sources.items()]
    return '\n"use strict";\n' + "\n".join(pieces)


def _style() -> str:
    names = [STYLES / f"{name}.css" for name in ("akashi", "components", "pages")] + [FOLDER / "page.css"]
    return "\n" + "\n".join(path.read_text(encoding="utf-8") for path in names)


def _hash(content: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
