"""What a repository may be called. Pure."""

import re

LONGEST = 96
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")


def name_fits(name: str) -> bool:
    """The Hugging Face Hub's own rule, so that its clients can name every repository.

    Letters, digits, `-`, `_` and `.`, at most 96; neither `-` nor `.` first, last or twice in a row; no `.git` at the end.
    """
    doubled = "--" in name or ".." in name
    return len(name) <= LONGEST and bool(_NAME.fullmatch(name)) and not doubled and not name.lower().endswith(".git")
