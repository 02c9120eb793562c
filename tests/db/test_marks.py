import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from berth.db import Database, changes, marks
from berth.db.marks import Mark
from berth.db.tables import change

ACCESS = changes.ACCESS
KILLED = """
import os, sys
from berth.db import Database, changes
with Database(sys.argv[1]).write() as tx:
    changes.bump(tx, "access")
    os._exit(9)
"""
CHANGES = """
import sys
from berth.db import Database, changes
database = Database(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with database.write() as tx:
        changes.bump(tx, "access")
"""


@pytest.fixture
def two(sqlite_url: str) -> Iterator[tuple[Database, Database]]:
    """As two processes have them: one changes, the other watches."""
    with closing(Database(sqlite_url)) as first, closing(Database(sqlite_url)) as second:
        yield first, second


def bump(database: Database) -> None:
    with database.write() as tx:
        changes.bump(tx, ACCESS)


def fail(database: Database) -> None:
    with database.write() as tx:
        changes.bump(tx, ACCESS)
        raise ZeroDivisionError


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def mark_of(url: str) -> Path:
    return Path(f"{path_of(url)}-access")


def test_a_change_is_seen_at_once_by_another_process(two: tuple[Database, Database]) -> None:
    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    for number in range(1, 20):
        bump(changing)
        assert watch.now() == before + number


def test_nobody_asks_the_database_while_nothing_changes(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "monotonic", lambda: 0.0)
    changing, watching = two
    bump(changing)
    watch = changes.Watch(watching, ACCESS)
    known = watch.now()
    with changing.write() as tx:
        tx.execute(update(change).where(change.c.name == ACCESS).values(version=known + 7))  # past the mark
    assert watch.now() == known


def test_what_is_not_committed_is_not_seen_and_then_it_is(two: tuple[Database, Database]) -> None:
    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    with changing.write() as tx:
        changes.bump(tx, ACCESS)
        assert watch.now() == before
    assert watch.now() == before + 1


def test_a_change_that_is_rolled_back_hides_no_later_one(two: tuple[Database, Database]) -> None:
    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    with pytest.raises(ZeroDivisionError):
        fail(changing)
    assert watch.now() == before
    bump(changing)
    assert watch.now() == before + 1


def test_changes_that_share_a_commit_are_seen(two: tuple[Database, Database]) -> None:
    def act(tx: Connection, given: Sequence[None]) -> Sequence[None]:
        changes.bump(tx, ACCESS)
        return given

    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    changing.together(act, None)
    assert watch.now() == before + 1


def test_a_process_killed_in_a_change_hides_no_later_one(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "monotonic", lambda: 0.0)
    with closing(Database(sqlite_url)) as watching:
        watch = changes.Watch(watching, ACCESS)
        before = watch.now()
        killed = subprocess.run([sys.executable, "-c", KILLED, sqlite_url], check=False)
        assert killed.returncode == 9
        assert watch.now() == before
        with closing(Database(sqlite_url)) as next_one:
            bump(next_one)
            assert watch.now() == before + 1
            with next_one.write() as tx:
                tx.execute(update(change).where(change.c.name == ACCESS).values(version=77))
            assert watch.now() == before + 1  # the number is even again, so it saves the look


def test_processes_that_change_together_leave_nothing_unseen(sqlite_url: str) -> None:
    count, processes = 50, 3
    with closing(Database(sqlite_url)) as watching:
        watch = changes.Watch(watching, ACCESS)
        before = watch.now()
        words = [sys.executable, "-c", CHANGES, sqlite_url, str(count)]
        running = [subprocess.Popen(words) for _ in range(processes)]
        seen = [before]
        while any(each.poll() is None for each in running):
            seen.append(watch.now())
        assert seen == sorted(seen)
        assert watch.now() == before + count * processes


def test_one_change_waits_until_the_last_has_put_the_number_right(sqlite_url: str) -> None:
    first, second = Mark(path_of(sqlite_url)), Mark(path_of(sqlite_url))
    first.begin()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(second.begin)
        with pytest.raises(TimeoutError):
            waiting.result(0.1)
        assert second.value() is None
        first.end()
        waiting.result(30)
    assert first.value() is None
    second.end()
    assert first.value() is not None
    assert first.value() == second.value()
    first.close()
    second.close()


def test_whoever_has_been_changing_for_too_long_is_told_of(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "BUSY_SECONDS", 0.0)
    first, second = Mark(path_of(sqlite_url)), Mark(path_of(sqlite_url))
    first.begin()
    with pytest.raises(TimeoutError, match="another process has been changing"):
        second.begin()
    first.end()
    second.begin()
    second.end()
    first.close()
    second.close()


def test_who_opens_the_mark_amid_a_change_does_not_wait_for_it(two: tuple[Database, Database]) -> None:
    changing, watching = two
    with changing.write() as tx:
        changes.bump(tx, ACCESS)
        before = changes.Watch(watching, ACCESS).now()
    assert changes.Watch(watching, ACCESS).now() == before + 1


def test_a_database_of_two_names_has_one_mark(sqlite_url: str, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path_of(sqlite_url))
    with closing(Database(sqlite_url)) as changing, closing(Database(f"sqlite:///{link}")) as watching:
        watch = changes.Watch(watching, ACCESS)
        before = watch.now()
        bump(changing)
        assert watch.now() == before + 1


def test_a_change_that_is_tried_again_apart_lets_others_in_between(two: tuple[Database, Database]) -> None:
    def act(tx: Connection, given: Sequence[int]) -> Sequence[int]:
        for _ in given:
            changes.bump(tx, ACCESS)
        if 0 in given:
            raise ZeroDivisionError
        return given

    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    with ThreadPoolExecutor(3) as threads:
        with changing.write():
            running = [threads.submit(changing.together, act, number) for number in range(3)]
        with pytest.raises(ZeroDivisionError):
            running[0].result()
        assert [each.result() for each in running[1:]] == [1, 2]
    assert watch.now() == before + 2
    bump(watching)
    assert watch.now() == before + 3


def test_a_mark_that_was_closed_is_opened_anew(sqlite_url: str) -> None:
    mark = Mark(path_of(sqlite_url))
    mark.begin()
    mark.end()
    seen = mark.value()
    mark.close()
    assert mark.value() == seen
    mark.close()


def test_the_mark_belongs_to_whom_the_database_does(sqlite_url: str) -> None:
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    database.chmod(0o640)
    with closing(Database(sqlite_url)) as opened:
        changes.Watch(opened, ACCESS).now()
    assert mark_of(sqlite_url).stat().st_mode & 0o777 == 0o640


def test_a_mark_that_was_taken_away_is_believed_for_a_second_at_most(
    two: tuple[Database, Database], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, watching = two
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    mark_of(sqlite_url).unlink()
    bump(changing)
    monkeypatch.setattr(changes, "monotonic", lambda: float("inf"))
    assert watch.now() == before + 1


def test_without_a_mark_the_database_is_asked(two: tuple[Database, Database], sqlite_url: str) -> None:
    changing, watching = two
    folder = mark_of(sqlite_url)
    folder.mkdir()
    watch = changes.Watch(watching, ACCESS)
    before = watch.now()
    with pytest.raises(OSError, match="-access"):
        bump(changing)
    assert watch.now() == before
    folder.rmdir()
    bump(changing)
    assert watch.now() == before + 1
