"""From a push to what people see: scans by the queue, with real layers, real advisories and a process of their own."""

import shutil
import zipfile
from collections.abc import Collection
from pathlib import Path

import pytest
from sqlalchemy import select

from berth.audit.events import Actor
from berth.db.tables import blob
from berth.jobs import listed, run_jobs
from berth.registry import manifests, operations, rows, trash
from berth.registry.rows import Row
from berth.scan import asking, importing, library, looking, queue, standing, working
from berth.scan.standing import Standing
from berth.site import Site
from berth.words import digest as digests
from berth.words.errors import FieldInvalid, NotScannable
from berth.words.policies import Level, ScanPolicy
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.restriction.found import Flaw, scanned
from tests.scan import images

ACTOR = Actor("alice", "127.0.0.1")
JOBS = listed(importing.import_)
OSV = images.DATA / "osv"


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


def import_(site: Site, folder: Path, *ecosystems: str, only: Collection[str] | None = None) -> str:
    """Import records of these ecosystems, as an operator does; returns the state of the operation."""
    archive = folder / "given.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for ecosystem in ecosystems:
            for record in sorted((OSV / ecosystem).glob("*.json")):
                if only is None or record.stem in only:
                    members.write(record, f"{ecosystem}/{record.name}")
    with archive.open("rb") as file:
        key, size = importing.give(site, file)
    with site.db.write() as tx:
        operation = importing.ask(tx, key, size, ACTOR, at=site.now(), whole=False)
    run_jobs(site, JOBS)
    with site.db.read() as tx:
        return operations.find(tx, operation).state


def check(target: Target, *asked: Document) -> None:
    found = images.opened(target)
    with target.site.db.write() as tx:
        asking.by_hand(tx, found, [digests.parse(each.digest) for each in asked], ACTOR, at=target.site.now())


def row_of(target: Target, document: Document) -> Row:
    image_ = images.opened(target)
    with target.site.db.read() as tx:
        found = rows.one(tx, image_, digests.parse(document.digest), at=target.site.now())
    assert found is not None
    return found


def stands(target: Target, document: Document, policy: ScanPolicy | None = None) -> Standing:
    row, image_ = row_of(target, document), images.opened(target)
    with target.site.db.read() as tx:
        return standing.of(tx, image_, [row], at=target.site.now(), policy=policy)[row.id]


def levels(found: Standing) -> dict[str, int]:
    assert found.counts is not None
    return {level.value: count for level, count in found.counts.levels.items() if count}


MINBASE = {"critical": 1, "low": 1, "negligible": 18, "unknown": 3}


def test_a_minimal_debian_has_the_findings_that_are_known(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase(), tag="v1")
    assert stands(web, pushed).state == "not-scanned"
    assert import_(site, tmp_path, "Debian") == "done"
    check(web, pushed)
    assert stands(web, pushed).state == "queued"
    assert working.run_all(site) == 1
    found = stands(web, pushed)
    assert found.state == "done"
    assert levels(found) == MINBASE
    assert found.counts is not None
    assert found.counts.fixable == 0


def test_without_advisories_a_scan_waits_and_shows_no_zero(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase(), tag="v1")
    check(web, pushed)
    working.run_all(site)
    waiting = stands(web, pushed)
    assert (waiting.state, waiting.waits_for_advisories, waiting.counts) == ("queued", True, None)
    assert import_(site, tmp_path, "Debian") == "done"
    for key in list(site.blobs.objects()):
        site.blobs.delete(key.name)  # what is known of the layers is not asked for again
    working.run_all(site)
    assert levels(stands(web, pushed)) == MINBASE


def test_a_scan_says_that_the_advisories_are_lost(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase(), tag="v1")
    assert import_(site, tmp_path, "Debian") == "done"
    with site.db.read() as tx:
        build = library.current(tx)
    assert build is not None
    shutil.rmtree(library.folder(site))
    if build.key:
        site.blobs.delete(build.key)
    check(web, pushed)
    working.run_all(site)
    found = stands(web, pushed)
    assert (found.state, found.code, found.counts) == ("failed", "NO_DATABASE", None)
    assert "import them again" in found.reason


def test_an_image_whose_config_is_gone_says_so_and_is_tried_again(site: Site, web: Target) -> None:
    pushed = images.push(web, images.minbase())
    check(web, pushed)
    with site.db.read() as tx:
        config = blob.c.digest == pushed.fields["config"]["digest"]
        site.blobs.delete(tx.execute(select(blob.c.key).where(config)).scalar_one())
    working.run_all(site)
    waiting = stands(web, pushed)
    assert (waiting.state, waiting.code, waiting.reason) == (
        "queued",
        "BLOB_MISSING",
        f"config {pushed.fields['config']['digest']} is not here",
    )


def test_one_more_advisory_changes_exactly_the_digests_it_speaks_of(site: Site, web: Target, tmp_path: Path) -> None:
    zlib = next(each for each in images.packages("debian-12-minbase") if each["source"] == "zlib")
    others = [each for each in images.packages("debian-12-minbase") if each["source"] != "zlib"]
    with_it, without = images.push(web, images.debian([zlib])), images.push(web, images.debian(others))
    all_but_one = {record.stem for record in (OSV / "Debian").glob("*.json")} - {"DEBIAN-CVE-2023-45853"}
    import_(site, tmp_path, "Debian", only=all_but_one)
    check(web, with_it, without)
    working.run_all(site)
    before = levels(stands(web, without))
    assert "critical" not in levels(stands(web, with_it))
    for key in list(site.blobs.objects()):
        site.blobs.delete(key.name)
    assert import_(site, tmp_path, "Debian", only={"DEBIAN-CVE-2023-45853"}) == "done"
    assert levels(stands(web, with_it))["critical"] == 1
    assert levels(stands(web, without)) == before


