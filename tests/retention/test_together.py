"""The forecast of a page reads little of its image, and leaves out what hangs together with too much."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event, select

from berth.db.pages import Wanted
from berth.db.tables import manifest
from berth.registry import rows
from berth.retention import forecast, together
from berth.retention.forecast import Forecast
from berth.site import Site
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.registry.test_rows import counted
from tests.retention.test_working import POLICY, save
from tests.sites import Clock


def ids(web: Target, *wanted: Document) -> list[int]:
    with web.site.db.read() as tx:
        return [
            tx.execute(select(manifest.c.id).where(manifest.c.digest == each.digest)).scalar_one() for each in wanted
        ]


def told(web: Target, *wanted: Document) -> list[Forecast | None]:
    with web.site.db.read() as tx:
        found = forecast.of(tx, acts.look(web), ids(web, *wanted), at=web.site.now())
    return [found.get(each) for each in ids(web, *wanted)]


def test_digests_that_stand_alone_take_two_reads_however_many_they_are(web: Target, site: Site) -> None:
    made = [make.manifest(web, f"{number}".encode(), tag=f"v{number}") for number in range(30)]
    found, some = acts.look(web), ids(web, *made)
    for wanted in (some[:1], some):
        with site.db.read() as tx, counted(site) as said:
            assert forecast.of(tx, found, wanted, at=site.now(), policy=POLICY).keys() == set(wanted)
        assert len(said) == 2, said


def test_digests_that_a_list_has_read_take_one_read_more_with_the_newest_names(web: Target, site: Site) -> None:
    made = [make.manifest(web, f"{number}".encode(), tag=f"v{number}") for number in range(5)]
    policy = replace(POLICY, keep_newest=2)
    found, some = acts.look(web), ids(web, *made)
    with site.db.read() as tx:
        page = rows.page(tx, found, Wanted("name", 10), at=site.now()).items
        told_apart = forecast.of(tx, found, some, at=site.now(), policy=policy)
    with site.db.read() as tx, counted(site) as said:
        assert forecast.of(tx, found, some, at=site.now(), policy=policy, known=page) == told_apart
    assert len(said) == 1, said
    assert {told_apart[each].because for each in some[3:]} == {"v3", "v4"}


def test_an_index_that_lists_very_much_is_left_out_and_others_are_told(
    web: Target, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_TOGETHER", 4)
    large = make.index(web, [make.manifest(web, f"{number}".encode()) for number in range(4)], tag="large")
    small = make.index(web, [make.manifest(web, f"small {number}".encode()) for number in range(3)], tag="small")
    alone = make.manifest(web, b"alone")
    clock.forward(days=40)
    save(web, POLICY)
    first, second, third = told(web, large, small, alone)
    assert first is None
    assert second is not None
    assert third is not None
    assert second.deleted
    assert third.deleted


def test_of_a_page_that_hangs_together_with_very_much_the_smallest_are_told(
    web: Target, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 6)
    large = make.index(web, [make.manifest(web, f"{number}".encode()) for number in range(4)], tag="large")
    small = make.index(web, [make.manifest(web, f"small {number}".encode()) for number in range(3)], tag="small")
    clock.forward(days=40)
    save(web, POLICY)
    first, second = told(web, large, small)
    assert (first is None, second is None) == (True, False)


def test_a_long_row_of_signatures_of_signatures_is_left_out(
    web: Target, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST_ROUNDS", 3)
    row = [make.manifest(web, b"signed")]
    for number in range(4):
        row.append(documents.artifact(row[-1], "application/vnd.test", annotations={"n": str(number)}))
        make.push(web, row[-1])
    clock.forward(days=40)
    save(web, POLICY)
    assert told(web, row[0]) == [None]
    [middle] = told(web, row[2])
    assert middle is not None
    assert middle.deleted


@contextmanager
def explained(site: Site) -> Iterator[list[str]]:
    """How SQLite goes about each statement."""
    plans: list[str] = []
    asked = []

    def note(_connection: object, _cursor: object, statement: str, given: tuple[object, ...], *_rest: object) -> None:
        asked.append((statement, given))

    event.listen(site.db.engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(site.db.engine, "before_cursor_execute", note)
    with site.db.read() as tx:
        for statement, given in asked:
            plans += [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(given))]


def test_no_read_goes_through_the_whole_image(web: Target, site: Site) -> None:
    """20,000 indexes that list one child took minutes once: SQLite is to look up the ids that it is given."""
    if not site.db.is_embedded:
        pytest.skip("PostgreSQL has statistics to choose by")
    child = make.manifest(web, b"child")
    index = make.index(web, [child], tag="v1")
    found, some = acts.look(web), ids(web, index)
    with explained(site) as plans, site.db.read() as tx:
        forecast.of(tx, found, some, at=site.now(), policy=POLICY)
    assert plans
    assert [plan for plan in plans if plan.startswith("SCAN") or plan.endswith("(image_id=?)")] == []
