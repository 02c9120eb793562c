"""Every list: pages that neither lose nor repeat a row, filters, and orders."""

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.api.desk import Desk, problem

NAMES = ["aaa", "b-b", "bab", "b0b", "zzz"]


@pytest.fixture(scope="module")
def full(root: Desk) -> str:
    """A registry with some repositories."""
    root.post("/registries", {"name": "lists"})
    for name in NAMES:
        root.post("/registries/lists/repositories", {"name": name, "description": "x"})
    return "/registries/lists/repositories"


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 200])
@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at", "edited_at", "-edited_at"])
def test_pages_have_every_row_once_and_in_order(root: Desk, full: str, limit: int, sort: str) -> None:
    rows = root.everything(full, limit=limit, sort=sort)
    field = sort.removeprefix("-")
    assert sorted(row["name"] for row in rows) == sorted(NAMES)
    assert [row[field] for row in rows] == sorted((row[field] for row in rows), reverse=sort.startswith("-"))


def test_a_filter_goes_with_the_pages(root: Desk, full: str) -> None:
    assert [row["name"] for row in root.everything(full, limit=1, name="B")] == ["b-b", "b0b", "bab"]


def test_signs_of_a_pattern_mean_themselves(root: Desk, full: str) -> None:
    for sign in ("%", "_", "*"):
        assert root.get(full, name=sign)["items"] == []


def test_rows_that_come_and_go_do_not_move_the_others(root: Desk, full: str) -> None:
    first = root.get(full, limit=2)
    root.post(full, {"name": "aab"})
    second = root.get(full, limit=200, cursor=first["next"])
    root.delete(f"{full}/aab")
    assert [row["name"] for row in first["items"] + second["items"]] == ["aaa", "b-b", "b0b", "bab", "zzz"]


@given(cursor=st.text(string.ascii_letters + string.digits + "-_", max_size=60))
def test_a_made_up_cursor_is_refused_or_harmless(root: Desk, full: str, cursor: str) -> None:
    answer = root.ask("GET", f"{full}?cursor={cursor}")
    problem(answer, 400, "field-invalid")


@pytest.mark.parametrize(
    "key",
    [["name"], ["name", 1, 2], ["name", "a", None], ["name", "a", {"at": "2026"}], ["name", "a\0", "b"], {}, 3, None],
)
def test_a_cursor_that_does_not_fit_is_refused(root: Desk, full: str, key: Any) -> None:
    problem(root.ask("GET", f"{full}?cursor={cursor_of(key)}"), 400, "field-invalid")


@pytest.mark.parametrize(
    "key",
    [["created_at", {"at": "0001-01-01T00:00:00Z"}, 1 << 70], ["created_at", {"at": "9999-12-31T23:59:59-12:00"}, 1]],
)
def test_numbers_and_times_beyond_all_bounds_are_refused(root: Desk, full: str, key: Any) -> None:
    problem(root.ask("GET", f"{full}?sort=created_at&cursor={cursor_of(key)}"), 400, "field-invalid")


def test_lists_of_people_are_filtered(root: Desk) -> None:
    root.post("/users", {"name": "lists-person", "password": "correct horse"})
    root.post("/users", {"name": "lists-robot", "kind": "robot"})
    found = root.everything("/users", name="LISTS-", kind="robot", disabled="false", limit=1)
    assert [user["name"] for user in found] == ["lists-robot"]
    assert len(root.everything("/users", limit=7)) == len({user["name"] for user in root.everything("/users")})


def cursor_of(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
