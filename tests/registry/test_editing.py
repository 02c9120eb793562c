from typing import Any

import pytest
from sqlalchemy import select, update

from berth.audit.events import Actor
from berth.db.tables import audit_event, image
from berth.registry import applying, deletion, details, editing, operations, repositories
from berth.registry.details import ImageDetail
from berth.registry.editing import Chosen
from berth.site import Site
from berth.words.errors import FieldInvalid, ImageBusy, Locked, ManifestUnknown, PlaceDeleting, Stale
from berth.words.policies import DeletionPolicy, LockPolicy, PullPolicy, ScanPolicy
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock


@pytest.fixture
def first(web: Target) -> Document:
    return make.manifest(web, b"first", tag="v1")


def detail(target: Target) -> ImageDetail:
    with target.site.db.read() as tx:
        return details.of_image(tx, acts.look(target), at=target.site.now())


def edit(target: Target, **given: Any) -> None:  # Any: what the act takes
    acts.on(target, editing.image_, acts.PERSON, **given)


def edit_repository(target: Target, **given: Any) -> None:  # Any: what the act takes
    with target.site.db.write() as tx:
        editing.repository_(tx, target.place, acts.PERSON, at=target.site.now(), **given)


def told(site: Site, action: str) -> list[tuple[Any, Any]]:  # Any: JSON values
    query = select(audit_event.c.before, audit_event.c.after).where(audit_event.c.action == action)
    with site.db.read() as tx:
        return [(row.before, row.after) for row in tx.execute(query.order_by(audit_event.c.id))]


def test_an_edit_moves_the_version_on_and_is_told_with_before_and_after(
    web: Target, first: Document, clock: Clock
) -> None:
    clock.forward(hours=1)
    edit(web, description="The shop", policies=Chosen(pull=PullPolicy(restrict_vulnerable=True)), expected=1)
    now = detail(web)
    assert (now.description, now.policies.pull.restrict_vulnerable, now.version) == ("The shop", True, 2)
    assert (now.edited_by, now.edited_at) == ("ann", clock())
    [(before, after)] = told(web.site, "image.edit")
    assert (before["description"], after["description"]) == ("", "The shop")
    assert (before["pull"]["restrict_vulnerable"], after["pull"]["restrict_vulnerable"]) == (False, True)
    del first


def test_of_two_who_edit_at_once_the_second_is_told(web: Target, first: Document) -> None:
    edit(web, description="one", expected=1)
    with pytest.raises(Stale):
        edit(web, description="two", expected=1)
    acts.on(web, editing.digest, acts.of(first), acts.PERSON, description="one", expected=1)
    with pytest.raises(Stale):
        acts.on(web, editing.digest, acts.of(first), acts.PERSON, description="two", expected=1)
    edit_repository(web, description="one", expected=1)
    with pytest.raises(Stale):
        edit_repository(web, description="two", expected=1)


def test_what_changes_nothing_is_no_edit(web: Target, first: Document) -> None:
    edit(web, description="", policies=Chosen(scan=ScanPolicy(), lock=LockPolicy()))
    assert (detail(web).version, told(web.site, "image.edit")) == (1, [])
    del first


def test_a_locked_image_can_be_described(web: Target, first: Document) -> None:
    acts.lock(web)
    edit(web, description="frozen")
    acts.on(web, editing.digest, acts.of(first), acts.PERSON, description="the first one")
    assert detail(web).description == "frozen"


def test_the_lock_policy_of_an_image_is_its_lock(web: Target, first: Document) -> None:
    edit(web, policies=Chosen(lock=LockPolicy(locked=True)))
    with pytest.raises(Locked):
        make.push(web, first, tag="v2")
    assert detail(web).policies.lock.locked
    edit(web, policies=Chosen(lock=LockPolicy(locked=False)))
    make.push(web, first, tag="v2")
    assert not detail(web).policies.lock.locked


def test_a_description_has_at_most_255_characters(web: Target, first: Document) -> None:
    with pytest.raises(FieldInvalid, match="description"):
        edit(web, description="x" * 256)
    with pytest.raises(ManifestUnknown):
        acts.on(web, editing.digest, acts.of(documents.index([])), acts.PERSON, description="x")
    del first


