"""The list of changes: down to what is known, and no trust in its order or its names."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.fetching import modified
from berth.scan.fetching.modified import ListUnreadable

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def since(folder: Path, text: str, known: datetime = NOON, limit: int = 10) -> list[str]:
    (folder / "list").write_text(text)
    return [each.id for each in modified.since(folder / "list", known, limit)]


def test_what_is_newer_is_found_and_reading_stops_at_what_is_known(tmp_path: Path) -> None:
    rows = "2026-01-02T12:00:02.000001Z,NEW-2\n2026-01-02T12:00:01Z,NEW-1\n2026-01-02T12:00:00Z,KNOWN\nnot a row at all"
    assert since(tmp_path, rows) == ["NEW-2", "NEW-1"]


def test_times_to_the_nanosecond_and_lines_of_other_systems_are_read(tmp_path: Path) -> None:
    assert since(tmp_path, "2026-01-02T13:00:00.123456789Z,A-1\r\n\n2026-01-02T15:00:00+03:00,A-2\n") == ["A-1"]


def test_more_than_the_limit_is_not_read(tmp_path: Path) -> None:
    rows = "".join(f"2026-01-02T13:00:00Z,A-{number}\n" for number in range(100))
    assert len(since(tmp_path, rows)) == 11


@pytest.mark.parametrize(
    "rows",
    [
        "2026-01-02T13:00:00Z,A-1\n2026-01-02T14:00:00Z,A-2\n",
        "2026-01-02T13:00:00Z,../../etc/passwd\n",
        "2026-01-02T13:00:00Z,npm/A-1\n",
        "2026-01-02T13:00:00Z,.hidden\n",
        "2026-01-02T13:00:00Z,A 1\n",
        "2026-01-02T13:00:00Z\n",
        "yesterday,A-1\n",
        "<html>not found</html>",
        "9999-12-31T23:59:59-23:59,A-1\n",
        "x" * 100_000,
    ],
)
def test_what_is_no_such_list_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(ListUnreadable):
        since(tmp_path, rows)


@given(st.lists(st.integers(0, 2000), unique=True), st.integers(0, 2000))
def test_every_change_after_a_time_is_found_once(
    tmp_path_factory: pytest.TempPathFactory, at: list[int], known: int
) -> None:
    rows = sorted(((NOON + timedelta(milliseconds=each), f"A-{each}") for each in at), reverse=True)
    text = "".join(f"{time.isoformat()},{name}\n" for time, name in rows)
    found = since(tmp_path_factory.mktemp("list"), text, NOON + timedelta(milliseconds=known), 5000)
    assert found == [f"A-{each}" for each in sorted(at, reverse=True) if each > known]


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("list") / "list"
    path.write_bytes(body)
    with contextlib.suppress(ListUnreadable):
        modified.since(path, NOON, 10)
