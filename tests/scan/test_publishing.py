"""Inventories beside their images: published on demand and by policy, superseded, and never in the way of others."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from berth.audit import trail
from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import image
from berth.jobs import listed, run_jobs
from berth.registry import blobs, deletion, erasing, locks, manifests, referrers, trash
from berth.scan import publishing, results, working
from berth.scan.inventory import Inventory, OperatingSystem, Package
from berth.scan.layers.contents import ANALYZER_VERSION
from berth.scan.publishing import Published
from berth.scan.results import BUILTIN
from berth.site import Site
from berth.words import digest as digests
from berth.words.errors import FieldInvalid, ImageDeleting, Locked, ManifestUnknown, NotScannable, NotScanned
from berth.words.manifest import OCI_MANIFEST
from berth.words.policies import Sbom, ScanPolicy
from berth.words.release import VERSION
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.scan import images
from tests.scan.exports import schemas
from tests.scan.test_scanning import check, import_

ACTOR = Actor("alice", "127.0.0.1")
JOBS = listed(publishing.publish_sbom, erasing.digests, erasing.image_)
CYCLONEDX, SPDX = "application/vnd.cyclonedx+json", "application/spdx+json"
SCHEMAS: dict[Sbom, str] = {"cyclonedx": schemas.CYCLONEDX, "spdx": schemas.SPDX}
DEBIAN = OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)")
INSTALLED = images.packages("debian-12-minbase")[:3]


@dataclass(frozen=True)
class Shop:
    """An image that has been scanned."""

    target: Target
    document: Document

    @property
    def site(self) -> Site:
        return self.target.site

    @property
    def digest(self) -> digests.Digest:
        return digests.parse(self.document.digest)

    def publish(self, format_: Sbom = "cyclonedx") -> Published:
        return publishing.publish(self.site, images.opened(self.target), self.digest, format_, ACTOR)

    def beside(self, artifact_type: str | None = None) -> list[dict[str, Any]]:  # Any: JSON values
        """What the image's referrers are, as clients list them."""
        found = images.opened(self.target)
        with self.site.db.read() as tx:
            page = referrers.page(tx, found, self.digest, artifact_type=artifact_type, after=0, limit=100)
        return [descriptor for _, descriptor in page]

    def scan(self) -> None:
        check(self.target, self.document)
        assert working.run_all(self.site) == 1

    def take(self, *names: str, days: int) -> None:
        """Scan it with a scanner that finds just these packages, so many days from now."""
        found = Inventory(DEBIAN, tuple(Package("os", "deb", each, "1.0") for each in names))
        at = self.site.now() + timedelta(days=days)
        with self.site.db.write() as tx:
            results.store(
                tx,
                self.document.digest,
                found,
                scanner=BUILTIN,
                scanner_version=VERSION,
                at=at,
                analyzer=ANALYZER_VERSION,
            )
        self.scan()

    def policy(self, policy: ScanPolicy) -> None:
        with self.site.db.write() as tx:
            tx.execute(update(image).values(policy_scan=policy.to_json()))

    def lock(self) -> None:
        found = images.opened(self.target)
        with self.site.db.write() as tx:
            locks.lock_image(tx, found, ACTOR, at=self.site.now(), reason="in production")

    def delete(self) -> None:
        with self.site.db.write() as tx:
            found = self.target.for_push(tx)
            manifests.remove(tx, found, self.digest, ACTOR, at=self.site.now(), keep=timedelta(days=7))

    def push(self, about: Document, *, tag: str | None = None, **annotations: str) -> Document:
        """What somebody else says of something in this image."""
        made = documents.artifact(about, CYCLONEDX, annotations=annotations)
        make.blob(self.target, b"{}")
        make.push(self.target, made, tag=tag)
        return made

    def manifest_of(self, content: digests.Digest | str) -> Document:
        found = images.opened(self.target)
        with self.site.db.read() as tx:
            kept = manifests.find(tx, found, digests.parse(str(content)))
        return Document(kept.body, kept.media_type)

    def document_of(self, published: Published, format_: Sbom) -> Any:  # Any: JSON
        """The document that was published, which its format's schema takes."""
        [layer] = self.manifest_of(published.digest).fields["layers"]
        assert layer["mediaType"] == published.artifact_type
        content = digests.parse(layer["digest"])
        with self.site.db.read() as tx:
            key, size = blobs.key_and_size(tx, images.opened(self.target), content)
        with self.site.blobs.open(key) as stored:
            body = stored.read(0, size)
        assert (digests.of(body), len(body)) == (content, layer["size"])
        return schemas.check(SCHEMAS[format_], [body])

    def trashed(self) -> set[str]:
        with self.site.db.read() as tx:
            return {each.digest for each in trash.page(tx, self.target.place, Wanted("deleted_at")).items}

    def acts(self) -> list[tuple[str, str]]:
        """Who has done what to manifests, the first first."""
        with self.site.db.read() as tx:
            every = trail.page(tx, Wanted("at"), trail.Filter()).items
        return [(each.actor, each.action) for each in every if each.action.startswith("manifest.")]


