import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, text

from berth.db import Database, insert_ignore, upsert
from berth.db.tables import account, change

MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
PERSON = {
    "kind": "person",
    "administrator": True,
    "disabled": False,
    "created_by": "test",
    "created_at": MOMENT,
    "edited_by": "test",
    "edited_at": MOMENT,
    "epoch": "e",
}


def test_a_prepared_read_gives_what_sqlalchemy_gives(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.write() as tx:
            tx.execute(insert(account).values(name="alice", **PERSON))
        statement = select(account.c.name, account.c.administrator, account.c.created_at).where(
            account.c.name == bindparam("name"), account.c.created_at >= bindparam("since")
        )
        query = database.prepare(statement)
        with database.read() as tx:
            wanted = tuple(tx.execute(statement, {"name": "alice", "since": MOMENT}).one())
        assert query.first(name="alice", since=MOMENT) == wanted == ("alice", True, MOMENT)
        assert query.first(name="alice", since=MOMENT + timedelta(microseconds=1)) is None


def test_times_are_utc_to_the_microsecond_whatever_zone_they_came_in(database_url: str) -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=9)))
    with closing(Database(database_url)) as database:
        with database.write() as tx:
            tx.execute(insert(account).values(name="alice", **{**PERSON, "created_at": there}))
        with database.read() as tx:
            found = tx.scalar(select(account.c.created_at))
    assert found == MOMENT
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_an_exception_undoes_the_whole_block(database_url: str) -> None:
    with closing(Database(database_url)) as database:

        def fail() -> None:
            with database.write() as tx:
                insert_ignore(tx, change, {"name": "x", "version": 1})
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        with database.read() as tx:
            assert tx.scalar(select(change.c.version).where(change.c.name == "x")) is None


def test_an_ignored_insert_says_how_many_rows_were_new(database_url: str) -> None:
    rows = [{"name": name, "version": 1} for name in ("x", "y")]
    with closing(Database(database_url)) as database, database.write() as tx:
        assert insert_ignore(tx, change, rows[0]) == 1
        assert insert_ignore(tx, change, rows) == 1
        assert insert_ignore(tx, change, []) == 0


def test_writers_take_turns_and_lose_nothing(database_url: str) -> None:
    with closing(Database(database_url)) as database:

        def add() -> None:
            for _ in range(25):
                with database.write(durable=False) as tx:
                    upsert(tx, change, {"name": "x", "version": 1}, ["name"], {"version": change.c.version + 1})

        threads = [threading.Thread(target=add) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.read() as tx:
            assert tx.scalar(select(change.c.version).where(change.c.name == "x")) == 200


def test_sqlite_flushes_what_is_acknowledged(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database:
        with database.write() as tx:
            assert tx.scalar(text("PRAGMA synchronous")) == 2
        with database.write(durable=False) as tx:
            assert tx.scalar(text("PRAGMA synchronous")) == 1
        with database.write() as tx:
            assert tx.scalar(text("PRAGMA synchronous")) == 2
            assert tx.scalar(text("PRAGMA foreign_keys")) == 1
            assert tx.scalar(text("PRAGMA journal_mode")) == "wal"


def test_the_quick_reader_cannot_write(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database, pytest.raises(Exception, match="readonly"):
        database.reader().execute("DELETE FROM change")


def test_a_new_file_that_another_begins_to_write_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself waits for no other when it goes over to WAL, as each of those that start together does."""
    file = tmp_path / "new.sqlite"

    def look() -> None:
        with closing(Database(f"sqlite:///{file}")) as database, database.read():
            pass

    with closing(sqlite3.connect(file, isolation_level=None)) as other, ThreadPoolExecutor(1) as threads:
        other.execute("BEGIN IMMEDIATE")
        looking: Future[None] = threads.submit(look)
        done = threading.Event()
        looking.add_done_callback(lambda _: done.set())
        assert not done.wait(0.3)
        other.execute("COMMIT")
        looking.result(30)
