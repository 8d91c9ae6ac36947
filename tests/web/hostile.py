"""Every address of the site, and what to put into it that does not belong there. New routes are found by themselves."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

Json = dict[str, Any]
Header = tuple[str, bytes]

# --- addresses -----------------------------------------------------------------------------------
# As they stand in a request line: a percent sign is as hostile as what it encodes.
SEGMENTS = (
    "%00", "main%00", 300 * "a", 5000 * "9", "-1", "00", "99999999999999999999", "1e9", "NaN", "%D9%A3", "..", "%", "%zz",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%5C..%5C", "~", "%20", "%ff%fe", "%ED%A0%80", "%C0%AF", "%0d%0aX-Evil:%201", "main..",
    "%E2%80%AE", "%F0%9F%92%A9", "e%CC%81", "'%20OR%201=1--", "%3Cscript%3E", "{}", "main..%00", "%2F%2F", ";a=b", "%25s%25d",
    "00000000-0000-0000-0000-000000000000", "A0000000-0000-4000-8000-00000000000G", 64 * "0", 64 * "g", 300 * "x/" + "x",
    "0x" + 64 * "f", "main/%00", "main/data/a.csv/x", "\u00fc",
)  # fmt: skip
_HOLE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Route:
    """One registered route: its address with `%(name)s` for what varies, and the module that answers."""

    template: str
    module: Path | None

    @property
    def keys(self) -> list[str]:
        """The holes, each named by the segment before it and by itself, or by itself alone: `tree/rest`, `owner`."""
        return [self._key(hole) for hole in _HOLE.finditer(self.template)]

    def fill(self, values: Mapping[str, str]) -> str:
        return "/" + _HOLE.sub(lambda hole: values[self._key(hole)], self.template)

    def _key(self, hole: re.Match[str]) -> str:
        before = self.template[: hole.start()].rstrip("/").rpartition("/")[2]
        return hole[1] if not before or "%(" in before else f"{before}/{hole[1]}"

    @property
    def is_api(self) -> bool:
        return self.template.startswith("api/")

    @cached_property
    def parameters(self) -> list[str]:
        """Those of `PARAMETERS` that the module names, and those that every page has."""
        text = self.module.read_text() if self.module else ""
        return [name for name in PARAMETERS if name in EVERYWHERE or f'"{name}"' in text]


def routes() -> list[Route]:
    return list({route.template: route for route in _walk(get_resolver(), "")}.values())


def _walk(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        regex = prefix + str(pattern.pattern.regex.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            view = inspect.unwrap(pattern.callback)
            found = inspect.getsourcefile(getattr(view, "view_class", getattr(view, "cls", view)))
            yield from (Route(template, Path(found) if found else None) for template, _names in normalize(regex))
        else:
            yield from _walk(pattern, regex)


# --- queries and headers -------------------------------------------------------------------------
EVERYWHERE = ("cursor", "lang", "q", "theme")
PARAMETERS = (
    *EVERYWHERE, "a", "actor", "b", "depth", "digest", "entry", "from", "group", "id", "kind", "licence", "live", "name",
    "newest", "next", "owner", "path", "purpose", "reason", "rev", "since", "size", "start", "subject", "tag",
    "type", "until",
)  # fmt: skip
VALUES = (
    "", "%00", "%", "%ff", "%ED%A0%80", "-1", "0", "1", "99999999999999999999", 5000 * "9", "NaN", "1e400", "%D9%A3",
    "[]", "%C2%B2", "garbage:signed", "WzAsMV0:1uXyZ0", "%E2%80%AE", "%0d%0aX-Evil:1", "'%20OR%201=1--",
    "//evil.example/%5C", "9" * 4301, "repo:00000000-0000-0000-0000-000000000000", 64 * "f", "a/b", "alice/alice",
    "\u00fc", 3000 * "a", "%22%3E%3Cb%3E", "acct:", "..", "%7B%7B7*7%7D%7D", "sha256:" + 64 * "0", "%40",
    "tile/x/-1", "2147483648", "9223372036854775808", "%F0%9F%92%A9",
)  # fmt: skip
QUERIES = (
    "&".join(50 * ["="]),
    "a&b=&=c&;d",
    "%00=1",
    "a[]=1&a[]=2",
    "&".join(f"p{n}=1" for n in range(1500)),
    40 * "?",
)


def _headers(**values: tuple[bytes, ...]) -> tuple[Header, ...]:
    return tuple((name.replace("_", "-"), value) for name, some in values.items() for value in some)


HEADERS = _headers(
    Range=(
        b"bytes=", b"bytes=5-1", b"bytes=-0", b"bytes=" + 5000 * b"9" + b"-", b"items=0-1", b"bytes=0-0,2-3", b"bytes=a-b",
        b"bytes=0-18446744073709551616", b"bytes=-" + 30 * b"9", b"bytes=\xff-", b"bytes=\xb2-",
    ),
    If_None_Match=(b'"', b"W/", b"*, *", b"\xff\xfe", b'"a"b"c"', 4000 * b'"x",'),
    If_Modified_Since=(b"yesterday", b"Mon, 99 Foo 99999 99:99:99 GMT", b"0", b"Sun, 06 Nov 0000 08:49:37 GMT"),
    If_Range=(b"garbage", b"\x80", b'W/"x"'),
    If_Match=(b"*", b"\xc3\x28"),
    Authorization=(
        b"Bearer", b"Bearer ", b"Bearer \xff\xfe", b"Bearer " + 9000 * b"a", b"Basic !!!", b"Basic " + 40 * b"=",
        b"Digest x", b"\x01", b"Bearer akashi_" + 43 * b"A", b"bearer a b c", b"Bearer \xc2\xa0",
    ),
    Idempotency_Key=(b"", 300 * b"k", b"\xff", b"a b", b'"', b'""'),
    Accept_Language=(
        b"*", b";q=1", b"ja;q=abc", 3000 * b"x-", b"\xe3\x81\x82", 200 * b"ja,", b"zh-hans;q=1e400",
        b"en;q=99999999999",
    ),
    Cookie=(
        b"sessionid=\xff", b"sessionid=" + 5000 * b"s", b"akashi_language=" + 600 * b"x",
        b"akashi_language=../../etc", b"=;=;=", b"csrftoken=x; sessionid=", b"akashi_theme=<script>",
        b"messages=garbage", b'sessionid="\\303\\050"', 9000 * b"a",
    ),
    Accept=(b"garbage", b"application/xml", b"*/*;q=x", b"text/\xff", 2000 * b"a/b,"),
    Accept_Encoding=(b"gzip;q=x", b"br, \xff", 2000 * b"gzip,"),
    Content_Type=(b"multipart/form-data", b"multipart/form-data; boundary=\xff", b";", b"a/b; charset=no", b"\xff/\xff"),
    Content_Length=(b"0", b"000"),
    Host=(b"evil.example", b"localhost:99999", b"[::1", b"", b"\xff.example", b"localhost:x"),
    X_Request_Id=(b"\xff", 3000 * b"r", b"a b", b""),
    X_Forwarded_For=(b"not an address", b"\xff, 1.1.1.1"),
    X_Forwarded_Proto=(b"gopher", b"\xff"),
    X_CSRFToken=(b"\xff", 100 * b"a"),
    HX_Request=(b"true", b"\xff"),
    HX_Current_URL=(b"http://[::1", b"\xff"),
    HX_Prompt=(b"%ff%00",),
    Referer=(b"http://[::1/%ff", b"http://localhost/%00"),
    Origin=(b"null://\xff", b"http://[::1"),
    X_Part_Sha256=(b"\xff", 64 * b"0"),
    Expect=(b"nonsense",),
    X_HTTP_Method_Override=(b"DELETE",),
)  # fmt: skip
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")

# What is hardly HTTP. Some of it ends with the connection and no answer.
RAW_REQUESTS = (
    b"GET / HTTP/9.9\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET\r\n\r\n",
    b"GET /api/v1/entries?type=\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/people/\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET http://evil.example/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/entries HTTP/1.0\r\n\r\n",
    b"GET /models HTTP/1.1\r\nNo colon\r\n\r\n",
    b"GET /models HTTP/1.1\r\nHost: localhost\r\nHost: other\r\nConnection: close\r\n\r\n",
    b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + 40 * b"9" + b"\r\n\r\n",
    b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}",
    b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /models HTTP/1.1\r\nHost: localhost\r\nX: " + 100_000 * b"a" + b"\r\nConnection: close\r\n\r\n",
    b"GET /" + 100_000 * b"a" + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
)  # fmt: skip


# --- forms ---------------------------------------------------------------------------------------
FIELDS: tuple[str | bytes, ...] = (
    "", "\0", "a\0b", "-1", 200 * "9", "-NaN", "-1e400", "[]", "{", b"\xed\xa0\x80", b"\xff", "\u202egpj.exe",
    100_000 * "a", "..", "{{7*7}}", "rev:" + 64 * "0", "---\na: &a [*a]\n---\n", "@", "\u0663\u0663!", "\u00b2",
    "a@[", "%", "\r\n\r\n", "<b>", '[{"path":1}]', "---\nlicense: [\n---", "-" + 60 * "[",
)  # fmt: skip
TOKEN = "csrfmiddlewaretoken"
FILES = (
    b"",
    b"\xff" + 99 * b"\0",
    b"{}",
    b"akashi-bundle/1\n\n\xe2\x80\x94 x AAAA\n",
    5000 * b"[",
    b'{"akashi":1e400}\n\n',
)


@dataclass
class Form:
    """A form that a page sends by POST: its fields with their values, its named buttons, its fields for files."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def shape(self) -> tuple[str, ...]:
        """Equal for forms that one view reads: the same act of two repositories, say."""
        return (self.action.rpartition("/")[2], *self.fields, *self.files, self.fields.get("act", ""))


class Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self._form = Form(given.get("action", ""))
            self.found.append(self._form)
        elif self._form is None:
            return
        elif tag == "button" and name:
            self._form.buttons.append(name)
        elif tag == "input" and kind == "file" and name:
            self._form.files.append(name)
        elif tag in {"input", "select", "textarea"} and name and name != TOKEN:
            self._select = name
            self._form.fields.setdefault(name, "")
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self._form.fields[name] = given.get("value", "")
        elif tag == "option" and "selected" in given:
            self._form.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def encoded(fields: Mapping[str, str | bytes]) -> bytes:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in fields.items()).encode()


def multipart(fields: Mapping[str, str], name: str, file: bytes) -> bytes:
    """As `multipart/form-data; boundary=x`."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    parts.append(f'Content-Disposition: form-data; name="{name}"; filename="../%00"\r\n\r\n'.encode() + file)
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


# --- bodies of the API ---------------------------------------------------------------------------
RAW = (
    "null", "true", "-1", "0", "1.5", "9007199254740991", "9007199254740993", 5000 * "9", "1e400", "-1e-400", "NaN",
    "-Infinity", '""', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '" "', '"\u202e"', '"' + 70_000 * "a" + '"',
    "[]", "[[]]", "[null]", "{}", '"-"', '{"a":1,"a":2}', '{"__proto__":{}}', 60 * "[" + 60 * "]",
    70 * "[" + 70 * "]", '"../../etc/passwd"', '"e\u0301"', '"1e999999"', '"' + 64 * "0" + '"',
    '"00000000-0000-0000-0000-000000000000"', '"9999-99-99T99:99:99Z"', '"0001-01-01T00:00:00+23:59"', '"\u0130"',
    '"---\\nlicense: [\\n---\\n"', '"---\\nbase_model: [[a]]\\ntags: {a: b}\\ndatasets: 1e999\\n---\\n"', '"a\\nb"',
    '"\U0001f4a9"', '"9999-12-31T23:59:59-23:59"', "false", '[1,"a",null,{}]',
)  # fmt: skip
BODIES: tuple[tuple[bytes, str], ...] = (
    *((body, "application/json") for body in (
        b"", b" ", b"{", b"[]", b"1", b'"a"', b"null", b"NaN", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":"\xff"}',
        b'{"a":1,"a":2}', b"{}", 5000 * b'{"a":', 100_000 * b"[", b'{"a":' + 6000 * b"9" + b"}", b'{"\\u0000":1}',
        b'{"\\ud800":1}', b'{"":{}}', b"{}{}", "{}".encode("utf-16"), b'{"a":"' + 3_000_000 * b"a" + b'"}', b"\x00",
        b"{'a':1}",
    )),
    *((b'{"a":1}', content_type) for content_type in (
        "", "text/plain", "application/xml", "application/json; charset=utf-16",
        "application/json; charset=nonsense", "garbage", "application/json;;;=", "multipart/form-data",
        "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json/json",
        "application/octet-stream", "application/x-www-form-urlencoded; charset=utf-16",
    )),
    (b'--x\r\nContent-Disposition: form-data; name="a"; filename=".."\r\n\r\n', "multipart/form-data; boundary=x"),
    (b"a=%ff&b=%00&%ED%A0%80=1", "application/x-www-form-urlencoded"),
    (b"&".join(b"a%d=1" % n for n in range(2000)), "application/x-www-form-urlencoded"),
)  # fmt: skip
_MARK = "\u2603"


class Document:
    """An OpenAPI document, read for what its operations take."""

    def __init__(self, document: Json) -> None:
        self.document = document

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """(method, address with `{}` for holes, schema of the JSON body) of every operation that takes one."""
        for address, item in self.document["paths"].items():
            for method, operation in item.items():
                content = operation.get("requestBody", {}).get("content", {})
                if "application/json" in content:
                    schema = content["application/json"].get("schema", {})
                    yield method.upper(), re.sub(r"\{\w+\}", "{}", address), self._resolved(schema)

    def marked(self, schema: Json, good: Mapping[str, Any]) -> Iterator[str]:
        """Bodies, as JSON texts, that are right but for one place, each place once; `wrong` puts something there."""
        return (json.dumps(shape, ensure_ascii=False) for shape in self._marked(schema, good))

    def _marked(self, schema: Json, good: Mapping[str, Any]) -> Iterator[Any]:
        schema = self._resolved(schema)
        yield _MARK
        if schema.get("type") == "array":
            yield from ([inner] for inner in self._marked(schema.get("items", {}), good))
        for name, member in schema.get("properties", {}).items():
            yield from ({**self._least(schema, good), name: inner} for inner in self._marked(member, good))

    def _least(self, schema: Json, good: Mapping[str, Any]) -> Json:
        """The members that are required, with values that are right."""
        properties = schema.get("properties", {})
        return {name: self._right(name, properties[name], good) for name in schema.get("required", ())}

    def _right(self, name: str, schema: Json, good: Mapping[str, Any]) -> Any:
        schema = self._resolved(schema)
        if name in good:
            return good[name]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "array":
            return [self._right("", schema.get("items", {}), good)]
        if "properties" in schema:
            return self._least(schema, good)
        return {"integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""), "text")

    def _resolved(self, schema: Json) -> Json:
        if "$ref" in schema:
            return self._resolved(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        for inner in (schema.get("allOf") or schema.get("oneOf") or [])[:1]:
            return self._resolved(inner)
        return schema


def wrong(text: str, raw: str) -> bytes:
    """A marked body with this raw JSON in its place."""
    return text.replace(f'"{_MARK}"', raw).encode()
