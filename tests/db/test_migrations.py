import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

import berth.migrations
from berth.db import Database
from berth.migrations import DatabaseNewerError, upgrade
from berth.migrations.revision import HEAD


def test_the_newest_revision_is_the_one_that_the_program_knows() -> None:
    versions = Path(berth.migrations.__file__).parent / "versions"
    assert max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py")) == HEAD


def test_a_new_database_gets_its_shape_and_keeps_it(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as database:
        upgrade(database)
        upgrade(database)
        with database.read() as tx:
            assert tx.scalar(text("SELECT count(*) FROM registry")) == 0


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            with closing(Database(empty_database_url)) as database:
                upgrade(database)
        except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_later_release_is_refused_in_plain_words(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseNewerError, match="changed by a later release"):
            upgrade(database)
