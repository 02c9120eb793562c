from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import image as images_table
from berth.db.tables import repository, trash_history
from berth.people.access import Place
from berth.registry import deletion, history, images, operations
from berth.registry.operations import Operation
from berth.site import Site
from berth.words import names
from berth.words.errors import (
    FieldInvalid,
    ImageDeleting,
    ImageInactive,
    ImageUnknown,
    Locked,
    ManifestDeleting,
    ManifestInactive,
    ManifestReferenced,
    ManifestUnknown,
    PartsMissing,
    PlaceDeleting,
    ReferrerHeld,
    RegistryUnknown,
    RepositoryUnknown,
)
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts


@pytest.fixture
def child(web: Target) -> Document:
    return make.manifest(web, b"amd64")


@pytest.fixture
def index(web: Target, child: Document) -> Document:
    return make.index(web, [child], tag="v1")


def signature(web: Target, subject: Document, tag: str | None = None) -> Document:
    """A referrer by its `subject`."""
    make.blob(web, b"{}")
    document = documents.artifact(subject, "application/vnd.test.signature")
    make.push(web, document, tag=tag)
    return document


def refusals(requested: deletion.Requested) -> list[type[Exception] | None]:
    return [None if verdict.refusal is None else type(verdict.refusal) for verdict in requested.verdicts]


def state(target: Target) -> str:
    return acts.look(target).state


def test_what_is_being_deleted_is_invisible_at_once_and_gone_in_the_end(web: Target) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    requested = acts.request(web, document)
    assert (acts.tagged(web, "v1"), acts.tagged(web, "v1")) == (None, None)
    assert acts.states(web) == {document.digest: "deleting"}
    assert (state(web), acts.operation(web, requested).state) == ("editing", "queued")
    acts.work(web)
    assert (acts.states(web), state(web)) == ({}, "active")
    ended = acts.operation(web, requested)
    assert (ended.state, ended.finished, ended.total, ended.ended) == ("done", 1, 1, True)
    assert [(item["item"], item["state"], item["tags"]) for item in ended.items] == [(document.digest, "done", ["v1"])]


def test_a_dry_run_tells_the_same_and_deletes_nothing(web: Target, index: Document, child: Document) -> None:
    told = acts.request(web, index, child, dry_run=True)
    assert (told.operation, refusals(told)) == (None, [None, None])
    assert (acts.tagged(web, "v1"), state(web)) == (index.digest, "active")


def test_a_child_of_an_index_is_kept_by_it(web: Target, index: Document, child: Document) -> None:
    requested = acts.request(web, child)
    [refusal] = [verdict.refusal for verdict in requested.verdicts]
    assert isinstance(refusal, ManifestReferenced)
    assert refusal.parents == [f"v1 ({index.digest})"]
    assert (requested.operation, state(web)) == (None, "active")


@pytest.mark.parametrize("order", [1, -1])
def test_parent_and_child_go_together_in_any_order(web: Target, index: Document, child: Document, order: int) -> None:
    requested = acts.request(web, *[index, child][::order])
    assert refusals(requested) == [None, None]
    acts.work(web)
    assert acts.states(web) == {}


def test_a_child_stays_when_its_parent_has_to(web: Target, index: Document, child: Document) -> None:
    acts.lock(web, index)
    other = make.manifest(web, b"other")
    requested = acts.request(web, child, index, other)
    assert refusals(requested) == [Locked, Locked, None]
    acts.work(web)
    assert set(acts.states(web)) == {index.digest, child.digest}
    assert [item["state"] for item in acts.operation(web, requested).items] == ["refused", "refused", "done"]


def test_referrers_go_with_their_subject(web: Target) -> None:
    subject = make.manifest(web, b"layer", tag="v1")
    signed = signature(web, subject)
    signature(web, signed)
    named = make.manifest(web, b"cosign", tag=f"{subject.digest.replace(':', '-')}.sig")
    requested = acts.request(web, subject)
    assert named.digest in requested.verdicts[0].referrers.values()
    assert set(acts.states(web).values()) == {"deleting"}
    acts.work(web)
    assert acts.states(web) == {}


def test_a_referrer_that_something_holds_keeps_its_subject(web: Target) -> None:
    subject = make.manifest(web, b"layer", tag="v1")
    signed = signature(web, subject, "release-signature")
    requested = acts.request(web, subject)
    assert refusals(requested) == [ReferrerHeld]
    assert signed.digest in str(requested.verdicts[0].refusal)
    acts.lock(web, signed)
    assert refusals(acts.request(web, subject, signed)) == [ReferrerHeld, Locked]
    acts.unlock(web, signed)
    assert refusals(acts.request(web, subject, signed)) == [None, None]


