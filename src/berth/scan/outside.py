"""Scans by scanners of others. What they say of a package is kept as matches of a component that is this image's alone.

Packages and secrets come from our own inventory where the scanner tells none; which flaws there are is theirs to say.
"""

import base64
import tempfile
import threading
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select

from berth.blobs import Readable
from berth.db.tables import account, blob, image, manifest, registry, repository, tag
from berth.people import sign_in, tokens
from berth.registry import hosts
from berth.scan import evaluation, library, publishing, queue, results
from berth.scan.chosen import Scanner
from berth.scan.evaluation import Matched
from berth.scan.external import grype, layout, trivy
from berth.scan.external.configured import Grype, Harbor, Trivy
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.hiding import RANKS
from berth.scan.inventory import Inventory
from berth.scan.matches import Component, Match
from berth.scan.process import Canceled
from berth.scan.queue import Claimed
from berth.site import Site
from berth.words.actions import Action
from berth.words.digest import Digest, parse
from berth.words.errors import Unauthenticated
from berth.words.manifest import Document

if TYPE_CHECKING:
    from berth.scan.external.harbor import Subject

TOKEN_SECONDS = 3600
UNTOLD = "advisories of the scanner"


def scan(
    site: Site,
    claimed: Claimed,
    digest: str,
    document: Document,
    scanner: Scanner,
    own: Inventory,
    cancel: threading.Event,
) -> None:
    """Raises `ScanFailed`, `Canceled`."""
    reported = _report(site, claimed, digest, document, scanner, own, cancel)
    found = _inventory(reported, own)
    name = scanner.configured.name
    matched: dict[Component, list[Match]] = defaultdict(list)
    for finding in reported.findings:
        key = results.component_of(name, digest, finding.package, found.os)
        if key is not None:
            matched[key].append(finding.match)
    made = results.prepare(site, digest, found, scanner=name)
    with site.db.write() as tx:
        at = site.now()
        result_id = results.store(
            tx, digest, found, scanner=name, scanner_version=reported.scanner_version, at=at, made=made
        )
        numbers = results.component_ids(tx, results.components_of(name, digest, found))
        keep = {number: Matched(each, _distinct(matched.get(each, ()))) for each, number in numbers.items()}
        evaluation.keep(tx, keep, at=at)
        told = reported.database_at
        tally = evaluation.evaluated(tx, result_id, at=at, advisories=UNTOLD, advisories_at=told or at)
        results.in_force(tx, claimed.manifest_id, result_id, at=at)
        queue.done(
            tx,
            claimed,
            at=at,
            scanner=f"{reported.scanner} {reported.scanner_version}"[:200],
            advisories=UNTOLD,
            tally=tally,
        )
        publishing.when_scanned(tx, claimed.manifest_id, at=at)


def _report(
    site: Site,
    claimed: Claimed,
    digest: str,
    document: Document,
    scanner: Scanner,
    own: Inventory,
    cancel: threading.Event,
) -> Reported:
    how = scanner.configured
    if isinstance(how, Harbor):
        from berth.scan.external import harbor  # noqa: PLC0415  it brings httpx, which takes long to import

        return harbor.scan(how, _subject(site, claimed, digest, document, scanner), own, cancel)
    with tempfile.TemporaryDirectory(dir=library.folder(site).parent, prefix="scan-") as folder:
        where = Path(folder) / "image"
        for_others = bool(how.program.user)
        if for_others:
            Path(folder).chmod(0o711)
        layout.write(
            where, document.body, document.media_type, _blobs(site, document), for_others=for_others, cancel=cancel
        )
        of = "" if document.config is None else str(document.config.digest)
        match how:
            case Trivy():
                return trivy.scan(how, where, cancel, image=of)
            case Grype():
                return grype.scan(how, where, cancel, image=of)


def _blobs(site: Site, document: Document) -> list[tuple[Digest, partial[Readable]]]:
    wanted = list(dict.fromkeys(str(part.digest) for part in document.blobs))
    with site.db.read() as tx:
        rows = tx.execute(select(blob.c.digest, blob.c.key).where(blob.c.digest.in_(wanted)))
        keys = {row.digest: row.key for row in rows}
    missing = [each for each in wanted if each not in keys]
    if missing:
        raise ScanFailed("BLOB_MISSING", f"layer {missing[0]} is not here")
    return [(parse(each), partial(site.blobs.open, keys[each])) for each in wanted]


def _subject(site: Site, claimed: Claimed, digest: str, document: Document, scanner: Scanner) -> "Subject":
    from berth.scan.external.harbor import Subject  # noqa: PLC0415  see above

    with site.db.read() as tx:
        query = (
            select(registry.c.name, repository.c.name.label("repository"), image.c.name.label("image"), *hosts.COLUMNS)
            .join_from(manifest, image, image.c.id == manifest.c.image_id)
            .join(repository, repository.c.id == image.c.repository_id)
            .join(registry, registry.c.id == repository.c.registry_id)
            .where(manifest.c.id == claimed.manifest_id)
        )
        row = tx.execute(query).mappings().first()
        if row is None:
            raise Canceled
        path = f"{row['repository']}/{row['image']}"
        if not hosts.of(row).own(urlsplit(scanner.registry_url).netloc.lower()):
            path = f"{row['name']}/{path}"
        first = select(tag.c.name).where(tag.c.manifest_id == claimed.manifest_id).order_by(tag.c.natural).limit(1)
        name = tx.scalar(first) or ""
        who = tx.scalar(select(account.c.id).where(account.c.name == scanner.pull_as))
        if who is None:
            raise ScanFailed("ADAPTER_REJECTED", f"there is no user {scanner.pull_as!r} to pull as")
        try:
            principal = sign_in.by_id(tx, who, None, at=site.now())
        except Unauthenticated as refused:
            raise ScanFailed("ADAPTER_REJECTED", f"the user {scanner.pull_as!r} cannot pull: {refused}") from None
    access = {path: frozenset({Action.PULL, Action.PULL_RESTRICTED})}  # it is asked because nobody knows what is in it
    token = tokens.issue(site, principal, site.settings.service, access, TOKEN_SECONDS)
    basic = base64.b64encode(f"{tokens.ALIAS}:{token}".encode()).decode()
    return Subject(scanner.registry_url, path, digest, name, document.media_type, f"Bearer {token}", f"Basic {basic}")


def _inventory(reported: Reported, own: Inventory) -> Inventory:
    """What they tell, and what we know where they tell nothing."""
    told = dict.fromkeys([*(reported.packages or own.packages), *(each.package for each in reported.findings)])
    sees = any(each.kind == "os" for each in reported.packages)
    ours = (gap for gap in own.gaps if not (sees and gap.code == "os-no-packages"))
    gaps = tuple(dict.fromkeys([*reported.gaps, *ours]))
    return Inventory(reported.os or own.os, tuple(told), reported.secrets or own.secrets, gaps)


def _distinct(matches: list[Match] | tuple[()]) -> list[Match]:
    """A flaw of a component once, also where several files hold it, and at the worst that is said of it."""
    return list({each.vulnerability.id: each for each in sorted(matches, key=lambda each: RANKS[each.level])}.values())
