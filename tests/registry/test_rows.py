from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from berth.db.pages import Key, Wanted
from berth.db.tables import manifest, tag
from berth.registry import below, details, platforms, rows
from berth.registry.rows import Filters, Row
from berth.site import Site
from berth.words import names
from berth.words.errors import FieldInvalid, ManifestUnknown
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock


def listed(target: Target, sort: str = "name", *, limit: int = 50, **filters: Any) -> list[Row]:  # Any: of `Filters`
    """All pages one after another."""
    found: list[Row] = []
    after: Key | None = None
    while True:
        with target.site.db.read() as tx:
            wanted = Wanted(sort, limit, after)
            page = rows.page(tx, acts.look(target), wanted, at=target.site.now(), filters=Filters(**filters))
        assert len(page.items) <= limit
        found += page.items
        after = page.next
        if after is None:
            return found


def tags(found: list[Row]) -> list[list[str]]:
    return [row.tags for row in found]


@pytest.fixture
def shelf(web: Target, clock: Clock) -> dict[str, Document]:
    """Images with names, a multi-platform one with a signature, an untagged one, and a lonely signature."""
    made = {}
    for name, size in (("6.0.10", 30), ("6.0.9", 20), ("latest", 10)):
        made[name] = make.manifest(web, name.encode() * size, tag=name)
        clock.forward(minutes=1)
    made["child"] = make.manifest(web, b"amd64")
    made["index"] = make.index(web, [made["child"]], tag="multi")
    make.blob(web, b"{}")
    made["signature"] = documents.artifact(made["index"], "application/vnd.test.signature")
    make.push(web, made["signature"])
    clock.forward(minutes=1)
    made["cosign"] = make.manifest(web, b"cosign", tag=f"{made['latest'].digest.replace(':', '-')}.sig")
    made["untagged"] = make.manifest(web, b"untagged")
    gone = documents.manifest(b"{}", [b"gone"])
    made["lonely"] = documents.artifact(gone, "application/vnd.test.signature")
    make.push(web, made["lonely"])
    return made


def test_some_digests_alone_are_listed_however_many_they_are(web: Target, shelf: dict[str, Document]) -> None:
    """Of many the list is gone through; then a page ends where the next one goes on all the same."""
    every = listed(web, everything=True)
    wanted = [row.id for row in every if row.digest not in (shelf["latest"].digest, shelf["child"].digest)]
    few, many = frozenset(wanted), frozenset([*wanted, *range(10**9, 10**9 + rows.FEW + 1)])
    for sort in ("name", "-pushed_at", "pulled_at", "-pulled_at"):
        expected = [row.id for row in listed(web, sort, everything=True) if row.id in few]
        for among in (few, many):
            assert [row.id for row in listed(web, sort, limit=2, everything=True, among=among)] == expected
    assert [row.tags for row in listed(web, name="latest", among=many)] == []


def test_tagged_come_in_natural_order_and_what_belongs_to_others_is_below_them(
    web: Target, shelf: dict[str, Document]
) -> None:
    found = listed(web)
    assert tags(found) == [["6.0.9"], ["6.0.10"], ["latest"], ["multi"], [], []]
    assert [row.digest for row in found[4:]] == [shelf["untagged"].digest, shelf["lonely"].digest]
    counted = {row.digest: (row.children, row.referrers) for row in found}
    assert counted[shelf["index"].digest] == (1, 1)
    assert counted[shelf["latest"].digest] == (0, 1)
    with web.site.db.read() as tx:
        unfolded = below.of_one(tx, acts.look(web), acts.of(shelf["index"]), at=web.site.now())
    assert [row.digest for row in unfolded.children] == [shelf["child"].digest]
    assert [row.digest for row in unfolded.referrers] == [shelf["signature"].digest]


def test_all_levels_show_every_digest(web: Target, shelf: dict[str, Document]) -> None:
    assert {row.digest for row in listed(web, everything=True)} == {each.digest for each in shelf.values()}


