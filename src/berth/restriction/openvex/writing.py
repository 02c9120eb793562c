"""Waivers as a document of OpenVEX. A waiver is one statement, with the status that it has.

OpenVEX has no word for an accepted risk that would not claim more than is so: it is `affected`, with what was decided
as its action statement. Nor has it one for an end, so that and who is responsible stand in the notes.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from berth.db.pages import Key
from berth.db.tables import component, component_match, vulnerability_name
from berth.registry import reach
from berth.restriction.openvex import notes, purls
from berth.restriction.openvex.statements import CONTEXT
from berth.restriction.waivers import Reader, Waiver
from berth.scan.exports import pieces
from berth.scan.exports.pieces import Open
from berth.site import Site
from berth.words import time
from berth.words.digest import Hash
from berth.words.release import VERSION

JSON = dict[str, Any]  # Any: JSON values
Address = Callable[[str], str]
"""From a path, as people write it, to where that is pulled from."""


def document(
    site: Site,
    read: Reader,
    addresses: Callable[[Connection], Address],
    *,
    author: str,
    at: datetime,
    about: str = "",
) -> Iterator[bytes]:
    """In pieces, for there may be many waivers. The id goes by what is said, so it stands at the end.

    With `about`, an image or a digest, all of it is said of that, wherever else it counts too.
    """
    said = hashlib.sha256(author.encode())
    statements = _told(_statements(site, read, addresses, about), said)
    fields = Open(
        {
            "@context": CONTEXT,
            "author": author,
            "timestamp": time.text(at),
            "version": 1,
            "tooling": f"Berth {VERSION}",
            "statements": statements,
            "@id": lambda: uuid.uuid5(uuid.NAMESPACE_OID, said.hexdigest()).urn,
        }
    )
    return pieces.of_json(fields)


def _told(statements: Iterable[JSON], said: Hash) -> Iterator[JSON]:
    for each in statements:
        said.update(json.dumps(each, sort_keys=True).encode())
        yield each


def _statements(site: Site, read: Reader, addresses: Callable[[Connection], Address], about: str) -> Iterator[JSON]:
    after: Key | None = None
    while True:
        with site.db.read() as tx:
            found = read(tx, after)
            kinds, address = _ecosystems(tx, found.items), addresses(tx)
            some = [_statement(each, _place(each, address, about), kinds.get(_named(each), [])) for each in found.items]
        yield from some
        if found.next is None:
            return
        after = found.next


def _place(waiver: Waiver, address: Address, about: str) -> JSON:
    path, _, digest = (about or waiver.place).partition("@")
    return _product(purls.of_place(address(path), path, digest), digest)


def _product(purl: str, digest: str) -> JSON:
    algorithm, _, value = digest.partition(":")
    hashes = {"hashes": {f"sha-{algorithm.removeprefix('sha')}": value}} if digest else {}
    return {"@id": purl, "identifiers": {"purl": purl}, **hashes}


def _statement(waiver: Waiver, product: JSON, ecosystems: Collection[str]) -> JSON:
    terms = waiver.terms
    if terms.package:
        parts = [purls.of_package(each, terms.package, terms.package_version) for each in ecosystems or ("",)]
        product["subcomponents"] = [{"@id": each} for each in dict.fromkeys(parts)]
    accepted = terms.status == "affected"
    said = {
        "justification": terms.justification,
        "impact_statement": terms.impact,
        "action_statement": terms.reason if accepted else "",
        "status_notes": notes.written("" if accepted else terms.reason, terms),
    }
    return {
        "@id": f"urn:berth:waiver:{waiver.id}",
        "vulnerability": {"name": terms.vulnerability},
        "timestamp": time.text(waiver.edited_at),
        "products": [product],
        "status": terms.status,
        **{field: value for field, value in said.items() if value},
    }


def _ecosystems(tx: Connection, found: Sequence[Waiver]) -> dict[tuple[str, str], list[str]]:
    """By vulnerability and package what kinds of packages have it."""
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    query = (
        select(vulnerability_name.c.name, func.lower(component.c.name), component.c.ecosystem)
        .join_from(
            vulnerability_name,
            component_match,
            component_match.c.vulnerability_id == vulnerability_name.c.vulnerability_id,
        )
        .join(component, component.c.id == component_match.c.component_id)
        .order_by(component.c.ecosystem)
        .distinct()
    )
    for some in reach.batches(each.terms.name for each in found if each.terms.package):
        for name, package, ecosystem in tx.execute(query.where(vulnerability_name.c.name.in_(some))):
            kinds[name, package].append(ecosystem)
    return kinds


def _named(waiver: Waiver) -> tuple[str, str]:
    return waiver.terms.name, waiver.terms.package.lower()
