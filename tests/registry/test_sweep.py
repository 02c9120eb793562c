import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from berth.db.tables import blob as blob_rows
from berth.db.tables import trash, trash_blob
from berth.registry import blobs, images, manifests, sweep, uploads
from berth.registry.blobs import Sealed
from berth.site import Site
from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import BlobUnknown, UploadUnknown
from tests import make
from tests.make import ACTOR, Target
from tests.registry import pulling, space
from tests.sites import Clock

A_SECOND = 1 / 3600


def holds(target: Target, content: Digest) -> bool:
    try:
        pulling.blob(target, content)
    except BlobUnknown:
        return False
    return True


def test_an_upload_that_took_too_long_goes_with_its_bytes(site: Site, clock: Clock, web: Target) -> None:
    upload = make.begun(web)
    with site.blobs.append(upload.id, new=True) as part:
        part.write(b"half of it")
    clock.forward(hours=24 - A_SECOND)
    sweep.once(site)
    assert space.uploads(site) == (0, {upload.id})
    clock.forward(hours=A_SECOND)
    assert sweep.once(site)["uploads"] == 1
    assert space.uploads(site) == (0, set())
    with site.db.read() as tx, pytest.raises(UploadUnknown):
        uploads.find(tx, site, web.place, web.path, upload.id)


def test_a_blob_that_nothing_needs_goes_after_its_grace_and_not_before(site: Site, clock: Clock, web: Target) -> None:
    content = make.blob(web, b"layer")
    clock.forward(hours=48)
    sweep.once(site)
    assert holds(web, content)
    clock.forward(hours=A_SECOND)
    assert sweep.once(site) == {"uploads": 0, "holds": 1, "blobs": 1, "strays": 0}
    assert not holds(web, content)
    assert (space.keys(site), space.objects(site)) == (set(), set())


def test_what_manifests_and_indexes_need_never_goes(site: Site, clock: Clock, web: Target) -> None:
    amd = make.manifest(web, b"for amd64")
    arm = make.manifest(web, b"for arm64", b"shared")
    make.index(web, [amd, arm], tag="v1")
    before = pulling.pull(web, "v1")
    clock.forward(days=1000)
    sweep.once(site)
    assert pulling.pull(web, "v1") == before
    assert len(before) == 7


def test_a_manifest_without_a_name_keeps_its_blobs_too(site: Site, clock: Clock, web: Target) -> None:
    document = make.manifest(web, b"layer")
    clock.forward(days=1000)
    sweep.once(site)
    assert pulling.pull(web, digest.parse(document.digest))


def test_what_only_a_deleted_manifest_needed_goes(site: Site, clock: Clock, web: Target) -> None:
    kept = make.manifest(web, b"kept", b"shared")
    deleted = make.manifest(web, b"gone", b"shared")
    with site.db.write() as tx:
        manifests.remove(tx, web.for_push(tx), digest.parse(deleted.digest), ACTOR, at=site.now(), keep=timedelta(0))
    clock.forward(hours=49)
    assert sweep.once(site)["blobs"] == 1
    assert pulling.pull(web, digest.parse(kept.digest))


def test_a_head_renews_the_grace(site: Site, clock: Clock, web: Target) -> None:
    content = make.blob(web, b"layer")
    with site.db.read() as tx:
        image_id = images.holding(tx, web.place, web.path).id
    for _ in range(5):
        clock.forward(hours=47)
        with site.db.write() as tx:
            blobs.renew(tx, image_id, content, at=site.now())
        sweep.once(site)
    assert holds(web, content)


def test_a_head_on_a_blob_that_has_just_gone_is_told_so(site: Site, clock: Clock, web: Target) -> None:
    content = make.blob(web, b"layer")
    with site.db.read() as tx:
        image_id = images.holding(tx, web.place, web.path).id
    clock.forward(hours=49)
    sweep.once(site)
    with site.db.write() as tx, pytest.raises(BlobUnknown):
        blobs.renew(tx, image_id, content, at=site.now())


def test_a_second_upload_renews_the_grace_and_leaves_one_object(site: Site, clock: Clock, web: Target) -> None:
    content = make.blob(web, b"layer")
    clock.forward(hours=47)
    make.blob(web, b"layer")
    assert len(space.objects(site)) == 1
    clock.forward(hours=47)
    sweep.once(site)
    assert holds(web, content)


def test_a_mount_gives_the_target_a_grace_of_its_own(site: Site, clock: Clock, web: Target, other: Target) -> None:
    content = make.blob(web, b"layer")
    clock.forward(hours=47)
    with site.db.write() as tx:
        target = other.for_push(tx)
        blobs.mount(tx, target, images.holding(tx, web.place, web.path), content, at=site.now())
    clock.forward(hours=2)
    sweep.once(site)
    assert (holds(web, content), holds(other, content)) == (False, True)