@pytest.mark.parametrize("sort", [*rows.SORTS, *(f"-{sort}" for sort in rows.SORTS)])
def test_pages_are_the_whole_list_cut(web: Target, shelf: dict[str, Document], site: Site, sort: str) -> None:
    with site.db.write() as tx:
        for pulls, name in enumerate(("latest", "6.0.9", "index"), 1):
            mine = manifest.c.digest == shelf[name].digest
            tx.execute(update(manifest).where(mine).values(pulls=pulls, pulled_at=site.now()))
    whole = listed(web, sort)
    assert [row.digest for row in listed(web, sort, limit=1)] == [row.digest for row in whole]
    assert [row.digest for row in listed(web, sort, limit=3)] == [row.digest for row in whole]
    assert len(whole) == 6


def test_orders_are_what_they_say(web: Target, shelf: dict[str, Document], site: Site, clock: Clock) -> None:
    with site.db.write() as tx:
        mine = manifest.c.digest == shelf["6.0.9"].digest
        tx.execute(update(manifest).where(mine).values(pulls=9, pulled_at=clock()))
    assert listed(web, "-pulls")[0].tags == listed(web, "-pulled_at")[0].tags == listed(web, "pulled_at")[0].tags
    assert listed(web, "-pulls")[0].tags == ["6.0.9"]
    assert tags(listed(web, "pushed_at"))[:3] == [["6.0.10"], ["6.0.9"], ["latest"]]
    sizes = [row.size for row in listed(web, "-size")]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(FieldInvalid, match="sort"):
        listed(web, "colour")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "6.0"}, ["6.0.9", "6.0.10"]),
        ({"name": "LAT"}, ["latest"]),
        ({"name": "6_0"}, []),
        ({"kind": "index"}, ["index"]),
        ({"kind": "artifact"}, ["lonely"]),
        ({"tagged": False}, ["untagged", "lonely"]),
        ({"tagged": True, "kind": "image"}, ["6.0.9", "6.0.10", "latest"]),
        ({"locked": True}, ["6.0.9"]),
        ({"locked": True, "everything": True}, ["6.0.9"]),
        ({"platform": "linux/amd64"}, ["latest"]),
        ({"platform": "linux/amd"}, []),
    ],
)
def test_filters_leave_what_they_say(
    web: Target, shelf: dict[str, Document], site: Site, filters: dict[str, Any], found: list[str]
) -> None:
    acts.lock(web, shelf["6.0.9"])
    with site.db.write() as tx:
        mine = manifest.c.digest == shelf["latest"].digest
        ids = tx.execute(select(manifest.c.id, manifest.c.image_id).where(mine)).one()
        platforms.remember(tx, ids.image_id, ids.id, ["linux/amd64"])
    assert [row.digest for row in listed(web, **filters)] == [shelf[name].digest for name in found]


def test_a_lock_is_shown_where_it_holds(web: Target, shelf: dict[str, Document]) -> None:
    acts.lock(web, shelf["index"], reason="released")
    child = [row for row in listed(web, everything=True) if row.digest == shelf["child"].digest]
    assert child[0].lock is not None
    assert child[0].lock.what == shelf["index"].digest
    acts.lock(web)
    assert {row.lock.what for row in listed(web) if row.lock} == {"main/apps/web"}
    assert len(listed(web, locked=True)) == 6
    assert listed(web, locked=False) == []


def test_the_first_name_follows_every_change(web: Target, shelf: dict[str, Document]) -> None:
    make.push(web, shelf["latest"], tag="1")
    assert listed(web)[0].tags == ["1", "latest"]
    make.push(web, shelf["untagged"], tag="1")
    assert listed(web)[0].tags == ["1"]
    acts.untag(web, "1")
    acts.edit_tags(web, shelf["6.0.9"], rename={"6.0.9": "7"})
    assert tags(listed(web))[:2] == [["6.0.10"], ["7"]]
    acts.delete(web, shelf["6.0.10"])
    acts.restore(web, *acts.in_trash(web))
    assert tags(listed(web))[:2] == [["6.0.10"], ["7"]]


