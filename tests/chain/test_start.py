"""What loading the chain room does to a process, and what it does not."""

import subprocess
import sys

PROGRAM = """
import django, sys
limit = sys.getrecursionlimit()
django.setup()
import eth_account, web3
assert sys.getrecursionlimit() == limit, sys.getrecursionlimit()
"""


def test_the_ethereum_packages_do_not_raise_the_recursion_limit() -> None:
    """With the limit that one of them sets, a deeply nested JSON text would end the process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_embedded_node_is_known_without_django() -> None:
    program = "import sys; import chain.embedded; assert 'django' not in sys.modules and 'web3' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