def test_an_unknown_digest_is_told_beside_those_that_go(web: Target, index: Document) -> None:
    missing = documents.manifest(b"{}", [b"nowhere"])
    assert refusals(acts.request(web, missing, index)) == [ManifestUnknown, None]


def test_fifty_go_in_one_request_and_fifty_one_are_refused(web: Target) -> None:
    many = [make.manifest(web, b"layer", annotations={"number": str(number)}) for number in range(51)]
    with pytest.raises(FieldInvalid, match="at most 50 in one request, these are 51"):
        acts.request(web, *many)
    acts.request(web, *many[:50])
    acts.work(web)
    assert list(acts.states(web)) == [many[50].digest]


def test_a_push_of_what_is_being_deleted_waits_for_the_end_and_counts_anew(web: Target) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    other = make.manifest(web, b"other")
    acts.request(web, document)
    with pytest.raises(ManifestDeleting, match="being deleted, try again"):
        make.push(web, document, tag="v1")
    with pytest.raises(PartsMissing):
        make.index(web, [document])
    make.push(web, other, tag="v1")
    acts.work(web)
    assert acts.tagged(web, "v1") == other.digest
    make.push(web, document, tag="v1")
    assert acts.tagged(web, "v1") == document.digest


@contextmanager
def kept_by_the_database(site: Site, table: str, condition: str) -> Iterator[None]:
    """A rule of the database stands in the way of deleting some rows."""
    if site.db.is_embedded:
        make_ = [
            f"CREATE TRIGGER kept BEFORE DELETE ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, 'disk I/O'); END"
        ]
        drop = ["DROP TRIGGER kept"]
    else:
        make_ = [
            "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk I/O'; END $$",
            f"CREATE TRIGGER kept BEFORE DELETE ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION kept()",
        ]
        drop = [f"DROP TRIGGER kept ON {table}", "DROP FUNCTION kept"]
    _run(site, make_)
    try:
        yield
    finally:
        _run(site, drop)


def _run(site: Site, statements: list[str]) -> None:
    with site.db.write() as tx:
        for statement in statements:
            tx.execute(text(statement.replace(":", r"\:")))


def test_what_cannot_be_deleted_is_inactive_with_the_reason(web: Target, site: Site) -> None:
    stuck = make.manifest(web, b"stuck", tag="v1")
    other = make.manifest(web, b"other")
    with kept_by_the_database(site, "manifest", f"old.digest = '{stuck.digest}'"):
        requested = acts.request(web, stuck, other)
        acts.work(web)
    assert (acts.states(web), state(web)) == ({stuck.digest: "inactive"}, "active")
    ended = acts.operation(web, requested)
    assert (ended.state, [item["state"] for item in ended.items]) == ("failed", ["failed", "done"])
    assert "disk I/O" in ended.items[0]["reason"]
    assert acts.tagged(web, "v1") is None
    with pytest.raises(ManifestInactive, match="disk I/O"):
        make.push(web, stuck, tag="v1")
    acts.request(web, stuck)
    acts.work(web)
    assert acts.states(web) == {}


def test_a_child_whose_parent_is_stuck_stays_with_it(web: Target, site: Site, index: Document, child: Document) -> None:
    with kept_by_the_database(site, "manifest", f"old.digest = '{index.digest}'"):
        acts.request(web, child, index)
        acts.work(web)
    assert acts.states(web) == {index.digest: "inactive", child.digest: "inactive"}
    acts.request(web, child, index)
    acts.work(web)
    assert acts.states(web) == {}


def test_an_image_goes_with_all_that_is_in_it(web: Target, index: Document, child: Document) -> None:
    requested = acts.request(web)
    assert acts.tagged(web, "v1") is None
    assert state(web) == "deleting"
    with pytest.raises(ImageDeleting, match="being deleted, try again"):
        make.push(web, index, tag="v1")
    acts.work(web)
    with pytest.raises(ImageUnknown):
        acts.look(web)
    assert acts.operation(web, requested).state == "done"
    del child


@pytest.mark.parametrize("whole", [True, False])
def test_an_image_that_is_locked_or_holds_a_locked_digest_is_kept(web: Target, index: Document, whole: bool) -> None:
    acts.lock(web, *([] if whole else [index]))
    with pytest.raises(Locked, match="main/apps/web" if whole else index.digest):
        acts.request(web)
    assert acts.tagged(web, "v1") == index.digest


