"""Scanning one digest after another, as the queue gives them.

    claim ──> inventory ──> matches ──> tally ──> done
                 │             └── no advisories yet: it waits for them, and its layers are not read again
                 └── of the digest already known, of this and of any other image: no layer is read

A result that is in force stays so until another has been matched: it is renewed in the transaction that counts it.

The bytes are read by a process of its own (`apart`); here is what belongs to the database.
"""

from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import Connection, select, update

from berth.db import insert_ignore
from berth.db.tables import blob, image, manifest, manifest_body, registry, repository, scan_layer
from berth.scan import apart, chosen, evaluation, keeping, library, outside, publishing, queue, results, waking
from berth.scan.apart import Canceled, LayerInput
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Inventory
from berth.scan.keeping import Kept
from berth.scan.layers.contents import ANALYZER_VERSION
from berth.scan.matches import Component
from berth.scan.queue import Claimed
from berth.scan.results import BUILTIN, Ready
from berth.site import Site
from berth.words import manifest as documents
from berth.words.manifest import Document
from berth.words.release import VERSION

NAME = f"berth {VERSION}"
UNEXPECTED = ScanFailed("WORKER_LOST", "the scan ended unexpectedly; the log of the worker says why")
MAX_CONFIG = 4 << 20
AT_ONCE = 500
"""Components whose matches are kept in one transaction."""

log = structlog.get_logger("berth.scan")


def run_next(site: Site) -> bool:
    """Scan the digest whose turn it is; False when none waits."""
    with site.db.read() as tx:
        if not queue.any_ready(tx, at=site.now()):
            return False
    waking.wake(site)
    with site.db.write(durable=False) as tx:
        claimed = queue.claim(tx, at=site.now())
    if claimed is None:
        return False
    try:
        with keeping.kept(site, claimed) as kept:
            _scan(site, claimed, kept)
    except Canceled:
        log.info("scan cancelled", scan=claimed.id)
    except ScanFailed as failure:
        log.info("scan failed", scan=claimed.id, code=failure.code, reason=failure.text)
        _failed(site, claimed, failure)
    except Exception:
        log.exception("scan failed", scan=claimed.id)
        _failed(site, claimed, UNEXPECTED)
    return True


def _failed(site: Site, claimed: Claimed, failure: ScanFailed) -> None:
    """Where the scan is still ours: who has it now says what becomes of it."""
    with suppress(Canceled), site.db.write(durable=False) as tx:
        queue.failed(tx, claimed, failure, at=site.now())


def run_all(site: Site) -> int:
    """All that is due; returns how many."""
    ran = 0
    while run_next(site):
        ran += 1
    return ran


def _scan(site: Site, claimed: Claimed, kept: Kept) -> None:
    digest, document = _document(site, claimed)
    made = _know(site, digest, document, kept)
    other = chosen.scanner_of(site.settings, _registry(site, claimed))
    if other is not None:
        own = _inventory(site, digest) if made is None else made.inventory
        outside.scan(site, claimed, digest, document, other, own, kept.cancel)
        return
    while not _evaluate(site, digest, claimed, made):  # other advisories came meanwhile, or it was forgotten
        made = _know(site, digest, document, kept)


def _know(site: Site, digest: str, document: Document, kept: Kept) -> Ready | None:
    """What is in the image, by reading it when nobody knows; returns what is to take the place of a good result."""
    with site.db.read() as tx:
        known = results.of_digest(tx, digest, BUILTIN)
        fresh = known is not None and results.analyzer_of(tx, known.id) == ANALYZER_VERSION
    return _take(site, digest, document, kept) if known is None or not fresh else None


def _registry(site: Site, claimed: Claimed) -> str:
    """The name of the registry that has the digest. Raises `Canceled` when it is gone."""
    query = select(registry.c.name).join_from(manifest, image, image.c.id == manifest.c.image_id)
    query = query.join(repository, repository.c.id == image.c.repository_id)
    query = query.join(registry, registry.c.id == repository.c.registry_id)
    with site.db.read() as tx:
        name: str | None = tx.scalar(query.where(manifest.c.id == claimed.manifest_id))
    if name is None:
        raise Canceled
    return name


def _inventory(site: Site, digest: str) -> Inventory:
    """Our own, which is there by now."""
    with site.db.read() as tx:
        found = results.of_digest(tx, digest, BUILTIN)
        if found is None:
            raise Canceled
        return results.inventory_of(tx, found.id)


def _document(site: Site, claimed: Claimed) -> tuple[str, Document]:
    """The digest that is scanned, and its manifest. Raises `Canceled` when it is gone."""
    query = select(manifest.c.digest, manifest.c.media_type, manifest_body.c.body).join(manifest_body)
    with site.db.read() as tx:
        row = tx.execute(query.where(manifest.c.id == claimed.manifest_id)).first()
    if row is None:
        raise Canceled
    return row.digest, documents.parse(row.media_type, row.body)


