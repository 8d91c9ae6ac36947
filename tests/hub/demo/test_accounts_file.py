"""What the demo's people need to sign in and to sign stands in one file for its owner."""

from pathlib import Path

import pytest
from django.test import override_settings

from hub.demo import accounts_file


def test_what_is_added_later_stands_beside_what_was_there_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    with override_settings(DATA_DIR=tmp_path):
        assert accounts_file.read() == {}
        assert accounts_file.add({"alice": "secret"}) == "alice  secret\n"
        assert accounts_file.add({"alice-wallet": "0x00"}) == "alice-wallet  0x00\n"
        assert accounts_file.read() == {"alice": "secret", "alice-wallet": "0x00"}
        assert accounts_file.path().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["first", "second"])
def test_a_name_that_is_kept_already_gets_the_new_value(value: str, tmp_path: Path) -> None:
    with override_settings(DATA_DIR=tmp_path):
        accounts_file.add({"alice": "first"})
        accounts_file.add({"alice": value})
        assert accounts_file.read() == {"alice": value}
