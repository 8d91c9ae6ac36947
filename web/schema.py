"""What every endpoint of the API may also answer, for the OpenAPI document: a problem (RFC 9457)."""

from typing import Any

from web.problems import CONTENT_TYPE, MOST_ERRORS

_TEXT = {"type": "string"}
_FIELD_ERROR = {
    "type": "object",
    "required": ["field", "detail", "code"],
    "properties": {
        "field": {**_TEXT, "description": "Dotted path of the field; empty for the body as a whole."},
        "detail": {**_TEXT, "description": "A sentence for people."},
        "code": {**_TEXT, "description": "A word for programs."},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details, RFC 9457. Some types have further members.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Names the kind of problem and describes it.",
        },
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "instance": {"type": "string", "format": "uri-reference"},
        "request_id": {**_TEXT, "description": "Also in the header X-Request-Id; name it when you ask for help."},
        "errors": {"type": "array", "items": _FIELD_ERROR, "maxItems": MOST_ERRORS},
        "errors_left_out": {"type": "integer", "description": "How many more errors there are than `errors` names."},
        "retry_after": {"type": "integer", "description": "Seconds to wait, as in the header Retry-After."},
    },
    "additionalProperties": True,
}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A post-processing hook of drf-spectacular: every operation's `default` response is a problem."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer = {"description": "What is wrong, and for whom.", "content": content}
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result
