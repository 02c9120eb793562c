"""Registries and repositories that were deleted: in the trash, and back from it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import registry, repository, trash, trash_history
from berth.jobs import run_jobs
from berth.people import accounts, grants
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.registry import (
    deletion,
    editing,
    history,
    operations,
    place_restoring,
    place_trash,
    places,
    registries,
    repositories,
    sweep,
)
from berth.registry.operations import Operation
from berth.registry.place_restoring import Requested
from berth.registry.place_trash import Item
from berth.registry.trash import BATCH
from berth.site import Site
from berth.words.actions import Action
from berth.words.errors import AlreadyExists, NotEmpty, RepositoryUnknown, TrashUnknown
from berth.worker import JOBS
from tests import make
from tests.make import Target
from tests.registry import acts, space
from tests.sites import Clock

OPERATOR = Caller(Principal(0, "root", administrator=True), acts.PERSON)
WEEK = timedelta(days=7)


def delete(site: Site, path: str, *, dry_run: bool = False) -> deletion.Requested:
    with site.db.write() as tx:
        place = places.find(tx, path)
        asked = deletion.request_place(tx, place, path, acts.PERSON, at=site.now(), dry_run=dry_run)
    run_jobs(site, JOBS)
    return asked


def in_trash(site: Site, above: str | None = None, caller: Caller = OPERATOR) -> list[Item]:
    with site.db.read() as tx:
        if above is None:
            return place_trash.registries(tx, Wanted("deleted_at")).items
        return place_trash.repositories(tx, caller, places.find(tx, above), Wanted("deleted_at")).items


def discard(site: Site, item: Item) -> None:
    with site.db.write() as tx:
        above = places.find(tx, item.path.partition("/")[0]) if item.kind == "repository" else None
        place_trash.discard(tx, OPERATOR, above, [item.id], at=site.now())
    run_jobs(site, JOBS)


def restore(site: Site, item: Item, *, name: str | None = None, caller: Caller = OPERATOR) -> Requested:
    with site.db.write() as tx:
        if item.kind == "registry":
            asked = place_restoring.request_registry(tx, caller, item.id, at=site.now(), name=name)
        else:
            above = places.find(tx, item.path.partition("/")[0])
            asked = place_restoring.request_repository(tx, caller, above, item.id, at=site.now(), name=name)
    run_jobs(site, JOBS)
    return asked


def ended(site: Site, asked: Requested) -> Operation:
    with site.db.read() as tx:
        return operations.find(tx, asked.operation or "")


def user(site: Site, name: str, path: str, *actions: Action) -> Caller:
    with site.db.write() as tx:
        made = accounts.create(tx, acts.PERSON, name, at=site.now(), robot=True)
        grants.give(tx, acts.PERSON, made, places.find(tx, path), frozenset(actions), at=site.now())
        return Caller(Principal(made.id, name), acts.PERSON)


def test_a_repository_comes_back_with_settings_rights_and_images(web: Target, other: Target, site: Site) -> None:
    with site.db.write() as tx:
        editing.repository_(
            tx, web.place, acts.PERSON, at=site.now(), description="of the shop", immutable_tags="release-*"
        )
    owner = user(site, "owner", "main/apps", Action.ADMIN)
    old, gone = make.manifest(web, b"old", tag="v1"), make.manifest(web, b"gone", tag="gone")
    new = make.manifest(web, b"new", tag="v1")
    make.manifest(other, b"other", tag="v1")
    acts.delete(web, gone)
    assert vars(delete(site, "main/apps", dry_run=True).inside) == {
        "repositories": 0,
        "images": 2,
        "digests": 3,
        "tags": 2,
    }
    delete(site, "main/apps")
    with pytest.raises(RepositoryUnknown), site.db.read() as tx:
        places.find(tx, "main/apps")
    [item] = in_trash(site, "main", owner)
    assert (item.path, item.description, item.images, item.deleted_by) == ("main/apps", "of the shop", 2, "ann")
    assert item.purge_at == item.deleted_at + WEEK
    operation = ended(site, restore(site, item, caller=owner))
    assert (operation.state, operation.finished, operation.total) == ("done", 2, 2)
    assert (acts.tagged(web, "v1"), acts.states(web)) == (new.digest, {old.digest: "active", new.digest: "active"})
    assert acts.tagged(other, "v1") is not None
    with site.db.read() as tx:
        found = repositories.find(tx, "main", "apps")
        assert (found.id, found.immutable_tags, found.state) == (web.place.repository_id, "release-*", "active")
        spans = history.page(tx, acts.look(web), "v1", Wanted("-at")).items
    assert old.digest in [span.digest for span in spans]
    # What was in its trash before is there again, and nothing else.
    assert [entry.digest for entry in acts.in_trash(web)] == [gone.digest]
    assert in_trash(site, "main") == []


def test_a_registry_comes_back_with_the_repositories_that_went_with_it(web: Target, site: Site) -> None:
    with site.db.write() as tx:
        registries.edit(tx, acts.PERSON, "main", at=site.now(), private_host="registry.test")
        for name in ("before", "empty"):
            repositories.create(tx, acts.PERSON, "main", name, at=site.now())
        repositories.remove(tx, acts.PERSON, "main", "before", at=site.now(), keep=WEEK)
    document = make.manifest(web, b"layer", tag="v1")
    inside = delete(site, "main", dry_run=True).inside
    assert inside is not None
    assert (inside.repositories, inside.images) == (2, 1)
    delete(site, "main")
    with site.db.write() as tx:
        assert registries.every(tx) == []
        registries.create(tx, acts.PERSON, "other", at=site.now(), private_host="registry.test")
    [item] = in_trash(site)
    assert (item.kind, item.path, item.images) == ("registry", "main", 1)
    with pytest.raises(AlreadyExists, match="host of registry"):
        restore(site, item)
    with site.db.write() as tx:
        registries.edit(tx, acts.PERSON, "other", at=site.now(), private_host="")
    assert ended(site, restore(site, item)).state == "done"
    with site.db.read() as tx:
        assert registries.find(tx, "main").private_host == "registry.test"
        assert [found.path for found in repositories.of_registry(tx)] == ["main/apps", "main/empty"]
    assert acts.tagged(web, "v1") == document.digest
    assert [each.path for each in in_trash(site, "main")] == ["main/before"]


def test_what_has_taken_the_name_meanwhile_is_told(web: Target, site: Site) -> None:
    document = make.manifest(web, b"layer", tag="v1")
    delete(site, "main/apps")
    newer = make.image(site, "main/apps/web")
    taken = make.manifest(newer, b"newer", tag="v1")
    [item] = in_trash(site, "main")
    with pytest.raises(AlreadyExists, match="main/apps"):
        restore(site, item)
    assert restore(site, item, name="apps-again").path == "main/apps-again"
    back = make.image(site, "main/apps-again/web")
    assert (acts.tagged(newer, "v1"), acts.tagged(back, "v1")) == (taken.digest, document.digest)


def test_an_image_whose_tag_is_pushed_before_it_is_back_stays_in_the_trash(web: Target, site: Site) -> None:
    make.manifest(web, b"layer", tag="v1")
    delete(site, "main/apps")
    [item] = in_trash(site, "main")
    with site.db.write() as tx:
        above = places.find(tx, "main")
        asked = place_restoring.request_repository(tx, OPERATOR, above, item.id, at=site.now())
    make.manifest(web, b"first", tag="v1")
    run_jobs(site, JOBS)
    operation = ended(site, asked)
    assert (operation.state, [each["state"] for each in operation.items]) == ("failed", ["failed"])
    assert "v1 is in use" in operation.items[0]["reason"]
    assert [entry.kind for entry in acts.in_trash(web)] == ["digest", "image"]


def test_its_time_over_a_place_is_gone_for_good_with_its_bytes(web: Target, site: Site, clock: Clock) -> None:
    make.manifest(web, b"layer", tag="v1")
    delete(site, "main")
    [item] = in_trash(site)
    clock.at = item.purge_at
    with site.db.write() as tx:
        place_trash.purge.put(tx, at=site.now())
    run_jobs(site, JOBS)
    sweep.once(site)
    assert (in_trash(site), space.objects(site)) == ([], set())
    with site.db.read() as tx:
        assert (tx.execute(select(registry.c.id)).all(), tx.execute(select(repository.c.id)).all()) == ([], [])


@pytest.mark.parametrize(("path", "following"), [("main", "next"), ("main/apps", "main/next")])
def test_what_was_done_in_a_place_that_is_gone_is_not_seen_in_the_next_one(
    web: Target, site: Site, path: str, following: str
) -> None:
    """SQLite gives the number of the last row, once it is gone, to the next one."""
    make.manifest(web, b"one", tag="v1")
    delete(site, path)
    discard(site, in_trash(site, path.rpartition("/")[0] or None)[0])
    make.repository(site, following if "/" in following else "next/apps")
    caller = Caller(user(site, "new", following, Action.ADMIN).principal, Actor("new"))
    with site.db.read() as tx:
        assert operations.page(tx, None, Wanted("-started_at"), operations.visible(tx, caller)).items == []
        assert operations.page(tx, None, Wanted("-started_at"), operations.visible(tx, OPERATOR)).items != []


@pytest.mark.parametrize("path", ["main", "main/apps"])
def test_the_number_of_a_place_that_is_gone_is_not_given_to_another(site: Site, path: str) -> None:
    """Who still sees it in a list and gives it up, too, must not lose what was deleted since."""
    make.repository(site, "main/apps")
    top = path.rpartition("/")[0] or None
    delete(site, path)
    [seen] = in_trash(site, top)
    discard(site, seen)
    make.repository(site, "main/next")
    delete(site, "main/next" if top else "main")
    with pytest.raises(TrashUnknown):
        discard(site, seen)
    assert len(in_trash(site, top)) == 1


def test_a_place_is_given_up_before_its_time(web: Target, site: Site) -> None:
    make.manifest(web, b"layer", tag="v1")
    delete(site, "main/apps")
    [item] = in_trash(site, "main")
    with site.db.write() as tx:
        above = places.find(tx, "main")
        place_trash.discard(tx, OPERATOR, above, [item.id], at=site.now())
    with pytest.raises(TrashUnknown):
        restore(site, item)
    assert in_trash(site, "main") == []
    run_jobs(site, JOBS)
    with site.db.read() as tx:
        assert tx.execute(select(repository.c.id)).all() == []


def test_much_goes_for_good_in_small_transactions_and_goes_on_after_a_crash(web: Target, site: Site) -> None:
    make.manifest(web, b"layer", tag="v1")
    delete(site, "main")
    [item] = in_trash(site)
    left = [enlarged(site)]
    with site.db.write() as tx:
        place_trash.discard(tx, OPERATOR, None, [item.id], at=site.now())
    assert in_trash(site) == []
    again = make.image(site, "main/apps/web")  # nobody has to wait for the name
    for allowed in (3, 4):
        with pytest.raises(acts.Crash):
            acts.run_jobs_with_writes(site, allowed)
        with pytest.raises(TrashUnknown):
            restore(site, item)
        site.now.forward(minutes=2)  # type: ignore[attr-defined]  # the clock of tests
        left.append(lines_in_trash(site))
    run_jobs(site, JOBS)
    assert left[0] > left[1] > left[2] > lines_in_trash(site) == 0
    assert left[0] - left[2] <= 3 * place_trash.HISTORY  # two runs, and three transactions of theirs
    with site.db.read() as tx:
        assert tx.scalars(select(repository.c.id)).all() == [again.place.repository_id]


def enlarged(site: Site) -> int:
    """Make the trash of the only repository large, and count what is in it."""
    with site.db.write() as tx:
        image = tx.execute(select(trash).where(trash.c.kind == "image")).mappings().one()
        values = {name: value for name, value in image.items() if name != "id"}
        tx.execute(insert(trash), [{**values, "kind": "digest"} for _ in range(4 * BATCH)])
        line = {"batch": image["batch"], "name": "v1", "at": site.now(), "by": "ann", "why": "push"}
        tx.execute(insert(trash_history), [line for _ in range(4 * place_trash.HISTORY)])
    return lines_in_trash(site)


def lines_in_trash(site: Site) -> int:
    with site.db.read() as tx:
        return sum(tx.scalar(select(func.count()).select_from(table)) or 0 for table in (trash, trash_history))


def test_only_who_had_the_right_to_delete_it_sees_it_in_the_trash(web: Target, site: Site) -> None:
    make.manifest(web, b"layer", tag="v1")
    pusher = user(site, "pusher", "main/apps", Action.PULL, Action.PUSH, Action.DELETE)
    delete(site, "main/apps")
    [item] = in_trash(site, "main")
    assert in_trash(site, "main", pusher) == []
    with pytest.raises(TrashUnknown):
        restore(site, item, caller=pusher)


@pytest.mark.parametrize("keep", [timedelta(0), WEEK])
def test_an_empty_place_is_in_the_trash_only_where_that_keeps_anything(site: Site, keep: timedelta) -> None:
    make.repository(site, "main/apps")
    with site.db.write() as tx:
        with pytest.raises(NotEmpty):
            registries.remove(tx, acts.PERSON, "main", at=site.now(), keep=keep)
        repositories.remove(tx, acts.PERSON, "main", "apps", at=site.now(), keep=keep)
        left = tx.scalars(select(repository.c.state)).all()
        registries.remove(tx, acts.PERSON, "main", at=site.now(), keep=keep)
        left_above = tx.scalars(select(registry.c.state)).all()
    assert left == left_above == ["trashed" if keep else "leaving"]
    run_jobs(site, JOBS)
    with site.db.read() as tx:
        assert len(tx.scalars(select(repository.c.id)).all()) == bool(keep)
        assert len(tx.scalars(select(registry.c.id)).all()) == bool(keep)


def test_no_list_names_what_is_in_the_trash(site: Site) -> None:
    make.repository(site, "main/apps")
    owner = user(site, "owner", "main/apps", Action.ADMIN)
    delete(site, "main/apps")
    with site.db.read() as tx:
        assert grants.every(tx) == []
        assert repositories.of_registry(tx) == []
        assert place_trash.every(tx, owner, 5) == in_trash(site, "main", owner)
