from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from berth.db.tables import audit_event, image, manifest, repository
from berth.registry import blobs, images
from berth.site import Site
from berth.words import digest
from berth.words.errors import FieldInvalid, ImageInactive, Locked, ManifestUnknown, TagImmutable
from berth.words.policies import LockPolicy
from tests import documents, make
from tests.make import ACTOR, Target
from tests.registry import acts
from tests.sites import Clock


@pytest.fixture
def first(web: Target) -> documents.Document:
    return make.manifest(web, b"first", tag="v1")


@pytest.fixture
def second(web: Target) -> documents.Document:
    return make.manifest(web, b"second", tag="v2")


def test_a_locked_digest_keeps_its_tags(web: Target, first: documents.Document, second: documents.Document) -> None:
    acts.lock(web, first, reason="released")
    for change in (
        lambda: make.push(web, second, tag="v1"),
        lambda: make.push(web, first, tag="v2"),
        lambda: make.push(web, first, tag="new"),
        lambda: acts.untag(web, "v1"),
    ):
        with pytest.raises(Locked, match=f"{first.digest} is locked by ann .*: released"):
            change()
    assert (acts.tagged(web, "v1"), acts.tagged(web, "v2")) == (first.digest, second.digest)
    assert acts.tagged(web, "new") is None


def test_pushing_what_is_there_succeeds_in_a_locked_image(web: Target, first: documents.Document) -> None:
    acts.lock(web)
    make.push(web, first, tag="v1")
    assert acts.tagged(web, "v1") == first.digest


def test_a_locked_image_takes_no_new_tag_and_no_new_digest(web: Target, first: documents.Document) -> None:
    acts.lock(web)
    make.blob(web, b"more")
    with pytest.raises(Locked, match="main/apps/web is locked"):
        make.push(web, documents.manifest(b"{}", [b"more"]))
    with pytest.raises(Locked):
        make.push(web, first, tag="v2")
    with pytest.raises(Locked):
        acts.untag(web, "v1")


def test_a_locked_image_lets_go_of_no_blob(web: Target, first: documents.Document, site: Site) -> None:
    del first
    content = make.blob(web, b"more")
    acts.lock(web)
    with pytest.raises(Locked), site.db.write() as tx:
        blobs.remove(tx, images.find(tx, web.place, web.path), content, ACTOR, at=site.now())


def test_a_locked_index_protects_its_children(web: Target) -> None:
    child = make.manifest(web, b"amd64", tag="v1-amd64")
    index = make.index(web, [child], tag="v1")
    other = make.manifest(web, b"other", tag="v2")
    acts.lock(web, index)
    with pytest.raises(Locked, match=index.digest):
        make.push(web, other, tag="v1-amd64")
    with pytest.raises(Locked, match=index.digest):
        acts.delete(web, index)


def test_a_lock_ends_by_itself(
    web: Target, first: documents.Document, second: documents.Document, clock: Clock
) -> None:
    acts.lock(web, first, until=clock() + timedelta(days=1))
    acts.lock(web, until=clock() + timedelta(hours=1))
    clock.forward(hours=2)
    make.push(web, second, tag="v3")
    with pytest.raises(Locked, match=first.digest):
        make.push(web, first, tag="v3")
    clock.forward(days=1)
    make.push(web, first, tag="v3")
    assert acts.tagged(web, "v3") == first.digest


@pytest.mark.parametrize(
    ("given", "field"), [({"reason": "x" * 256}, "reason"), ({"until": timedelta(seconds=-1)}, "until")]
)
def test_a_lock_that_cannot_be_is_refused(
    web: Target, first: documents.Document, clock: Clock, given: dict[str, object], field: str
) -> None:
    chosen = {name: clock() + value if isinstance(value, timedelta) else value for name, value in given.items()}
    with pytest.raises(FieldInvalid, match=field):
        acts.lock(web, first, **chosen)  # type: ignore[arg-type]  # as given


def test_unlocking_an_image_unlocks_all_inside(web: Target, first: documents.Document) -> None:
    acts.lock(web, first)
    acts.lock(web)
    acts.unlock(web)
    make.push(web, first, tag="v2")
    assert acts.tagged(web, "v2") == first.digest


