"""Makes the two bundles in `epochs/`, for whoever writes another program that recomputes rewards.

    python -m tests.vectors.make_epochs

They are those of `tests/rewards/story.py`: a small hub with fixed keys, salts and times. A test compares them.
"""

import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "epochs"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="akashi-vectors-"))
    import django

    django.setup()
    from tests.rewards.story import tell

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    tell(FOLDER)


if __name__ == "__main__":
    main()