@pytest.fixture
def shop(site: Site, tmp_path: Path) -> Shop:
    target = make.image(site, "main/apps/shop/web")
    pushed = images.push(target, images.debian(INSTALLED), tag="v1")
    assert import_(site, tmp_path, "Debian", only={"DEBIAN-CVE-2023-45853"}) == "done"
    made = Shop(target, pushed)
    made.scan()
    return made


@pytest.mark.parametrize(("format_", "artifact_type"), [("cyclonedx", CYCLONEDX), ("spdx", SPDX)])
def test_an_inventory_is_a_referrer_that_holds_its_document(shop: Shop, format_: Sbom, artifact_type: str) -> None:
    published = shop.publish(format_)
    assert (published.artifact_type, published.new) == (artifact_type, True)
    [found] = shop.beside(artifact_type)
    assert (found["digest"], found["artifactType"]) == (str(published.digest), artifact_type)
    assert found["annotations"]["berth.sbom.scanner"] == f"builtin {VERSION}"
    named = json.dumps(shop.document_of(published, format_))
    assert all(each["name"] in named for each in INSTALLED)


def test_its_manifest_is_an_artifact_as_the_specification_says_it(shop: Shop) -> None:
    fields = shop.manifest_of(shop.publish("spdx").digest).fields
    assert fields["subject"] == shop.document.described()
    assert fields["config"] == documents.described(b"{}", "application/vnd.oci.empty.v1+json")
    assert (fields["mediaType"], fields["artifactType"]) == (OCI_MANIFEST, SPDX)
    assert fields["layers"][0]["annotations"]["org.opencontainers.image.title"].endswith(".spdx.json")


def test_its_time_is_that_of_the_inventory(shop: Shop) -> None:
    shop.take("bash", days=3)
    published = shop.publish()
    [found] = shop.beside()
    created = datetime.fromisoformat(found["annotations"]["org.opencontainers.image.created"])
    assert created - datetime.now(UTC) > timedelta(days=2)
    told = shop.document_of(published, "cyclonedx")["metadata"]["timestamp"]
    assert datetime.fromisoformat(told) == created


def test_the_same_inventory_is_published_once(shop: Shop) -> None:
    first, acts = shop.publish(), shop.acts()
    shop.scan()
    again = shop.publish()
    assert (again.digest, again.new) == (first.digest, False)
    assert len(shop.beside()) == 1
    assert shop.acts() == acts


def test_an_inventory_taken_anew_that_says_the_same_is_no_new_one(shop: Shop) -> None:
    shop.take("bash", days=1)
    first = shop.publish()
    shop.take("bash", days=2)
    assert shop.publish() == Published(first.digest, CYCLONEDX, new=False)


def test_what_is_published_twice_from_the_same_result_is_the_same_to_the_byte(shop: Shop) -> None:
    first = shop.publish()
    with shop.site.db.write() as tx:
        found = shop.target.for_push(tx)
        manifests.remove(tx, found, first.digest, ACTOR, at=shop.site.now(), keep=timedelta())
    assert shop.publish() == first


