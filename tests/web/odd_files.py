"""Files that a repository may hold and whose pages are easy to break: odd names, and contents that are not what the name says."""

import json
from typing import Any


def _model(header: Any) -> bytes:
    """A safetensors file with this header, as bytes or as JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


NAMES = (
    "a b.csv", "100%.csv", "a%00b.txt", "%2e%2e", "q?x=1.txt", "h#f.md", "a&b=c.csv", "a\"b'.txt", "<b>.md",
    "日本/語.csv", "\U0001f4a9.txt", "a..b", "...", "-x", "~", "a;b", "a:b", "a|b*", "{{x}}.md", "%(x)s.txt",
    "main", "tree/main/a", "CON.txt", 250 * "x" + ".py", "..a", "a\u00a0b.txt", "a\u200bb.txt",
    30 * "d/" + "f", "\u00e9.md", "[x](y).md", "@", "main..main", "refs/heads/main",
)  # fmt: skip
_CONTENTS: dict[str, tuple[bytes, ...]] = {
    "csv": (
        b"", b"\0", b'a,b\n"', b"a,b\n" + 200_000 * b"x" + b",1\n", b"\xff\xfea", b"\xef\xbb\xbfa,b\n1,2",
        b",,,,\n,,,", b"\n\n\n", b"\r\r", b"a\rb\rc", b'a,b\n"x"y,1\n', b"a\x85b\n", b'"' + 270_000 * b"a",
        3000 * b"a,",
    ),
    "safetensors": (
        b"", 8 * b"\0", 8 * b"\xff", _model([]), _model({}), _model(None), _model(b"\xff"), _model({"a": 1}),
        _model(100_000 * b"["), _model({"a": {"dtype": {}, "shape": [1]}}), _model({"a": {"dtype": "F32",
        "shape": 50 * [2**52]}}), _model({"__metadata__": [1]}), _model({"\ud800": {"dtype": "F32",
        "shape": [1]}}), _model({"__metadata__": {"\ud800": "\ud800"}}),
        _model(b'{"a":{"dtype":"F32","shape":[' + 5000 * b"9" + b"]}}"), _model(b'{"a":{"dtype":NaN,"shape":[1]}}'),
    ),
    "txt": (b"", b"\xff", b"\0", "\u202e\u2028\u2029\x85".encode(), b"\x1b[31m", "\U0001f4a9".encode() * 40_000),
    "py": (b"def (", b"'''", 60_000 * b"(", b"a\x0cb"),
    "json": (b"{", 30_000 * b'{"a":', b'"\\ud800"'),
    "md": (
        b"---\n[\n---\n# x", b"[x](javascript:alert(1))", 20_000 * b"[", 50_000 * b"*", 5000 * b"> ",
        3000 * b"- ", b"|a|\n|-|\n" * 3000, b"\xff\xfe", b"&#0;&#xD800;&#x110000;",
        b"[a](%00) ![b](%ff) [c](//[::1) [d](http://[::1/) [e](a\\b) [f](../../../..)",
        b"<a href='\x01javascript:x'>", b"[a]: <b\n[a]", 9000 * b"<!--", 30_001 * b"\\", 9000 * b"![](", b"\0",
    ),
    "svg": (b"<svg onload=alert(1)>",),
    "png": (b"", b"\xff"),
    "tex": (1000 * b"\\",),
    "c": (50_000 * b"/*",),
    "parquet": (b"PAR1",),
}  # fmt: skip
CONTENTS = {
    f"f/{number}.{ending}": content for ending, contents in _CONTENTS.items() for number, content in enumerate(contents)
}
FILES: dict[str, bytes] = CONTENTS | dict.fromkeys(NAMES, b"a,b\n1,2\n")
