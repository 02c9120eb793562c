"""Publishing the inventory of an image: as an artifact beside it, which clients find among its referrers.

    result ──written──> blob ──put──> manifest of an artifact, whose subject is the image
                                          └── what Berth has published of another inventory goes, into the trash

All of it is done by the ordinary acts, so locks, audit and trash hold as they do for what people push. What others have
pushed is left alone, and so is what Berth has published and others have built upon: signed it, tagged it, locked it.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Connection, select

from berth.audit.events import Actor
from berth.db.tables import image, manifest, registry, repository
from berth.jobs import job
from berth.registry import deletable, images, locks, manifests, trash, uploads
from berth.registry.images import Image
from berth.registry.manifests import Manifest
from berth.scan import looking, reporting
from berth.scan.report import Report, Scanner
from berth.site import Site
from berth.words import digest as digests
from berth.words import manifest as documents
from berth.words import time
from berth.words.digest import Digest
from berth.words.errors import Conflict, Unknown
from berth.words.manifest import OCI_MANIFEST, Document
from berth.words.names import ImagePath
from berth.words.policies import Sbom, ScanPolicy

ARTIFACT_TYPES: Mapping[Sbom, str] = {"cyclonedx": "application/vnd.cyclonedx+json", "spdx": "application/spdx+json"}
EMPTY = "application/vnd.oci.empty.v1+json"
CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"
SCANNER = "berth.sbom.scanner"
IMAGE = "berth.sbom.image"
"""The annotation that tells what Berth has published here; a copy that somebody brought from elsewhere is theirs."""
INVENTORY = "berth.sbom.inventory"
"""What the document says, its time left out: an inventory that was taken anew and says the same is no new one."""
ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
BY_POLICY = Actor("scan")

Descriptor = dict[str, Any]  # Any: a JSON object

log = structlog.get_logger("berth.scan")


@dataclass(frozen=True)
class Published:
    digest: Digest
    """Of the referrer."""
    artifact_type: str
    new: bool
    """False when it was there."""


def publish(site: Site, found: Image, content: Digest, format_: Sbom, actor: Actor) -> Published:
    """Let an image have its inventory beside it, in the place of those that were published of earlier scans.

    Raises `ManifestUnknown`, `NotScannable`, `NotScanned`, `FieldInvalid` for an index, `Locked` when the image takes
    nothing new, and what `images.again` raises.
    """
    while (published := _published(site, found, content, format_, actor)) is None:
        pass  # it was scanned anew meanwhile
    return published


def when_scanned(tx: Connection, manifest_id: int, *, at: datetime) -> None:
    """A scan has ended well: its inventory is published where the image's policy says so."""
    query = select(image.c.policy_scan).join_from(manifest, image, image.c.id == manifest.c.image_id)
    policy = tx.scalar(query.where(manifest.c.id == manifest_id))
    if policy is not None and ScanPolicy.from_json(policy).publish_sbom:
        publish_sbom.put(tx, at=at, unique_key=str(manifest_id), manifest_id=manifest_id)


@job("scan.publish_sbom")
def publish_sbom(site: Site, *, manifest_id: int) -> None:
    """As the policy is by now. What stands in the way is noted, for it would do so again; the next scan tries anew."""
    with site.db.read() as tx:
        wanted = _wanted(tx, manifest_id)
    if wanted is None:
        return
    found, content, format_ = wanted
    try:
        publish(site, found, content, format_, BY_POLICY)
    except (Conflict, Unknown) as refusal:
        log.info("inventory not published", image=str(found.path), digest=str(content), reason=str(refusal))