def test_settings_wait_while_an_operation_changes_the_image(web: Target, first: Document) -> None:
    make.manifest(web, b"second", tag="v2")
    requested = acts.request(web, first)
    for act in (lambda: edit(web, description="x"), lambda: acts.lock(web), lambda: acts.unlock(web)):
        with pytest.raises(ImageBusy, match=requested.operation or "no operation"):
            act()
    assert detail(web).operation == requested.operation
    acts.work(web)
    edit(web, description="x")


def test_new_defaults_count_for_new_images_only(web: Target, other: Target, first: Document) -> None:
    chosen = Chosen(deletion=DeletionPolicy(enabled=True, expression="v*"))
    edit_repository(web, policies=chosen, immutable_tags="v*")
    make.manifest(other, b"layer", tag="v1")
    assert not detail(web).policies.deletion.enabled
    assert detail(other).policies.deletion.enabled
    with web.site.db.read() as tx:
        assert editing.immutable_tags(tx, web.place) == "v*"
    with pytest.raises(FieldInvalid, match="immutable_tags"):
        edit_repository(web, immutable_tags="no spaces")
    del first


def apply(web: Target, *which: str) -> str:
    with web.site.db.write() as tx:
        return applying.request(tx, web.place, which, acts.PERSON, at=web.site.now())


def preview(web: Target, *which: str) -> list[tuple[str, str]]:
    with web.site.db.read() as tx:
        return [(each.image, each.policy) for each in applying.preview(tx, web.place, which)]


def test_defaults_are_applied_to_the_images_that_differ(web: Target, other: Target, first: Document) -> None:
    make.manifest(other, b"layer", tag="v1")
    edit(other, policies=Chosen(pull=PullPolicy(restrict_unscanned=True)))
    edit_repository(web, policies=Chosen(pull=PullPolicy(restrict_unscanned=True), lock=LockPolicy(locked=True)))
    assert preview(web, "pull") == [("main/apps/web", "pull")]
    assert preview(web, "pull", "lock") == [
        ("main/apps/other", "lock"),
        ("main/apps/web", "pull"),
        ("main/apps/web", "lock"),
    ]
    operation = apply(web, "pull", "lock")
    assert detail(web).state == "editing"
    with pytest.raises(ImageBusy, match=operation):
        edit(web, description="x")
    make.push(web, first, tag="v2")
    acts.work(web)
    assert (detail(web).state, detail(web).policies.pull.restrict_unscanned) == ("active", True)
    with pytest.raises(Locked):
        make.push(web, first, tag="v3")
    with web.site.db.read() as tx:
        ended = operations.find(tx, operation)
    assert (ended.state, ended.total, ended.finished) == ("done", 2, 2)
    assert preview(web, "pull", "lock") == []


def test_applying_ends_also_when_it_fails(web: Target, first: Document) -> None:
    edit_repository(web, policies=Chosen(scan=ScanPolicy(automatic=True)))
    operation = apply(web, "scan")
    with web.site.db.write() as tx:  # a document that no release of ours has written
        tx.execute(update(image).values(policy_lock=[]))
    acts.work(web)
    with web.site.db.read() as tx:
        assert operations.find(tx, operation).state == "failed"
        assert tx.scalars(select(image.c.state)).all() == ["active"]
    del first


def test_policies_that_are_none_are_refused(web: Target, first: Document) -> None:
    for which in ([], ["colour"]):
        with pytest.raises(FieldInvalid, match="policies"):
            preview(web, *which)
    del first


def test_a_registry_on_its_way_out_takes_no_new_repository(web: Target, site: Site, first: Document) -> None:
    place = type(web.place)(web.place.registry_id, "main", "private")
    with site.db.write() as tx:
        deletion.request_place(tx, place, "main", Actor("ann"), at=site.now())
    with pytest.raises(PlaceDeleting), site.db.write() as tx:
        repositories.create(tx, Actor("ann"), "main", "more", at=site.now())
    acts.work(web)
    del first
