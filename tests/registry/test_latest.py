"""What the list of images tells beside each image and above all of them, on both databases."""

from datetime import datetime

from berth.registry import latest, overview
from berth.registry.latest import Latest
from berth.site import Site
from tests import make
from tests.make import Target
from tests.registry import acts
from tests.registry.test_rows import counted
from tests.sites import Clock


def test_the_latest_tag_is_the_one_that_was_put_or_moved_last(web: Target, site: Site, clock: Clock) -> None:
    first = make.manifest(web, b"first layer", tag="v1")
    clock.forward(days=1)
    second = make.manifest(web, b"second", tag="v2")
    bare = make.image(site, "main/apps/bare")
    make.manifest(bare, b"nameless")
    found, other = acts.look(web), acts.look(bare)
    with site.db.read() as tx, counted(site) as said:
        told = latest.of(tx, [found.id, other.id])
        assert latest.of(tx, []) == {}
    assert told.keys() == {found.id}
    assert facts(told[found.id]) == ("v2", site.now(), second.digest, len(second.body) + len(b"{}") + len(b"second"))
    assert len(said) == 1
    clock.forward(days=1)
    make.push(web, first, tag="v2")
    with site.db.read() as tx:
        told = latest.of(tx, [found.id])
    size = len(first.body) + len(b"{}") + len(b"first layer")
    assert facts(told[found.id]) == ("v2", site.now(), first.digest, size)


def facts(found: Latest) -> tuple[str, datetime, str, int]:
    return found.name, found.at, found.digest, found.size


def test_images_and_tags_of_a_repository_are_counted_up_to_a_bound(web: Target, site: Site) -> None:
    for name in ("v1", "v2", "v3"):
        make.manifest(web, name.encode(), tag=name)
    make.manifest(make.image(site, "main/apps/other"), b"other", tag="v1")
    make.manifest(make.image(site, "main/elsewhere/web"), b"elsewhere", tag="v1")
    with site.db.read() as tx, counted(site) as said:
        assert overview.count(tx, web.place, 100) == (2, 4)
        assert overview.count(tx, web.place, 3) == (2, 3)
    assert len(said) == 2