def _wanted(tx: Connection, manifest_id: int) -> tuple[Image, Digest, Sbom] | None:
    """A digest that clients see, with the format that its image's policy names; None when there is no such thing."""
    names = (registry.c.name.label("registry"), repository.c.name.label("repository"), image.c.name.label("image"))
    query = (
        select(manifest.c.digest, image.c.id, image.c.repository_id, image.c.policy_scan, *names)
        .join_from(manifest, image, image.c.id == manifest.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(manifest.c.id == manifest_id, manifest.c.state == "active", image.c.state.in_(images.VISIBLE))
    )
    row = tx.execute(query).first()
    format_ = "" if row is None else ScanPolicy.from_json(row.policy_scan).publish_sbom
    if row is None or not format_:
        return None
    path = ImagePath(row.registry, row.repository, row.image)
    return Image(row.id, row.repository_id, path, born=True), digests.parse(row.digest), format_


def _published(site: Site, found: Image, content: Digest, format_: Sbom, actor: Actor) -> Published | None:
    """None when the result that was written is in force no more."""
    artifact_type = ARTIFACT_TYPES[format_]
    with site.db.read() as tx:
        subject = manifests.find(tx, found, content)
        report = reporting.of(tx, found, content, at=None)  # what is published says the same until the next scan
        known = _known(tx, found, content, artifact_type)
    said = _said(report, format_)
    for digest, says in known.items():
        if says == said:
            return Published(digest, artifact_type, new=False)
    with site.db.read() as tx:
        locks.refuse_image(tx, found, at=site.now())  # no bytes are stored for what will be refused
    document = _document(site, found, subject, report, format_, said, actor)
    with site.db.write() as tx:
        return _put(tx, site, found, content, document, report, actor)


def _known(tx: Connection, found: Image, content: Digest, artifact_type: str) -> dict[Digest, str]:
    """What Berth has published of an image in this format, and what each says."""
    about = (manifest.c.image_id == found.id) & (manifest.c.subject == str(content))
    query = select(manifest.c.digest, manifest.c.annotations).where(about, manifest.c.artifact_type == artifact_type)
    rows = tx.execute(query.where(manifest.c.state == "active").order_by(manifest.c.id))
    ours = (row for row in rows if row.annotations.get(IMAGE) == str(found.path))
    return {digests.parse(row.digest): row.annotations.get(INVENTORY, "") for row in ours}


def _said(report: Report, format_: Sbom) -> str:
    running = digests.new("sha256")
    for piece in reporting.written(replace(report, scanned_at=ANY_TIME), format_).pieces:
        running.update(piece)
    return f"sha256:{running.hexdigest()}"


def _document(
    site: Site, found: Image, subject: Manifest, report: Report, format_: Sbom, said: str, actor: Actor
) -> Document:
    """The manifest of the artifact, whose blobs are stored. Of the same inventory it is the same to the byte."""
    exported = reporting.written(report, format_)
    config = _stored(site, found, [b"{}"], EMPTY, actor)
    layer = _stored(site, found, exported.pieces, ARTIFACT_TYPES[format_], actor)
    fields = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": ARTIFACT_TYPES[format_],
        "config": config,
        "layers": [{**layer, "annotations": {TITLE: exported.filename}}],
        "subject": {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size},
        "annotations": {
            CREATED: time.text(report.scanned_at),
            SCANNER: f"{report.scanner.name} {report.scanner.version}".strip(),
            IMAGE: str(found.path),
            INVENTORY: said,
        },
    }
    return documents.parse(OCI_MANIFEST, json.dumps(fields, separators=(",", ":")).encode())


def _stored(site: Site, found: Image, pieces: Iterable[bytes], media_type: str, actor: Actor) -> Descriptor:
    """Push a blob into the image."""
    upload = uploads.start(site, images.place_of(found), found.path, at=site.now())
    running = digests.new("sha256")
    with site.blobs.append(upload.id, new=True) as part:
        for piece in pieces:
            part.write(piece)
            running.update(piece)
        content = Digest("sha256", running.hexdigest())
        size = uploads.finish(site, upload, part, content, running, actor)
    return {"mediaType": media_type, "digest": str(content), "size": size}


def _put(
    tx: Connection, site: Site, found: Image, content: Digest, document: Document, report: Report, actor: Actor
) -> Published | None:
    at, artifact_type = site.now(), str(document.artifact_type)
    now = images.again(tx, found)
    manifests.find(tx, now, content)  # nothing is published of what has gone meanwhile
    if not _in_force(tx, now, content, report):
        return None
    pushed = manifests.put(tx, images.place_of(now), now, digests.of(document.body), document, actor, at=at)
    older = _known(tx, now, content, artifact_type).keys() - {pushed.digest}
    _remove(tx, site, now, older, actor, at=at)
    return Published(pushed.digest, artifact_type, pushed.new)


def _in_force(tx: Connection, found: Image, content: Digest, report: Report) -> bool:
    """Whether the report is still of the result that the image has."""
    result = looking.into(tx, found, content).parts[0].result
    return (Scanner(result.scanner, result.scanner_version), result.taken_at) == (report.scanner, report.scanned_at)


def _remove(
    tx: Connection, site: Site, found: Image, contents: Collection[Digest], actor: Actor, *, at: datetime
) -> None:
    """Delete what was published before, but not where something of others would go with it."""
    for verdict in deletable.judge(tx, found, sorted(contents, key=str), at=at):
        if verdict.accepted and not verdict.tags and not verdict.referrers:
            manifests.remove(tx, found, verdict.digest, actor, at=at, keep=trash.kept(site.settings))
        else:
            why = str(verdict.refusal or "others have tagged or signed it")
            log.info("an older inventory stays", image=str(found.path), digest=str(verdict.digest), reason=why)
