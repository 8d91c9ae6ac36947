"""Commands whose exit code 2 says something do not end with it because of a slip of the pen."""

import pytest
from django.core.management import load_command_class


@pytest.mark.parametrize(
    ("app", "name"),
    [("config", "backup"), ("config", "restore"), ("config", "rotate_operator"), ("ledger", "verify_log")],
)
def test_a_wrong_call_ends_with_1(app: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        load_command_class(app, name).run_from_argv(["manage.py", name, "--no-such-option"])
    assert end.value.code == 1
    assert "error: " in capsys.readouterr().err
