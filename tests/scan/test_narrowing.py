"""Lists that are narrowed by how digests stand have those that say so themselves, and an index says it of any image."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, update

from berth.db.pages import Wanted
from berth.db.tables import manifest
from berth.registry import latest, rows
from berth.registry.images import Image
from berth.scan import narrowing, standing
from berth.scan.narrowing import Asked
from berth.site import Site
from berth.words.policies import Level, ScanPolicy
from tests import make
from tests.make import Target
from tests.scan.test_looking import HERE, LIBC, NEWER, scanned

ALL = Wanted("name", 100)
OFF = ScanPolicy()
POLICIES = (
    OFF,
    ScanPolicy(exclusion=True, exclude_level=Level.HIGH),
    ScanPolicy(exclusion=True, exclude_language_packages=True),
    ScanPolicy(exclusion=True, exclude_level=Level.CRITICAL),
)


@pytest.fixture
def lists(site: Site, web: Target) -> None:
    made = {name: make.manifest(web, name.encode()) for name in ("critical", "high", "low", "clean", "bare", "gone")}
    made |= {name: make.manifest(web, name.encode()) for name in ("queued", "failed")}
    levels = {"critical": (HERE, Level.CRITICAL), "high": (NEWER, Level.HIGH), "low": (LIBC, Level.LOW)}
    with site.db.write() as tx:
        for name, (package, level) in levels.items():
            scanned(tx, web, made[name], package, level=level)
        scanned(tx, web, made["clean"])
        for name in ("queued", "failed"):
            tx.execute(update(manifest).where(manifest.c.digest == made[name].digest).values(scan_state=name))
        tx.execute(update(manifest).where(manifest.c.digest == made["gone"].digest).values(scan_state="done"))
    for names in (["low", "critical"], ["clean"], ["bare", "high"], ["queued", "failed"], ["gone", "queued"]):
        index = make.index(web, [made[name] for name in names], tag="-".join(names))
        make.index(web, [index], tag=f"over-{names[0]}")


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("policy", POLICIES)
def test_a_list_has_those_that_say_it_of_themselves(site: Site, web: Target, policy: ScanPolicy) -> None:
    with site.db.read() as tx:
        found = web.for_push(tx)
        every = rows.page(tx, found, ALL, at=site.now(), filters=rows.Filters(everything=True)).items
        stands = standing.of(tx, found, every, at=site.now(), policy=policy)
        for asked in narrowing.ASKED:
            those = {row.digest for row in every if narrowing.says(stands[row.id], asked)}
            assert narrowed(tx, found, asked, policy, site.now()) == those, asked
            assert policy != OFF or those


@pytest.mark.usefixtures("lists")
def test_what_each_word_means(site: Site, web: Target) -> None:
    """Of single images."""
    with site.db.read() as tx:
        found = web.for_push(tx)
        every = rows.page(tx, found, ALL, at=site.now(), filters=rows.Filters(everything=True)).items
        stands = standing.of(tx, found, every, at=site.now())
        said = {
            asked: sum(narrowing.says(stands[row.id], asked) for row in every if row.kind == "image")
            for asked in narrowing.ASKED
        }
    assert said == {"critical": 1, "high": 2, "any": 3, "none": 1, "unchecked": 2, "checking": 1, "failed": 1}


def narrowed(tx: Connection, found: Image, asked: Asked, policy: ScanPolicy, at: datetime) -> set[str]:
    where = [narrowing.to(found, asked, policy)]
    everything = rows.Filters(everything=True)
    page = rows.page(tx, found, ALL, at=at, filters=everything, where=where)
    return {row.digest for row in page.items}


@pytest.mark.usefixtures("lists")
def test_the_newest_tag_stands_as_its_row_does(site: Site, web: Target) -> None:
    with site.db.read() as tx:
        found = web.for_push(tx)
        newest = latest.of(tx, [found.id])
        [row] = [row for row in rows.page(tx, found, ALL, at=site.now()).items if newest[found.id].name in row.tags]
        assert (
            standing.of_latest(tx, newest, at=site.now())[found.id]
            == standing.of(tx, found, [row], at=site.now())[row.id]
        )
