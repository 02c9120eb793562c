import pytest

from berth.jobs import run_jobs
from berth.registry import details, measuring
from berth.registry.details import ImageDetail
from berth.site import Site
from berth.worker import JOBS
from tests import make
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock


def detail(target: Target) -> ImageDetail:
    with target.site.db.read() as tx:
        return details.of_image(tx, acts.look(target), at=target.site.now())


def measure(site: Site) -> None:
    with site.db.write() as tx:
        measuring.measure.put(tx, at=site.now())
    run_jobs(site, JOBS)


def test_a_large_image_is_shown_as_it_was_last_counted(
    web: Target, other: Target, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "LARGE", 2)
    for number in range(3):
        make.manifest(web, b"layer", tag=f"v{number}", annotations={"number": str(number)})
    make.manifest(other, b"layer", tag="v1")
    assert (detail(web).digests, detail(web).measured_at) == (3, None)
    measure(site)
    counted, before = clock(), detail(web)
    clock.forward(minutes=1)
    make.manifest(web, b"more", tag="v3")
    make.manifest(other, b"more", tag="v2")
    assert detail(web) == before
    assert (before.tags, before.measured_at) == (3, counted)
    assert (detail(other).digests, detail(other).measured_at) == (2, None)
    clock.forward(minutes=10)
    measure(site)
    assert (detail(web).digests, detail(web).tags) == (4, 4)
    assert detail(web).sizes.total > before.sizes.total


def test_a_large_image_is_deleted_with_its_measure(web: Target, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LARGE", 0)
    make.manifest(web, b"layer", tag="v1")
    measure(site)
    acts.request(web)
    acts.work(web)
    measure(site)
    acts.restore_all(web)
    assert detail(web).digests == 1
