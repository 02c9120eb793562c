"""Waivers as a document of OpenVEX. A waiver is one statement, with the status that it has.

OpenVEX has no word for an accepted risk that would not claim more than is so: it is `affected`, with what was decided
as its action statement. Nor has it one for an end, so that and who is responsible stand in the notes.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from berth.db.tables import component, component_match, vulnerability_name
from berth.registry import reach
from berth.restriction.openvex import notes, purls
from berth.restriction.openvex.statements import CONTEXT
from berth.restriction.waivers import Waiver
from berth.words import time

JSON = dict[str, Any]  # Any: JSON values
Address = Callable[[str], str]
"""From a path, as people write it, to where that is pulled from."""


def document(
    tx: Connection,
    found: Sequence[Waiver],
    address: Address,
    *,
    author: str,
    tooling: str,
    at: datetime,
    about: str = "",
) -> JSON:
    """With `about`, an image or a digest, all of it is said of that, wherever else it counts too."""
    kinds = _ecosystems(tx, found)
    written = []
    for each in found:
        path, _, digest = (about or each.place).partition("@")
        product = _product(purls.of_place(address(path), path, digest), digest)
        written.append(_statement(each, product, kinds.get(_named(each), [])))
    name = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([author, written], sort_keys=True))
    return {
        "@context": CONTEXT,
        "@id": name.urn,
        "author": author,
        "timestamp": time.text(at),
        "version": 1,
        "tooling": tooling,
        "statements": written,
    }


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
