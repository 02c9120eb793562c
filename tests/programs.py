"""Programs a test cannot do without: found, or the test is skipped; in CI it fails instead.

A stable Debian has all of them, so a CI machine without one is broken and must not look green.
"""

import os

import pytest

from tests import packages


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def need(program: str) -> str:
    """The path of the program."""
    path = packages.find(program)
    return path if path is not None else absent(f"{program} is not installed (make test installs it on Debian as root)")


def absent(reason: str) -> str:
    """Never returns; the type says it may stand where a value is wanted."""
    if in_ci():
        pytest.fail(f"in CI nothing is skipped: {reason}", pytrace=False)
    pytest.skip(reason)