def test_a_policy_hides_at_once_and_says_how_many(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase())
    import_(site, tmp_path, "Debian")
    check(web, pushed)
    working.run_all(site)
    found = stands(web, pushed, ScanPolicy(exclusion=True, exclude_level=Level.LOW)).counts
    assert found is not None
    assert (found.total, found.hidden) == (1, 22)


def test_what_is_looked_at_agrees_with_what_the_row_says(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase())
    import_(site, tmp_path, "Debian")
    check(web, pushed)
    working.run_all(site)
    image_ = images.opened(web)
    with site.db.read() as tx:
        looked = looking.into(tx, image_, digests.parse(pushed.digest))
        found = looking.with_words(tx, looking.findings(tx, looked))
        listed_packages = looking.packages(tx, looked)
    assert len(found) == 23
    zlib = next(row.finding for row in found if row.finding.match.level is Level.CRITICAL)
    assert (zlib.package.name, zlib.match.vulnerability.id, zlib.match.fixed_version) == (
        "zlib1g",
        "CVE-2023-45853",
        "",
    )
    assert zlib.match.vulnerability.score == 9.8
    assert len(listed_packages) == 88
    assert sum(row.counts.total for row in listed_packages) == 23


def test_of_an_index_its_images_are_scanned_and_added_up(site: Site, web: Target, tmp_path: Path) -> None:
    amd64 = images.push(web, images.minbase())
    arm64 = images.push(web, images.minbase(), config={"architecture": "arm64"})
    attestation = documents.manifest(b"{}", [b"statement"]).altered(
        layers=[documents.described(b"statement", "application/vnd.in-toto+json")]
    )
    for content in (b"{}", b"statement"):
        make.blob(web, content)
    make.push(web, attestation)
    both = make.index(web, [amd64, arm64, attestation], tag="v1")
    import_(site, tmp_path, "Debian")
    check(web, both)
    assert working.run_all(site) == 2
    found = stands(web, both)
    assert (found.state, found.images, found.scanned) == ("done", 2, 2)
    assert levels(found) == {level: 2 * count for level, count in MINBASE.items()}
    assert stands(web, attestation).state == "unsupported"
    with pytest.raises(NotScannable):
        check(web, attestation)


def test_an_index_in_an_index_is_scanned_and_stands_as_its_images_do(site: Site, web: Target) -> None:
    one = make.manifest(web, b"one")
    outer = make.index(web, [make.index(web, [one])], tag="v1")
    check(web, outer)
    assert stands(web, outer).state == "queued"
    scanned(site, one.digest, [Flaw()])
    found = stands(web, outer)
    assert (found.state, found.images, found.scanned, levels(found)) == ("done", 1, 1, {"critical": 1})
    image_ = images.opened(web)
    with site.db.read() as tx:
        looked = looking.into(tx, image_, digests.parse(outer.digest))
    assert [part.digest for part in looked.parts] == [one.digest]


def test_a_layer_that_is_no_archive_fails_with_its_reason_and_the_last_good_result_stays(
    site: Site, web: Target, tmp_path: Path
) -> None:
    import_(site, tmp_path, "Debian")
    broken = images.push(web, b"\x1f\x8b no gzip at all")
    check(web, broken)
    working.run_all(site)
    found = stands(web, broken)
    assert (found.state, found.code, found.counts) == ("failed", "BAD_ARCHIVE", None)
    assert found.reason


def test_a_digest_that_is_deleted_takes_its_scan_with_it(site: Site, web: Target) -> None:

    pushed = images.push(web, images.minbase())
    check(web, pushed)
    found = images.opened(web)
    with site.db.write() as tx:
        manifests.remove(tx, found, digests.parse(pushed.digest), ACTOR, at=site.now(), keep=trash.kept(site.settings))
    assert working.run_all(site) == 0


def test_more_than_fifty_digests_are_refused_with_the_limit(web: Target) -> None:
    pushed = images.push(web, images.debian([]))
    with pytest.raises(FieldInvalid, match="50"):
        check(web, *[pushed] * 51)


def test_asking_twice_waits_once_and_by_hand_comes_before_the_rest(site: Site, web: Target) -> None:
    first, second = images.push(web, images.minbase()), images.push(web, images.debian([]))
    assert asking.whole(site, web.place, ACTOR) == 2
    assert asking.whole(site, web.place, ACTOR) == 0
    check(web, second)
    with site.db.write() as tx:
        claimed = queue.claim(tx, at=site.now())
    assert claimed is not None
    assert claimed.manifest_id == row_of(web, second).id
    assert stands(web, first).state == "queued"


def test_nothing_found_where_nothing_was_matched_is_never_without_a_warning(
    site: Site, web: Target, tmp_path: Path
) -> None:
    pushed = images.push(web, images.minbase())
    import_(site, tmp_path, "npm")
    check(web, pushed)
    working.run_all(site)
    found = stands(web, pushed)
    assert found.counts is not None
    assert found.counts.total == 0
    assert found.warnings > 0
