"""The checks of `make lint` that need Django: missing migrations, incomplete translations, OpenAPI warnings.

python -m config.lint
"""

import io
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout


def _run(name: str, *arguments: str) -> bool:
    from django.core.management import CommandError, call_command

    out = io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(out):
            call_command(*arguments)
    except (CommandError, SystemExit) as error:
        if not (isinstance(error, SystemExit) and error.code in (0, None)):
            print(f"{name}: failed\n{out.getvalue()}{error}")
            return False
    print(f"{name}: ok")
    return True


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="akashi-lint-"))
    import django
    from django.conf import settings

    # No check needs a database; without a pool the one that asks for one gives up at once.
    settings.DATABASES["default"]["OPTIONS"] = {}
    django.setup()
    passed = [
        _run("system checks", "check", "--fail-level", "WARNING"),
        _run("migrations", "makemigrations", "--check", "--dry-run"),
        _run("translations", "messages", "check"),
        _run("OpenAPI", "spectacular", "--fail-on-warn", "--validate", "--file", os.devnull),
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