def test_one_digest_of_a_locked_image_is_not_unlocked(web: Target, first: documents.Document) -> None:
    acts.lock(web, reason="frozen")
    [outcome] = acts.unlock(web, first)
    assert str(outcome.refusal).startswith("main/apps/web is locked by ann")
    assert not outcome.done


def test_several_are_locked_at_once_and_each_is_told(
    web: Target, first: documents.Document, second: documents.Document
) -> None:
    missing = documents.manifest(b"{}", [b"nowhere"])
    outcomes = acts.lock_each(web, [first, missing, second])
    assert [(outcome.item, outcome.done) for outcome in outcomes] == [
        (first.digest, True),
        (missing.digest, False),
        (second.digest, True),
    ]
    assert isinstance(outcomes[1].refusal, ManifestUnknown)


def test_more_than_fifty_are_refused_with_the_limit(web: Target, first: documents.Document) -> None:
    with pytest.raises(FieldInvalid, match="digests: at most 50 in one request, these are 51"):
        acts.lock_each(web, [first] * 51)


def test_locks_are_edits_that_audit_tells(web: Target, first: documents.Document, site: Site) -> None:
    acts.lock(web, first, reason="released")
    acts.unlock(web, first)
    with site.db.read() as tx:
        row = tx.execute(select(manifest.c.version, manifest.c.edited_by)).one()
        told = tx.execute(
            select(audit_event.c.action, audit_event.c.before, audit_event.c.after)
            .where(audit_event.c.target == f"main/apps/web@{first.digest}")
            .order_by(audit_event.c.id)
        ).all()
    assert (row.version, row.edited_by) == (3, "ann")
    assert [each.action for each in told] == ["manifest.lock", "manifest.unlock"]
    assert told[0].after["reason"] == told[1].before["reason"] == "released"


@pytest.fixture
def by_default(site: Site, web: Target) -> None:
    with site.db.write() as tx:
        tx.execute(update(repository).values(policy_lock=LockPolicy(locked=True).to_json()))
    del web


@pytest.mark.usefixtures("by_default")
def test_by_default_an_image_is_locked_when_its_first_tag_is_put(web: Target) -> None:
    child = make.manifest(web, b"amd64")
    make.blob(web, b"arm64")
    index = make.index(web, [child], tag="v1")
    with pytest.raises(Locked, match="locked by default"):
        make.push(web, documents.manifest(b"{}", [b"arm64"]), tag="v2")
    make.push(web, index, tag="v1")
    acts.unlock(web)
    make.manifest(web, b"arm64", tag="v2")
    assert acts.look(web).lock is None


@pytest.fixture
def immutable(site: Site, web: Target) -> Callable[[str], None]:
    def choose(rule: str) -> None:
        with site.db.write() as tx:
            tx.execute(update(repository).where(repository.c.id == web.place.repository_id).values(immutable_tags=rule))

    return choose


def test_an_immutable_tag_is_put_once(
    web: Target, first: documents.Document, second: documents.Document, immutable: Callable[[str], None]
) -> None:
    immutable("v*")
    with pytest.raises(TagImmutable, match="v1 is not moved: tags that match 'v\\*'"):
        make.push(web, second, tag="v1")
    make.push(web, first, tag="v1")
    make.push(web, first, tag="latest")
    make.push(web, second, tag="latest")
    assert (acts.tagged(web, "v1"), acts.tagged(web, "latest")) == (first.digest, second.digest)


def test_fallback_names_are_never_immutable(
    web: Target, first: documents.Document, second: documents.Document, immutable: Callable[[str], None]
) -> None:
    immutable("*")
    name = f"{first.digest.replace(':', '-')}.sig"
    make.push(web, second, tag=name)
    third = make.manifest(web, b"third")
    make.push(web, third, tag=name)
    assert acts.tagged(web, name) == third.digest


def test_nothing_is_pushed_into_an_inactive_image(web: Target, first: documents.Document, site: Site) -> None:
    with site.db.write() as tx:
        tx.execute(update(image).values(state="inactive", state_reason="disk full"))
    with pytest.raises(ImageInactive, match="disk full"):
        make.push(web, first, tag="v1")
    with pytest.raises(ImageInactive):
        acts.lock(web)
    assert acts.tagged(web, "v1") is None
    assert digest.parse(first.digest)
