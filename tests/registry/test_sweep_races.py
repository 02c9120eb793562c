"""The sweep while others write: whatever was acknowledged can be read."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from berth.db.tables import image_blob
from berth.registry import blobs, images, manifests, sweep
from berth.registry.blobs import Sealed
from berth.site import Site
from berth.words import digest
from berth.words import manifest as words
from berth.words.errors import BlobHeld, PartsMissing
from tests import documents, make, sites
from tests.documents import Document
from tests.make import ACTOR, Target
from tests.registry import pulling, space
from tests.sites import Clock

ROUNDS = 10


@pytest.fixture
def shared(postgresql_url: str, clock: Clock) -> Iterator[Site]:
    """A site on PostgreSQL, where transactions that write run side by side."""
    with sites.opened(postgresql_url, clock) as opened:
        yield opened


@pytest.fixture
def app(shared: Site) -> Target:
    return make.image(shared, "main/apps/app")


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def age(site: Site) -> None:
    """As if nobody had asked for any blob for days. The clock stays: it also judges what is just being sealed.

    Each row by itself: nobody but a test writes all of them, and a sweep beside it could wait for it in a circle.
    """
    with site.db.read() as tx:
        held = tx.execute(select(image_blob.c.image_id, image_blob.c.digest)).all()
    for image_id, content in held:
        this = (image_blob.c.image_id == image_id) & (image_blob.c.digest == content)
        with site.db.write(durable=False) as tx:
            tx.execute(update(image_blob).where(this).values(renewed_at=site.now() - timedelta(days=3)))


def push(target: Target, layers: list[bytes]) -> Document:
    """As a client that comes again when the sweep was faster."""
    for content in (b"{}", *layers):
        make.blob(target, content)
    document = documents.manifest(b"{}", layers)
    try:
        make.push(target, document)
    except PartsMissing:
        return push(target, layers)
    return document


def put_and_wait(target: Target, document: Document, meanwhile: Callable[[], Future[object]]) -> Future[object]:
    """Push a manifest, and begin something else before the transaction ends."""
    site, parsed = target.site, words.parse(document.media_type, document.body)
    with site.db.write() as tx:
        manifests.put(tx, target.place, target.for_push(tx), "v1", parsed, ACTOR, at=site.now())
        begun = meanwhile()
        assert not wait([begun], timeout=0.3).done, "it had to wait for the push"
    return begun


def test_pushes_lose_nothing_while_sweeps_run(
    site: Site, web: Target, other: Target, beside: ThreadPoolExecutor
) -> None:
    ended = threading.Event()

    def keep_sweeping() -> None:
        while not ended.is_set():
            age(site)
            sweep.once(site)

    def keep_pushing(target: Target, own: bytes, *, deletes: bool) -> None:
        for turn in range(ROUNDS):
            document = push(target, [b"shared", own + bytes([turn % 3])])
            assert pulling.pull(target, digest.parse(document.digest))
            if deletes:
                with site.db.write() as tx:
                    found, content = target.for_push(tx), digest.parse(document.digest)
                    manifests.remove(tx, found, content, ACTOR, at=site.now(), keep=timedelta(0))

    sweeping = [beside.submit(keep_sweeping) for _ in range(2)]
    pushing = [
        beside.submit(keep_pushing, web, b"same", deletes=True),
        beside.submit(keep_pushing, other, b"same", deletes=False),
        beside.submit(keep_pushing, other, b"own", deletes=True),
    ]
    done = [each.exception() for each in pushing]
    ended.set()
    assert (done, [each.exception() for each in sweeping]) == ([None] * 3, [None] * 2)
    age(site)
    sweep.once(site)
    assert space.keys(site) == space.objects(site)


def test_a_blob_that_is_being_taken_stays_and_the_others_go(shared: Site, app: Target) -> None:
    contents = [make.blob(app, bytes([number])) for number in range(5)]
    age(shared)
    sweep.drop_holds(shared)
    with shared.db.write() as tx:
        found = app.for_push(tx)
        [kept] = blobs.store(tx, [Sealed(contents[2], 1, "another key", shared.now())])
        blobs.hold(tx, found, contents[2], at=shared.now())
        assert sweep.drop_blobs(shared) == 4
    sweep.once(shared)
    assert space.keys(shared) == space.objects(shared) == {kept}
    assert pulling.blob(app, contents[2]) == bytes([2])


def test_a_manifest_that_comes_while_its_image_lets_go_keeps_its_blobs(
    shared: Site, app: Target, beside: ThreadPoolExecutor
) -> None:
    for content in (b"{}", b"layer"):
        make.blob(app, content)
    age(shared)
    document = documents.manifest(b"{}", [b"layer"])
    assert put_and_wait(app, document, lambda: beside.submit(sweep.drop_holds, shared)).result() == 0
    sweep.once(shared)
    assert pulling.pull(app, "v1")


def test_a_blob_that_a_manifest_is_just_taking_is_not_deleted_by_a_client(
    shared: Site, app: Target, beside: ThreadPoolExecutor
) -> None:
    make.blob(app, b"{}")
    layer = make.blob(app, b"layer")

    def delete() -> None:
        with shared.db.write() as tx:
            found = images.holding(tx, app.place, app.path)
            blobs.remove(tx, found, layer, ACTOR, at=shared.now())

    document = documents.manifest(b"{}", [b"layer"])
    with pytest.raises(BlobHeld):
        put_and_wait(app, document, lambda: beside.submit(delete)).result()
    assert pulling.pull(app, "v1")


def test_a_head_that_comes_while_its_image_lets_go_keeps_the_blob(
    shared: Site, app: Target, beside: ThreadPoolExecutor
) -> None:
    content = make.blob(app, b"layer")
    age(shared)
    with shared.db.write() as tx:
        found = app.for_push(tx)
    with shared.db.write() as tx:
        blobs.renew(tx, found.id, content, at=shared.now())
        letting_go = beside.submit(sweep.drop_holds, shared)
        assert not wait([letting_go], timeout=0.3).done
    assert letting_go.result() == 0
    assert pulling.blob(app, content) == b"layer"


def test_sweeps_side_by_side_take_each_thing_once(shared: Site, app: Target, beside: ThreadPoolExecutor) -> None:
    for number in range(50):
        make.blob(app, b"%d" % number)
    make.manifest(app, b"kept", tag="v1")
    age(shared)
    rounds = [beside.submit(sweep.once, shared) for _ in range(4)]
    assert sum(each.result()["blobs"] for each in rounds) == 50
    assert pulling.pull(app, "v1")
