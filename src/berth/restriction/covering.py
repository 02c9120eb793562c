"""The waivers that cover findings, for lists: nothing is taken away, each finding shows who has answered for it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import manifest
from berth.registry.images import Image
from berth.restriction import waiving
from berth.restriction.waiving import Cover
from berth.scan import results
from berth.scan.looking import FindingRow, Looked


def of_rows(
    tx: Connection, found: Image, looked: Looked, rows: Sequence[FindingRow], *, at: datetime
) -> list[Cover | None]:
    """For each finding of a digest the waiver that covers it in all images that the row is for."""
    parts = {part.digest: part for part in looked.parts}
    mine = (manifest.c.image_id == found.id) & manifest.c.digest.in_(parts)
    numbers = {digest: number for number, digest in tx.execute(select(manifest.c.id, manifest.c.digest).where(mine))}
    waived = waiving.in_force(tx, found.id, list(numbers.values()), at=at)
    if not waived:
        return [None] * len(rows)

    def covering(row: FindingRow, digest: str) -> Cover | None:
        result = parts[digest].result
        key = results.component_of(result.scanner, result.digest, row.finding.package, result.os)
        flaw = row.finding.match.vulnerability
        here = waived.get(numbers.get(digest, 0), waiving.NONE)
        return None if key is None else here.of(flaw.id, flaw.aliases, key.name, key.version)

    def of(row: FindingRow) -> Cover | None:
        each = [covering(row, digest) for digest in row.parts]
        return each[0] if each and all(each) else None

    return [of(row) for row in rows]
