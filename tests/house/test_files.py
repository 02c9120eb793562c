"""Rooms stay small, are named for what they hold, and the repository knows nothing of the machine it was made on."""

import re

from tests.house.files import texts

LONGEST = 400
RECORDS = "versions"
"""Migrations tell what once was done, and are not read as a design."""
EMPTY_NAMES = {"base", "common", "helpers", "manager", "misc", "service", "util", "utils"}

FOLDERS = "home|root|Users|work|workspace"
MACHINE_PATH = re.compile(rf"(?<![\w.~}}/])/(?:{FOLDERS})/")
# Written in pieces, or this file would name them itself.
INDEX_HOST = re.compile("|".join(["pypi" + r"\.", "python" + "hosted", r"(?<!emit)-index" + "-url"]))


def test_no_file_of_the_source_is_long() -> None:
    # Migrations are written once by Alembic, and read by nobody after.
    long = {
        str(path): text.count("\n")
        for path, text in texts(".py")
        if path.parts[0] == "src" and "versions" not in path.parts
    }
    assert {path: lines for path, lines in long.items() if lines > LONGEST} == {}


def test_modules_are_named_for_what_they_hold() -> None:
    assert [str(path) for path, _ in texts(".py") if path.stem in EMPTY_NAMES] == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert _lines_with(MACHINE_PATH) == []


def test_no_file_names_a_package_index() -> None:
    assert _lines_with(INDEX_HOST) == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
