"""Programs a test cannot do without: found, or the test is skipped; in CI it fails instead.

A stable Debian has all of them, so a CI machine without one is broken and must not look green. Two things are skipped
in CI too, with a word: what not every stable Debian has, and what a machine does not let anybody do.
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


def where_installed(program: str) -> str:
    """The path of a program that not every stable Debian has."""
    path = packages.find(program)
    if path is None:
        pytest.skip(_unreleased(program))
    return path


def installed(program: str) -> pytest.MarkDecorator:
    """The same for a test as a whole, asked before its servers are started for nothing."""
    return pytest.mark.skipif(packages.find(program) is None, reason=_unreleased(program))


def _unreleased(program: str) -> str:
    return f"{program} is not on PATH, and not every stable Debian has it"


def absent(reason: str) -> str:
    """Never returns; the type says it may stand where a value is wanted."""
    if in_ci():
        pytest.fail(f"in CI nothing is skipped: {reason}", pytrace=False)
    pytest.skip(reason)
