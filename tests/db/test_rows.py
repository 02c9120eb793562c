"""Writing many rows is the same on both databases."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from berth.db import Database, among, insert_fresh, insert_many, update_many
from berth.db.tables import advisory_file, reevaluated, reevaluation, scan_result

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as opened:
        yield opened


def test_many_rows_are_set_each_to_its_own(database: Database) -> None:
    made = {"state": "old", "key": "", "size": 0, "sources": {}, "made_at": AT, "made_by": "alice"}
    with database.write() as tx:
        tx.execute(insert(advisory_file), [{"id": name, **made} for name in ("a", "b", "c")])
        later = AT.replace(microsecond=9)
        update_many(
            tx,
            advisory_file,
            ["id"],
            [
                {"id": "a", "state": "it's", "size": 1 << 40, "sources": [[1, "é"], None], "made_at": later},
                {"id": "c", "state": "{,}", "size": 2, "sources": {"x": []}, "made_at": AT},
            ],
        )
        columns = (advisory_file.c[name] for name in ("id", "state", "size", "sources", "made_at", "made_by"))
        rows = tx.execute(select(*columns).order_by(advisory_file.c.id)).all()
    assert [tuple(row) for row in rows] == [
        ("a", "it's", 1 << 40, [[1, "é"], None], later, "alice"),
        ("b", "old", 0, {}, AT, "alice"),
        ("c", "{,}", 2, {"x": []}, AT, "alice"),
    ]


def test_rows_are_found_by_a_key_of_several_columns(database: Database) -> None:
    with database.write() as tx:
        result = {"scanner": "x", "scanner_version": "1", "gaps": [], "packages": 0, "secrets": {}}
        tx.execute(insert(scan_result), [{"id": 1, "digest": "a", "taken_at": AT, "tally": [], **result}])
        counts = dict.fromkeys(("names", "components", "results", "opened", "closed"), 0)
        changes = [{"id": number, "at": AT, "before": "", "advisories": "b", **counts} for number in (1, 2)]
        tx.execute(insert(reevaluation), changes)
        keys = [{"reevaluation_id": number, "result_id": 1} for number in (1, 2)]
        tx.execute(insert(reevaluated), [{**key, "opened": [], "closed": []} for key in keys])
        now = {"opened": ["CVE-1", "CVE-2"], "opened_at": AT}
        update_many(tx, reevaluated, ["reevaluation_id", "result_id"], [{**keys[1], **now}])
        update_many(tx, reevaluated, ["reevaluation_id", "result_id"], [{**keys[0], "opened_at": None}])
        columns = select(reevaluated.c.opened, reevaluated.c.opened_at).order_by(reevaluated.c.reevaluation_id)
        rows = tx.execute(columns).all()
    assert rows == [([], None), (["CVE-1", "CVE-2"], AT)]


def test_a_list_that_stands_in_many_rows_is_written_in_each(database: Database) -> None:
    made = {"scanner": "x", "scanner_version": "1", "gaps": [], "packages": 1, "secrets": {}, "taken_at": AT}
    with database.write() as tx:
        tx.execute(scan_result.insert(), [{"id": n, "digest": str(n), "tally": [], **made} for n in range(4)])
        same = [1, 2]
        rows = [(0, same, AT), (1, same, AT), (2, [1, 2], None), (3, same, AT)]
        update_many(tx, scan_result, ["id"], [{"id": n, "tally": list_, "unused_at": at} for n, list_, at in rows])
        columns = (scan_result.c.id, scan_result.c.tally, scan_result.c.unused_at)
        found = tx.execute(scan_result.select().with_only_columns(*columns).order_by(scan_result.c.id)).all()
    assert found == rows


def test_of_no_rows_nothing_is_written(database: Database) -> None:
    with database.write() as tx:
        update_many(tx, advisory_file, ["id"], [])
        insert_many(tx, advisory_file, [])
        assert tx.execute(select(advisory_file)).all() == []


def test_many_rows_are_inserted_as_they_are_given(database: Database) -> None:
    made = {"scanner": "x", "scanner_version": "1", "gaps": [], "packages": 1, "secrets": {}, "taken_at": AT}
    rows = [
        {"id": 1, "digest": "it's", "os": {"id": "é\x00"}, "tally": [1], "unused_at": None, **made},
        {"id": 2, "digest": '["b"]', "os": None, "tally": None, "unused_at": AT, **made},
    ]
    with database.write() as tx:
        insert_many(tx, scan_result, rows)
        columns = [scan_result.c[name] for name in rows[0]]
        kept = tx.execute(select(*columns).order_by(scan_result.c.id)).mappings().all()
        without = tx.scalars(select(scan_result.c.id).where(scan_result.c.os.is_(None))).all()
    assert ([dict(each) for each in kept], without) == (rows, [2])


def test_what_is_inserted_of_many_rows_is_told_and_the_others_stay(database: Database) -> None:
    made = {"state": "new", "key": "", "size": 0, "sources": {}, "made_at": AT, "made_by": "alice"}
    with database.write() as tx:
        tx.execute(insert(advisory_file).values({"id": "a", **made, "state": "old"}))
        wanted = [{"id": str(number), **made} for number in range(2_000)]
        assert insert_fresh(tx, advisory_file, [{"id": "a", **made}, *wanted], "id") == {each["id"] for each in wanted}
        assert insert_fresh(tx, advisory_file, wanted, "id") == insert_fresh(tx, advisory_file, [], "id") == set()
        states: dict[str, int] = dict(
            tx.execute(select(advisory_file.c.state, func.count()).group_by(advisory_file.c.state)).all()
        )
    assert states == {"old": 1, "new": 2_000}


def test_a_row_that_is_there_is_not_inserted_again(database: Database) -> None:
    row = {"reevaluation_id": 1, "result_id": 1, "opened": [], "closed": []}
    with pytest.raises(IntegrityError), database.write() as tx:
        insert_many(tx, reevaluated, [row, row])


@pytest.mark.parametrize("wanted", [[], ["a"], ["a", 'it\'s "é"', "d"]])
def test_rows_are_found_among_many_values(database: Database, wanted: list[str]) -> None:
    made = {"state": "old", "key": "", "size": 0, "sources": {}, "made_at": AT, "made_by": "alice"}
    with database.write() as tx:
        tx.execute(insert(advisory_file), [{"id": name, **made} for name in ("a", "b", 'it\'s "é"')])
        found = tx.scalars(select(advisory_file.c.id).where(among(tx, advisory_file.c.id, wanted))).all()
    assert set(found) == {"a", "b", 'it\'s "é"'} & set(wanted)
