import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Connection, event, func, insert, select
from sqlalchemy.exc import IntegrityError

from berth.db import Database, Prepared, upsert
from berth.db.tables import account, change
from berth.words import digest
from berth.words.errors import BlobUnknown, Refusal

MANY = 8
NOTHING = digest.parse("sha256:" + "0" * 64)


Act = Callable[[Connection], str]


def put(name: str) -> Act:
    def act(tx: Connection) -> str:
        upsert(tx, change, {"name": name, "version": 1}, ["name"])
        return name

    return act


def each(tx: Connection, acts: Sequence[Act]) -> list[str]:
    return [act(tx) for act in acts]


def refuse(tx: Connection) -> str:
    put("refused")(tx)
    raise BlobUnknown(NOTHING)


def names(database: Database) -> set[str]:
    with database.read() as tx:
        return set(tx.scalars(select(change.c.name)))


@contextmanager
def waiting(database: Database, acts: list[Act]) -> Iterator[list[Future[str]]]:
    """All acts wait for a writer who ends with the block's beginning."""
    begun = threading.Barrier(len(acts) + 1)

    def run(act: Act) -> str:
        begun.wait()
        return database.together(each, act)

    with ThreadPoolExecutor(len(acts)) as threads:
        with database.write():
            running = [threads.submit(run, act) for act in acts]
            begun.wait()
            queued(database, len(acts))
        yield running


def queued(database: Database, count: int) -> None:
    """Looks until all are there, which they will be: nobody can go on before the writer ends."""
    if not database.is_embedded:
        return
    joint = database._joint  # noqa: SLF001  what a user cannot see, a test must wait for
    while joint._waiting is None or joint._waiting.qsize() < count - 1:  # noqa: SLF001  the first is not there any more
        threading.Event().wait(0.001)


def test_who_comes_together_is_answered_each_with_their_own(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        wanted = [f"n{number}" for number in range(MANY)]
        with waiting(database, [put(name) for name in wanted]) as running:
            assert [future.result() for future in running] == wanted
        assert names(database) >= set(wanted)


def test_who_waits_on_sqlite_shares_one_commit(sqlite_url: str) -> None:
    commits: list[Connection] = []
    with closing(Database(sqlite_url)) as database:
        with waiting(database, [put(f"n{number}") for number in range(MANY)]) as running:
            event.listen(database.engine, "commit", commits.append)
            for future in running:
                future.result()
        assert len(commits) <= 2  # the writer they waited for may be among them


def test_a_refusal_undoes_the_act_that_was_refused_and_no_other(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with waiting(database, [put("before"), refuse, put("after")]) as running:
            assert running[0].result() == "before"
            with pytest.raises(Refusal):
                running[1].result()
            assert running[2].result() == "after"
        found = names(database)
        assert {"before", "after"} <= found
        assert "refused" not in found


def test_one_refusal_alone_leaves_nothing(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with pytest.raises(Refusal):
            database.together(each, refuse)
        assert "refused" not in names(database)
        assert database.together(each, put("next")) == "next"


def test_nobody_is_answered_when_the_commit_fails(sqlite_url: str) -> None:
    def orphan(tx: Connection) -> str:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        tx.exec_driver_sql("INSERT INTO manifest_body (manifest_id, body) VALUES (77, x'00')")
        return "orphan"

    with closing(Database(sqlite_url)) as database:
        with waiting(database, [put("mine"), orphan, put("yours")]) as running:
            for future in running:
                with pytest.raises(IntegrityError):
                    future.result()
        assert not names(database) & {"mine", "yours"}
        assert database.together(each, put("next")) == "next"


def test_nobody_is_answered_when_an_act_loses_the_whole_transaction(sqlite_url: str) -> None:
    def lose(tx: Connection) -> str:
        tx.exec_driver_sql("ROLLBACK")
        raise OSError("the disk is full")

    with closing(Database(sqlite_url)) as database:
        with waiting(database, [put("mine"), lose, put("yours")]) as running:
            for future in running:
                with pytest.raises(OSError, match="full"):
                    future.result()
        assert not names(database) & {"mine", "yours"}
        assert database.together(each, put("next")) == "next"


def test_a_prepared_statement_fails_as_sqlalchemy_would(database_url: str) -> None:
    again = Prepared(insert(change), "name", "version")
    with closing(Database(database_url)) as database:
        with database.write() as tx:
            assert again.run(tx, name="twice", version=1) == 1
        with pytest.raises(IntegrityError), database.write() as tx:
            again.run(tx, name="twice", version=2)


def test_a_prepared_select_gives_columns_by_name(database_url: str) -> None:
    counted = Prepared(select(func.count().label("accounts")).select_from(account))
    with closing(Database(database_url)) as database, database.read() as tx:
        assert counted.first(tx) == {"accounts": 0}