def test_a_new_inventory_takes_the_place_of_the_one_before(shop: Shop) -> None:
    first = shop.publish()
    shop.take("bash", days=1)
    second = shop.publish()
    assert second.new
    assert [each["digest"] for each in shop.beside()] == [str(second.digest)]
    assert shop.trashed() == {str(first.digest)}
    assert shop.acts()[-2:] == [("alice", "manifest.push"), ("alice", "manifest.delete")]


def test_each_format_has_an_inventory_of_its_own(shop: Shop) -> None:
    both = {str(shop.publish("cyclonedx").digest), str(shop.publish("spdx").digest)}
    assert {each["digest"] for each in shop.beside()} == both
    assert [each["artifactType"] for each in shop.beside(SPDX)] == [SPDX]


def test_what_others_have_pushed_is_never_removed(shop: Shop) -> None:
    plain = shop.push(shop.document)
    brought = shop.push(shop.document, **{"berth.sbom.image": "main/apps/another", "berth.sbom.inventory": "sha256:0"})
    shop.publish()
    shop.take("bash", days=1)
    latest = shop.publish()
    assert {each["digest"] for each in shop.beside()} == {plain.digest, brought.digest, str(latest.digest)}


@pytest.mark.parametrize("deed", ["signed", "tagged", "locked"])
def test_an_older_one_that_others_have_built_upon_stays(shop: Shop, deed: str) -> None:
    first = shop.publish()
    if deed == "signed":
        shop.push(shop.manifest_of(first.digest))
    elif deed == "tagged":
        make.push(shop.target, shop.manifest_of(first.digest), tag="sbom")
    else:
        found = images.opened(shop.target)
        with shop.site.db.write() as tx:
            locks.lock_digests(tx, found, [first.digest], ACTOR, at=shop.site.now())
    shop.take("bash", days=1)
    second = shop.publish()
    assert {each["digest"] for each in shop.beside()} == {str(first.digest), str(second.digest)}
    assert shop.trashed() == set()


def test_a_locked_image_takes_no_inventory_and_keeps_the_one_it_has(shop: Shop) -> None:
    first = shop.publish()
    shop.lock()
    assert shop.publish() == Published(first.digest, CYCLONEDX, new=False)
    stored = {each.name for each in shop.site.blobs.objects()}
    shop.take("bash", days=1)
    with pytest.raises(Locked, match="in production"):
        shop.publish()
    assert [each["digest"] for each in shop.beside()] == [str(first.digest)]
    assert {each.name for each in shop.site.blobs.objects()} == stored


def test_what_is_no_image_or_was_not_scanned_has_no_inventory(shop: Shop) -> None:
    target = shop.target
    unscanned = Shop(target, images.push(target, images.debian([])))
    with pytest.raises(NotScanned):
        unscanned.publish()
    index = Shop(target, make.index(target, [shop.document]))
    with pytest.raises(FieldInvalid, match="digest"):
        index.publish()
    with pytest.raises(NotScannable):
        Shop(target, shop.push(shop.document)).publish()
    with pytest.raises(ManifestUnknown):
        Shop(target, documents.manifest(b"{}", [b"nowhere"])).publish()


def meanwhile(site: Site, act: Callable[[], None]) -> Site:
    """The same site, on which something happens once publishing has read what it will publish."""
    acts = [act]

    def now() -> datetime:
        while acts:
            acts.pop()()
        return site.now()

    return replace(site, now=now)


def test_of_an_image_that_is_scanned_meanwhile_the_new_inventory_is_published(shop: Shop) -> None:
    site = meanwhile(shop.site, lambda: shop.take("coreutils-of-tomorrow", days=1))
    published = publishing.publish(site, images.opened(shop.target), shop.digest, "spdx", ACTOR)
    assert [each["digest"] for each in shop.beside()] == [str(published.digest)]
    assert "coreutils-of-tomorrow" in str(shop.document_of(published, "spdx"))