def _take(site: Site, digest: str, document: Document, kept: Kept) -> Ready | None:
    """Read the image, and keep what is in it; where a result is in force, that is left to its renewal."""
    layers, config = _layers(site, document)
    taken = apart.take(layers, config, cancel=kept.cancel, progress=kept.read)
    made = results.prepare(site, digest, taken.inventory, scanner=BUILTIN)
    at = site.now()
    with site.db.write(durable=False) as tx:
        for layer, body in sorted(taken.bodies.items()):  # no two scans wait for each other
            insert_ignore(tx, scan_layer, {"digest": layer, "analyzer": ANALYZER_VERSION, "body": body, "used_at": at})
        if results.is_good(tx, digest, BUILTIN):
            return made
        result_id = results.store(
            tx,
            digest,
            taken.inventory,
            scanner=BUILTIN,
            scanner_version=VERSION,
            at=at,
            made=made,
            linked=False,
        )
    results.link(site, result_id, made, analyzer=ANALYZER_VERSION)
    return None


def _layers(site: Site, document: Document) -> tuple[list[LayerInput], bytes]:
    """The layers of an image with what is known of them already, and its config."""
    wanted = [str(part.digest) for part in document.blobs]
    with site.db.read() as tx:
        stored = select(blob.c.digest, blob.c.key).where(blob.c.digest.in_(wanted))
        keys = {row.digest: row.key for row in tx.execute(stored)}
        known = (scan_layer.c.digest.in_(wanted)) & (scan_layer.c.analyzer == ANALYZER_VERSION)
        kept = select(scan_layer.c.digest, scan_layer.c.body).where(known)
        bodies = {row.digest: row.body for row in tx.execute(kept)}
    if bodies:
        with site.db.write(durable=False) as tx:
            held = select(scan_layer.c.digest).where(known).order_by(scan_layer.c.digest)
            tx.execute(held.with_for_update())  # in one order, so that no two scans wait for each other
            tx.execute(update(scan_layer).where(known).values(used_at=site.now()))
    layers = [
        LayerInput(
            str(part.digest),
            part.media_type,
            part.size,
            partial(site.blobs.open, keys[str(part.digest)]) if str(part.digest) in keys else None,
            bodies.get(str(part.digest)),
        )
        for part in document.layers
    ]
    return layers, _config(site, document, keys)


def _config(site: Site, document: Document, keys: dict[str, str]) -> bytes:
    if document.config is None:
        return b""
    content = str(document.config.digest)
    try:
        opened = site.blobs.open(keys[content])
    except KeyError:
        raise ScanFailed("BLOB_MISSING", f"config {content} is not here") from None
    with opened as stored:
        return stored.read(0, min(stored.size, MAX_CONFIG))


def _evaluate(site: Site, digest: str, claimed: Claimed, made: Ready | None) -> bool:
    """As `_matched`; advisories that are lost are a failure with its reason."""
    try:
        return _matched(site, digest, claimed, made)
    except library.AdvisoriesLost as lost:
        raise ScanFailed("NO_DATABASE", f"the advisories in force cannot be read: {lost}") from None


def _matched(site: Site, digest: str, claimed: Claimed, made: Ready | None) -> bool:
    """Match what nobody has matched yet, and count; or let it wait for advisories. False: that has to be done again."""
    with library.opened(site) as advisories:
        if advisories is None:
            return _waits(site, claimed)
        with site.db.read() as tx:
            found = results.of_digest(tx, digest, BUILTIN)
            if found is None:
                return False
            waiting = _unmatched(tx, found.id, made)
        matched = evaluation.matched(advisories, waiting)
    build, numbers = advisories.build, sorted(matched)
    for begins in range(0, len(numbers), AT_ONCE):
        some = {number: matched[number] for number in numbers[begins : begins + AT_ONCE]}
        with site.db.write(durable=False) as tx:
            if not evaluation.under(tx, build):
                return False
            evaluation.keep(tx, some, at=site.now(), but_matched=True)
    with site.db.write() as tx:
        at = site.now()
        if not evaluation.under(tx, build):
            return False
        if not _complete(tx, found.id, made, at=at):
            return False
        tally = evaluation.evaluated(tx, found.id, at=at, advisories=build, advisories_at=advisories.made_at)
        results.in_force(tx, claimed.manifest_id, found.id, at=at)
        queue.done(tx, claimed, at=at, scanner=NAME, advisories=build, tally=tally)
        publishing.when_scanned(tx, claimed.manifest_id, at=at)
    return True


def _complete(tx: Connection, result_id: int, made: Ready | None, *, at: datetime) -> bool:
    """Whether all of a result is there and matched, what takes its place among it."""
    if made is None:
        held = results.held(tx, result_id) and not evaluation.unmatched(tx, result_id)
        return held and results.analyzer_of(tx, result_id) == ANALYZER_VERSION  # else another scan still links it
    if _unmatched(tx, result_id, made) or not results.held(tx, result_id):  # components are held before results
        return False
    return results.renew(tx, result_id, made, version=VERSION, analyzer=ANALYZER_VERSION, at=at)


def _unmatched(tx: Connection, result_id: int, made: Ready | None) -> dict[int, Component]:
    """The components that nobody has matched yet, of what is to be in force."""
    if made is None:
        return evaluation.unmatched(tx, result_id)
    return evaluation.unmatched_of(tx, results.component_ids(tx, made.units).values())


def _waits(site: Site, claimed: Claimed) -> bool:
    """Let it wait for advisories; False: some have come meanwhile."""
    with site.db.write(durable=False) as tx:
        if library.current(tx) is not None:
            return False
        queue.waits(tx, claimed, scanner=NAME)
    return True
