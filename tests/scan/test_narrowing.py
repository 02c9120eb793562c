"""Lists that are narrowed by how digests stand have those that say so themselves, and an index says it of any image."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, update

from berth.db.pages import Wanted
from berth.db.tables import manifest
from berth.registry import latest, rows
from berth.registry.images import Image
from berth.scan import narrowing, standing
from berth.scan.narrowing import Asked
from berth.scan.standing import Standing
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


def has(least: Level) -> Callable[[Standing], bool]:
    worse = list(Level)[list(Level).index(least) :]
    return lambda stands: stands.counts is not None and any(stands.counts.levels[each] for each in worse)


SAYS: dict[Asked, Callable[[Standing], bool]] = {
    "critical": has(Level.CRITICAL),
    "high": has(Level.HIGH),
    "any": has(Level.NONE),
    "none": lambda stands: stands.counts is not None and not stands.counts.total,
    "unchecked": lambda stands: stands.state == "not-scanned",
    "checking": lambda stands: stands.goes_on,
    "failed": lambda stands: stands.state == "failed",
}
OF_EACH = ("unchecked", "checking", "failed")
"""Of an index told as soon as it is true of one of its images."""


@pytest.fixture
def lists(site: Site, web: Target) -> dict[str, list[str]]:
    """By digest of each row the digests of its images."""
    made = {name: make.manifest(web, name.encode()) for name in ("critical", "high", "low", "clean", "bare")}
    made |= {name: make.manifest(web, name.encode()) for name in ("queued", "failed")}
    levels = {"critical": (HERE, Level.CRITICAL), "high": (NEWER, Level.HIGH), "low": (LIBC, Level.LOW)}
    with site.db.write() as tx:
        for name, (package, level) in levels.items():
            scanned(tx, web, made[name], package, level=level)
        scanned(tx, web, made["clean"])
        for name in ("queued", "failed"):
            tx.execute(update(manifest).where(manifest.c.digest == made[name].digest).values(scan_state=name))
    those = {document.digest: [document.digest] for document in made.values()}
    for names in (["low", "critical"], ["clean"], ["bare", "high"], ["queued", "failed"]):
        index = make.index(web, [made[name] for name in names], tag="-".join(names))
        those[index.digest] = [made[name].digest for name in names]
        those[make.index(web, [index], tag=f"over-{names[0]}").digest] = those[index.digest]
    return those


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


@pytest.mark.parametrize("policy", POLICIES)
def test_a_list_has_those_that_say_it_of_themselves(
    site: Site, web: Target, lists: dict[str, list[str]], policy: ScanPolicy
) -> None:
    with site.db.read() as tx:
        found = web.for_push(tx)
        every = rows.page(tx, found, ALL, at=site.now(), filters=rows.Filters(everything=True)).items
        stands = standing.of(tx, found, every, at=site.now(), policy=policy)
        says = {row.digest: stands[row.id] for row in every}
        for asked, true in SAYS.items():
            whole = {digest for digest in says if asked not in OF_EACH and true(says[digest])}
            parts = {
                row for row, those in lists.items() if asked in OF_EACH and any(true(says[each]) for each in those)
            }
            assert narrowed(tx, found, asked, policy, site.now()) == whole | parts, asked
            assert policy != OFF or whole | parts


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
