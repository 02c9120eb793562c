from datetime import timedelta

import pytest
from sqlalchemy import select

from berth.db.tables import image, manifest, trash_blob
from berth.jobs import run_jobs
from berth.registry import sweep, trash
from berth.site import Site
from berth.words.errors import FieldInvalid, Locked, TagInUse, TrashUnknown, Unrestorable
from berth.worker import JOBS
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts, pulling, space
from tests.sites import Clock

NEVER = timedelta(0)


def swept(site: Site, clock: Clock) -> None:
    clock.forward(hours=site.settings.grace_hours + 1)
    sweep.once(site)


def purged(site: Site) -> None:
    with site.db.write() as tx:
        trash.purge.put(tx, at=site.now())
    run_jobs(site, JOBS)


def test_what_was_deleted_comes_back_as_it_was(web: Target, site: Site, clock: Clock) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    make.push(web, document, tag="v2")
    pushed = clock()
    clock.forward(hours=1)
    acts.delete(web, document)
    [entry] = acts.in_trash(web)
    assert (entry.digest, entry.tags, entry.deleted_by, entry.why) == (document.digest, ["v1", "v2"], "ann", "delete")
    swept(site, clock)
    restored = acts.restore(web, entry)
    assert restored.tags == {"v1": document.digest, "v2": document.digest}
    assert document.digest in pulling.pull(web, "v1")
    with site.db.read() as tx:
        row = tx.execute(select(manifest)).one()
    assert (row.created_at, row.created_by, row.restored_at) == (pushed, "maker", clock())
    assert acts.in_trash(web) == []


def test_an_index_brings_its_children_and_its_signature(web: Target, site: Site, clock: Clock) -> None:
    child = make.manifest(web, b"amd64")
    index = make.index(web, [child], tag="v1")
    signature = documents.artifact(index, "application/vnd.test.signature")
    make.push(web, signature)
    acts.request(web, child, index)
    acts.work(web)
    swept(site, clock)
    [entry] = [entry for entry in acts.in_trash(web) if entry.digest == index.digest]
    acts.restore(web, entry)
    assert set(acts.states(web)) == {child.digest, index.digest, signature.digest}
    assert len(pulling.pull(web, "v1")) == 4


def test_a_child_that_is_gone_for_good_keeps_its_index_in_the_trash(web: Target, site: Site) -> None:
    child = make.manifest(web, b"amd64")
    index = make.index(web, [child], tag="v1")
    acts.delete(web, index)
    acts.delete(web, child, keep=NEVER)
    with pytest.raises(Unrestorable, match=child.digest):
        acts.restore(web, *acts.in_trash(web))
    assert acts.states(web) == {}
    assert [entry.digest for entry in acts.in_trash(web)] == [index.digest]
    del site


def test_a_name_in_use_is_refused_with_another_one_offered(web: Target) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    acts.delete(web, document)
    newer = make.manifest(web, b"newer", tag="v1")
    [entry] = acts.in_trash(web)
    with pytest.raises(TagInUse) as refused:
        acts.restore(web, entry)
    assert (refused.value.tag, refused.value.holder) == ("v1", newer.digest)
    acts.restore(web, entry, rename={"v1": refused.value.offered})
    assert (acts.tagged(web, "v1"), acts.tagged(web, refused.value.offered)) == (newer.digest, document.digest)


def test_a_push_takes_nothing_from_the_trash(web: Target, site: Site, clock: Clock) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    acts.delete(web, document)
    clock.forward(hours=1)
    make.push(web, document, tag="v2")
    with site.db.read() as tx:
        row = tx.execute(select(manifest)).one()
    assert (row.created_at, row.restored_at) == (clock(), None)
    assert (acts.tagged(web, "v1"), len(acts.in_trash(web))) == (None, 1)
    acts.restore(web, *acts.in_trash(web))
    assert acts.tagged(web, "v1") == document.digest
    assert acts.states(web) == {document.digest: "active"}


def test_an_image_deleted_whole_comes_back_whole(web: Target, site: Site, clock: Clock) -> None:
    child = make.manifest(web, b"amd64")
    index = make.index(web, [child], tag="v1")
    born = clock()
    clock.forward(hours=1)
    acts.request(web)
    acts.work(web)
    swept(site, clock)
    restored = acts.restore_all(web)
    assert set(restored.digests) == {child.digest, index.digest}
    assert len(pulling.pull(web, "v1")) == 4
    with site.db.read() as tx:
        row = tx.execute(select(image)).one()
    assert (row.born_at, row.created_by, row.state) == (born, "maker", "active")
    assert acts.in_trash(web) == []


def test_nothing_is_restored_into_a_locked_image(web: Target) -> None:
    make.manifest(web, b"stays")
    acts.delete(web, make.manifest(web, b"layer", tag="v1"))
    acts.lock(web)
    with pytest.raises(Locked):
        acts.restore(web, *acts.in_trash(web))


def test_the_trash_holds_its_bytes_until_its_time_is_over(web: Target, site: Site, clock: Clock) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    acts.delete(web, document)
    swept(site, clock)
    assert space.objects(site) == space.keys(site) != set()
    [entry] = acts.in_trash(web)
    assert entry.purge_at == entry.deleted_at + timedelta(days=7)
    clock.at = entry.purge_at
    purged(site)
    with pytest.raises(TrashUnknown):
        acts.restore(web, entry)
    sweep.once(site)
    assert space.objects(site) == set()
    with site.db.read() as tx:
        assert tx.execute(select(trash_blob)).all() == []


def test_without_a_time_nothing_is_kept(web: Target, site: Site, clock: Clock) -> None:
    acts.delete(web, make.manifest(web, b"layer", tag="v1"), keep=NEVER)
    assert acts.in_trash(web) == []
    swept(site, clock)
    assert space.objects(site) == set()


def test_an_entry_is_given_up_before_its_time(web: Target, site: Site) -> None:
    acts.delete(web, make.manifest(web, b"layer", tag="v1"))
    [entry] = acts.in_trash(web)
    with site.db.write() as tx:
        trash.discard(tx, web.place, [entry.id], acts.PERSON, at=site.now())
    assert acts.in_trash(web) == []


def test_the_number_of_an_entry_that_is_gone_is_not_given_to_another(web: Target, site: Site) -> None:
    """Who still sees it in a list and gives it up, too, must not lose what was deleted since."""
    acts.delete(web, make.manifest(web, b"one", tag="v1"))
    [seen] = acts.in_trash(web)
    with site.db.write() as tx:
        trash.discard(tx, web.place, [seen.id], acts.PERSON, at=site.now())
    acts.delete(web, make.manifest(web, b"two", tag="v2"))
    with pytest.raises(TrashUnknown), site.db.write() as tx:
        trash.discard(tx, web.place, [seen.id], acts.PERSON, at=site.now())
    [kept] = acts.in_trash(web)
    assert kept.tags == ["v2"]


def test_entries_of_two_images_are_not_restored_together(web: Target, other: Target) -> None:
    for target in (web, other):
        acts.delete(target, make.manifest(target, b"layer", tag="v1"))
    with pytest.raises(FieldInvalid, match="several images"):
        acts.restore(web, *acts.in_trash(web))


def test_a_document_keeps_its_bytes(web: Target) -> None:
    odd = documents.index([], annotations={})
    odd = Document(odd.body.replace(b", ", b" ,\r\n\t"), odd.media_type)
    make.push(web, odd, tag="odd")
    acts.delete(web, odd)
    acts.restore(web, *acts.in_trash(web))
    assert pulling.pull(web, "odd") == {odd.digest: odd.body}