def test_an_image_that_cannot_be_deleted_is_inactive_and_can_only_be_deleted_again(
    web: Target, site: Site, index: Document, child: Document
) -> None:
    with kept_by_the_database(site, "manifest", f"old.digest = '{child.digest}'"):
        requested = acts.request(web)
        acts.work(web)
    failed = acts.operation(web, requested)
    assert (state(web), failed.state) == ("inactive", "failed")
    assert "disk I/O" in failed.reason
    assert "disk I/O" in acts.look(web).state_reason
    assert acts.tagged(web, "v1") is None
    with pytest.raises(ImageInactive, match="disk I/O"):
        make.push(web, index, tag="v1")
    acts.request(web)
    acts.work(web)
    with pytest.raises(ImageUnknown):
        acts.look(web)


def test_an_image_whose_own_row_stays_keeps_the_history_of_its_names(web: Target, site: Site, index: Document) -> None:
    with site.db.read() as tx:
        pushed = history.page(tx, acts.look(web), "v1", Wanted("at")).items
    with kept_by_the_database(site, "image", "old.name = 'web'"):
        acts.request(web)
        acts.work(web)
    assert state(web) == "inactive"
    with site.db.read() as tx:
        assert history.page(tx, acts.look(web), "v1", Wanted("at")).items[0].digest == pushed[0].digest == index.digest
        assert tx.execute(select(trash_history)).all() == []
    acts.request(web)
    acts.work(web)
    with pytest.raises(ImageUnknown):
        acts.look(web)


def test_a_job_that_died_goes_on_where_it_was(web: Target, site: Site) -> None:
    """Every transaction of the job is the last one before the crash, once."""
    many = [make.manifest(web, b"layer", annotations={"number": str(number)}) for number in range(3)]
    indexes = [make.index(web, [document], tag=f"v{place}") for place, document in enumerate(many)]
    requested = acts.request(web, *many, *indexes)
    for allowed in range(1, 4):
        with pytest.raises(acts.Crash):
            acts.run_jobs_with_writes(site, allowed)
        site.now.forward(minutes=61)  # type: ignore[attr-defined]  # the clock of tests
    acts.work(web)
    assert (acts.states(web), state(web)) == ({}, "active")
    assert acts.operation(web, requested).state == "done"


def place_of(web: Target, *, whole: bool) -> Place:
    return Place(web.place.registry_id, "main", "private") if whole else web.place


def request_place(site: Site, place: Place, typed: str) -> deletion.Requested:
    with site.db.write() as tx:
        return deletion.request_place(tx, place, typed, Actor("ann"), at=site.now())


@pytest.mark.parametrize("whole", [True, False])
def test_a_place_goes_with_everything_inside_for_who_types_its_name(
    web: Target, other: Target, site: Site, index: Document, whole: bool
) -> None:
    make.manifest(other, b"layer", tag="v1")
    place = place_of(web, whole=whole)
    with pytest.raises(FieldInvalid, match="type main"):
        request_place(site, place, "another")
    requested = request_place(site, place, str(place))
    assert (acts.tagged(web, "v1"), acts.tagged(other, "v1")) == (None, None)
    with pytest.raises(ImageDeleting):
        make.push(web, index)
    with pytest.raises(PlaceDeleting), site.db.write() as tx:
        images.for_push(tx, web.place, names.image_path("main/apps/new"), Actor("ann"), at=site.now())
    acts.work(web)
    assert ended(site, requested).state == "done"
    with pytest.raises((RegistryUnknown, RepositoryUnknown)):
        request_place(site, place, str(place))


def test_a_place_with_anything_locked_inside_is_kept(web: Target, site: Site, index: Document) -> None:
    acts.lock(web, index)
    with pytest.raises(Locked):
        request_place(site, web.place, "main/apps")
    assert acts.tagged(web, "v1") == index.digest


def test_a_place_of_which_something_stays_is_inactive(web: Target, other: Target, site: Site, index: Document) -> None:
    make.manifest(other, b"layer", tag="v1")
    with kept_by_the_database(site, "manifest", f"old.digest = '{index.digest}'"):
        requested = request_place(site, web.place, "main/apps")
        acts.work(web)
    assert ended(site, requested).state == "failed"
    with site.db.read() as tx:
        assert tx.scalars(select(repository.c.state)).all() == ["inactive"]
        assert tx.scalars(select(images_table.c.state)).all() == ["inactive"]
    request_place(site, web.place, "main/apps")
    acts.work(web)
    with site.db.read() as tx:
        assert tx.scalars(select(repository.c.state)).all() == ["trashed"]


def ended(site: Site, requested: deletion.Requested) -> Operation:
    with site.db.read() as tx:
        return operations.find(tx, requested.operation or "")