def test_a_manifest_keeps_blobs_for_its_own_image_only(site: Site, clock: Clock, web: Target, other: Target) -> None:
    make.manifest(web, b"layer", tag="v1")
    content = make.blob(other, b"layer")
    clock.forward(hours=49)
    assert sweep.once(site) == {"uploads": 0, "holds": 1, "blobs": 0, "strays": 0}
    assert (holds(web, content), holds(other, content)) == (True, False)


def test_a_blob_that_was_taken_away_goes_at_once(site: Site, web: Target) -> None:
    content = make.blob(web, b"layer")
    with site.db.write() as tx:
        blobs.remove(tx, images.holding(tx, web.place, web.path), content, ACTOR, at=site.now())
    assert sweep.once(site)["blobs"] == 1
    assert space.objects(site) == set()


def test_a_blob_in_the_trash_stays(site: Site, clock: Clock, web: Target) -> None:
    content = make.blob(web, b"layer")
    row = {"image": "web", "digest": "sha256:0", "facts": {}, "tags": [], "body": b"{}", "size": 2, "batch": "1"}
    when = {"deleted_at": site.now(), "deleted_by": "maker", "why": "delete", "purge_at": site.now()}
    with site.db.write() as tx:
        added = insert(trash).values(repository_id=web.place.repository_id, **row, **when).returning(trash.c.id)
        tx.execute(insert(trash_blob).values(trash_id=tx.execute(added).scalar_one(), digest=str(content)))
    clock.forward(hours=49)
    assert sweep.once(site) == {"uploads": 0, "holds": 1, "blobs": 0, "strays": 0}
    assert space.keys(site) == space.objects(site) != set()


def test_objects_without_a_row_and_uploads_go_when_they_are_old(site: Site, clock: Clock, web: Target) -> None:
    make.manifest(web, b"layer", tag="v1")
    stray = space.leave_object(site, b"layer")
    space.leave_upload(site, b"half")
    clock.forward(hours=23)
    assert sweep.once(site) == {"uploads": 0, "holds": 0, "blobs": 0, "strays": 0}
    clock.forward(hours=2)
    assert sweep.once(site) == {"uploads": 1, "holds": 0, "blobs": 0, "strays": 0}
    assert space.uploads(site) == (0, set())
    assert stray in space.objects(site), "an object may be waiting for its row as long as the grace"
    clock.forward(hours=24)
    assert sweep.once(site)["strays"] == 1
    assert stray not in space.objects(site)
    assert pulling.pull(web, "v1")


def test_an_upload_whose_id_tells_nothing_goes_by_its_age(site: Site, clock: Clock) -> None:
    with site.blobs.append("ffffffff-0000-4000-8000-000000000000", new=True) as part:
        part.write(b"of another program")
    sweep.once(site)
    assert len(space.uploads(site)[1]) == 1
    clock.at = max(datetime.now(UTC), clock.at) + timedelta(hours=25)
    sweep.once(site)
    assert space.uploads(site) == (0, set())


def test_that_an_upload_ended_is_known_as_long_as_its_id_is_good(site: Site, clock: Clock, web: Target) -> None:
    upload = make.begun(web)
    uploads.cancel(site, upload)
    clock.forward(hours=24 - A_SECOND)
    sweep.once(site)
    with site.db.read() as tx, pytest.raises(UploadUnknown):
        uploads.find(tx, site, web.place, web.path, upload.id)
    assert space.uploads(site) == (1, set())
    clock.forward(hours=A_SECOND)
    sweep.once(site)
    assert space.uploads(site) == (0, set())


def test_one_round_takes_however_much_there_is(site: Site, clock: Clock, web: Target) -> None:
    with site.db.write() as tx:
        found = web.for_push(tx)
        for number in range(2 * sweep.BATCH + 1):
            content = digest.of(str(number).encode())
            key = f"sha256/{content.hex[:2]}/{content.hex}.{uuid.uuid4()}"
            blobs.store(tx, [Sealed(content, 1, key, site.now())])
            blobs.hold(tx, found, content, at=site.now())
    for _ in range(2 * sweep.BATCH + 1):
        space.leave_upload(site, b"x")
    kept = make.manifest(web, b"layer", tag="v1")
    clock.forward(hours=49)
    many = 2 * sweep.BATCH + 1
    assert sweep.once(site) == {"uploads": many, "holds": many, "blobs": many, "strays": 0}
    assert pulling.pull(web, "v1").keys() >= {kept.digest}


def test_a_second_round_finds_nothing(site: Site, clock: Clock, web: Target) -> None:
    make.blob(web, b"layer")
    make.manifest(web, b"kept", tag="v1")
    clock.forward(hours=49)
    sweep.once(site)
    assert sweep.once(site) == {"uploads": 0, "holds": 0, "blobs": 0, "strays": 0}


def test_a_bare_blob_row_that_was_never_held_goes(site: Site) -> None:
    content = digest.of(b"x")
    values = {"size": 1, "key": space.leave_object(site, b"x"), "created_at": site.now() - timedelta(days=3)}
    with site.db.write() as tx:
        tx.execute(insert(blob_rows).values(digest=str(content), **values))
    sweep.once(site)
    assert (space.keys(site), space.objects(site)) == (set(), set())