def test_many_names_of_one_digest_are_cut(web: Target, site: Site) -> None:
    document = make.manifest(web, b"layer", tag="v0")
    many_names(site, [f"v{number}" for number in range(1, 3000)])
    [row] = listed(web)
    assert (row.tags[:3], len(row.tags), row.more_tags) == (["v0", "v1", "v2"], rows.MAX_NAMES, True)
    detail = detail_of(web, document)
    assert (len(detail.tags), detail.more_tags) == (details.MAX_NAMES, True)


def many_names(site: Site, given: list[str]) -> None:
    with site.db.write() as tx:
        row = tx.execute(select(tag)).mappings().one()
        made = {field: row[field] for field in row if field not in ("id", "name", "natural")}
        tx.execute(insert(tag), [{**made, "name": name, "natural": names.natural(name)} for name in given])


def detail_of(web: Target, document: Document) -> details.DigestDetail:
    with web.site.db.read() as tx:
        return details.of_digest(tx, acts.look(web), acts.of(document), at=web.site.now())


def test_a_digest_tells_all_about_itself(web: Target, shelf: dict[str, Document]) -> None:
    acts.lock(web, shelf["child"])
    index, child = detail_of(web, shelf["index"]), detail_of(web, shelf["child"])
    assert (index.tags, index.row.kind, index.row.created_by) == (["multi"], "index", "maker")
    assert [row.digest for row in index.below.children] == [shelf["child"].digest]
    assert [str(parent) for parent in child.parents] == [f"multi ({shelf['index'].digest})"]
    assert child.own_lock is not None
    signature = detail_of(web, shelf["signature"])
    assert (signature.row.subject, signature.subject_present) == (shelf["index"].digest, True)
    assert detail_of(web, shelf["lonely"]).subject_present is False
    with web.site.db.read() as tx:
        assert details.document(tx, acts.look(web), acts.of(shelf["index"])) == (
            documents.OCI_INDEX,
            shelf["index"].body,
        )
        assert details.resolve(tx, acts.look(web), "multi") == shelf["index"].digest
    with pytest.raises(ManifestUnknown):
        detail_of(web, documents.index([]))


def test_an_image_tells_all_about_itself(web: Target, shelf: dict[str, Document]) -> None:
    acts.lock(web, reason="frozen")
    with web.site.db.read() as tx:
        detail = details.of_image(tx, acts.look(web), at=web.site.now())
    assert (detail.path, detail.digests, detail.tags) == ("main/apps/web", len(shelf), 5)
    assert detail.lock is not None
    assert (detail.lock.reason, detail.policies.lock.locked, detail.state) == ("frozen", True, "active")


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(site.db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(site.db.engine, "before_cursor_execute", note)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("sort", list(rows.SORTS))
@pytest.mark.parametrize(
    "filters",
    [{"locked": False}, {"locked": True}, {"name": "6.0"}, {"kind": "artifact"}, {"tagged": False}, {"platform": "x"}],
)
def test_a_page_takes_no_more_than_six_reads(web: Target, site: Site, sort: str, filters: dict[str, Any]) -> None:
    with counted(site) as said:
        listed(web, sort, **filters)
    assert len(said) <= 6


def test_details_take_no_more_reads_for_more_things(web: Target, site: Site, shelf: dict[str, Document]) -> None:
    with counted(site) as few:
        detail_of(web, shelf["index"])
    for number in range(5):
        make.push(web, documents.artifact(shelf["index"], "application/vnd.test", annotations={"n": str(number)}))
    with counted(site) as more:
        detail_of(web, shelf["index"])
    assert len(more) == len(few) <= 24