def test_an_image_that_is_locked_meanwhile_has_none(shop: Shop) -> None:
    site = meanwhile(shop.site, shop.lock)
    with pytest.raises(Locked):
        publishing.publish(site, images.opened(shop.target), shop.digest, "spdx", ACTOR)
    assert shop.beside() == []


def test_nothing_is_published_of_what_is_deleted_meanwhile(shop: Shop) -> None:
    site = meanwhile(shop.site, shop.delete)
    with pytest.raises(ManifestUnknown):
        publishing.publish(site, images.opened(shop.target), shop.digest, "spdx", ACTOR)
    assert shop.beside() == []


def test_it_goes_with_its_image(shop: Shop) -> None:
    published = shop.publish()
    found = images.opened(shop.target)
    with shop.site.db.write() as tx:
        asked = deletion.request_digests(tx, found, [shop.digest], ACTOR, at=shop.site.now())
    assert list(asked.verdicts[0].referrers.values()) == [str(published.digest)]
    with pytest.raises(ManifestUnknown):
        shop.publish()
    run_jobs(shop.site, JOBS)
    assert shop.beside() == []
    assert shop.trashed() == {shop.document.digest, str(published.digest)}


def test_an_image_that_is_being_deleted_takes_none(shop: Shop) -> None:
    found = images.opened(shop.target)
    with shop.site.db.write() as tx:
        deletion.request_image(tx, found, ACTOR, at=shop.site.now())
    with pytest.raises(ImageDeleting):
        publishing.publish(shop.site, found, shop.digest, "spdx", ACTOR)
    run_jobs(shop.site, JOBS)


@pytest.mark.parametrize(("format_", "artifact_type"), [("cyclonedx", CYCLONEDX), ("spdx", SPDX)])
def test_by_policy_it_is_published_after_a_scan(shop: Shop, format_: Sbom, artifact_type: str) -> None:
    shop.policy(ScanPolicy(publish_sbom=format_))
    assert run_jobs(shop.site, JOBS) == []
    shop.scan()
    assert run_jobs(shop.site, JOBS) == ["scan.publish_sbom"]
    [found] = shop.beside()
    assert found["artifactType"] == artifact_type
    assert shop.acts()[-1] == ("scan", "manifest.push")
    shop.scan()
    run_jobs(shop.site, JOBS)
    assert shop.beside() == [found]


def test_without_such_a_policy_a_scan_publishes_nothing(shop: Shop) -> None:
    shop.scan()
    assert run_jobs(shop.site, JOBS) == []
    assert shop.beside() == []


def test_a_policy_that_was_taken_back_publishes_nothing_more(shop: Shop) -> None:
    shop.policy(ScanPolicy(publish_sbom="spdx"))
    shop.scan()
    shop.policy(ScanPolicy())
    assert run_jobs(shop.site, JOBS) == ["scan.publish_sbom"]
    assert shop.beside() == []


def test_by_policy_a_locked_image_is_passed_over(shop: Shop) -> None:
    shop.policy(ScanPolicy(publish_sbom="spdx"))
    shop.lock()
    shop.scan()
    assert run_jobs(shop.site, JOBS) == ["scan.publish_sbom"]
    assert shop.beside() == []


def test_a_digest_that_has_gone_before_its_turn_is_passed_over(shop: Shop) -> None:
    shop.policy(ScanPolicy(publish_sbom="spdx"))
    shop.scan()
    shop.delete()
    assert run_jobs(shop.site, JOBS) == ["scan.publish_sbom"]
    assert shop.beside() == []


def test_a_format_that_is_none_is_refused_and_old_policies_have_none() -> None:
    with pytest.raises(FieldInvalid, match="publish_sbom: one of cyclonedx, spdx, or empty"):
        ScanPolicy.from_json({"publish_sbom": "swid"})
    old = ScanPolicy().to_json()
    del old["publish_sbom"]
    assert ScanPolicy.from_json(old) == ScanPolicy()
    assert ScanPolicy.from_json(ScanPolicy(publish_sbom="spdx").to_json()).publish_sbom == "spdx"
