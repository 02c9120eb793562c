"""What a process keeps of results stays within its bounds, and is made once."""

from collections.abc import Callable

import pytest

from berth.scan.remembered import Remembered

Make = Callable[[], tuple[str, int]]


@pytest.fixture
def made() -> list[str]:
    return []


def maker(made: list[str], name: str, size: int) -> Make:
    def make() -> tuple[str, int]:
        made.append(name)
        return name, size

    return make


def test_what_was_of_use_last_stays(made: list[str]) -> None:
    kept = Remembered(100)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(name, maker(made, name, 40)) == name
    assert made == ["a", "b", "c", "b"]
    assert kept.size == 80


def test_what_is_larger_than_all_that_may_be_kept_stays_until_something_else_is_asked_for(made: list[str]) -> None:
    kept = Remembered(100, largest=500)
    for name, size in (("small", 40), ("large", 500), ("large", 500), ("small", 40)):
        kept.get(name, maker(made, name, size))
    assert made == ["small", "large", "small"]
    assert kept.size == 40


def test_what_is_too_large_is_not_kept_and_drives_nothing_out(made: list[str]) -> None:
    kept = Remembered(100, largest=500)
    for name, size in (("small", 40), ("huge", 501), ("huge", 501), ("small", 40)):
        kept.get(name, maker(made, name, size))
    assert made == ["small", "huge", "huge"]
