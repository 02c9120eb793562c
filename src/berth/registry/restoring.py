"""Restoring from the trash: digests come back as they were, with their names, and with what they need.

An index brings the children that are in the trash too, a digest its referrers that went with it. Either all comes
back or nothing does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from berth.audit import events
from berth.audit.events import Actor
from berth.db.tables import image, manifest, manifest_blob, manifest_body, manifest_edge, scan, trash, trash_blob
from berth.people.access import Place
from berth.registry import blobs, images, kinds, limits, locks, naming, past, platforms, reach, tags
from berth.registry import trash as room
from berth.registry.images import Image
from berth.words import digest as digests
from berth.words import manifest as words
from berth.words import names
from berth.words.errors import FieldInvalid, Unrestorable
from berth.words.names import ImagePath

LAST = 2
"""The priority of scans that are done anew; their queue, `scan.queue`, stands on a floor above."""


@dataclass(frozen=True)
class Restored:
    image: str
    digests: list[str]
    tags: dict[str, str]
    """By name its digest."""


def restore(
    tx: Connection,
    place: Place,
    ids: Sequence[int],
    actor: Actor,
    *,
    at: datetime,
    rename: Mapping[str, str] | None = None,
) -> Restored:
    """Put up to 50 entries of one image back; `rename` gives a name that is in use another one.

    Raises `TrashUnknown`, `FieldInvalid`, `TagInUse` offering a name, `Unrestorable`, `Locked`, and what a push does.
    """
    limits.at_most("ids", ids)
    return _restore(tx, place, room.load(tx, place, ids), actor, rename or {}, at=at)


def restore_batch(
    tx: Connection, place: Place, batch: str, actor: Actor, *, at: datetime, rename: Mapping[str, str] | None = None
) -> Restored:
    """Put back all that was deleted together, such as a whole image. Raises as `restore` does."""
    ids = room.of_batch(tx, place, batch)
    if not ids:
        raise Unrestorable("what was deleted together", "nothing of it is in the trash any more")
    return _restore(tx, place, room.load(tx, place, ids), actor, rename or {}, at=at)


def _restore(
    tx: Connection, place: Place, rows: Sequence[RowMapping], actor: Actor, rename: Mapping[str, str], *, at: datetime
) -> Restored:
    if len({row["image"] for row in rows}) > 1:
        raise FieldInvalid("ids", "they are of several images; restore those of one image at a time")
    path = ImagePath(place.registry_name, place.repository_name or "", rows[0]["image"])
    found = _image(tx, place, path, rows, actor, at=at)
    locks.refuse_image(tx, found, at=at)
    wanted = _with_company(tx, place, [row for row in rows if row["kind"] == room.DIGEST])
    _children_first(tx, found, wanted, actor, at=at)
    named = _names_back(tx, found, wanted, actor, rename, at=at)
    spent = {row["id"] for row in rows} | {row["id"] for row in wanted}
    room.take_out(tx, spent)
    images.edited(tx, found, actor, at=at)
    restored = Restored(str(path), [row["digest"] for row in wanted], named)
    after = {"digests": restored.digests, "tags": restored.tags}
    events.record(tx, actor, "trash.restore", str(path), at=at, after=after)
    return restored


def _image(
    tx: Connection, place: Place, path: ImagePath, rows: Iterable[RowMapping], actor: Actor, *, at: datetime
) -> Image:
    """The image to restore into; made when it is not there, and as it was if it was deleted with these."""
    found = images.for_push(tx, place, path, actor, at=at)
    if found.born:
        return found
    kept = next((row for row in rows if row["kind"] == room.IMAGE), None)
    if kept is None:
        return images.born(tx, place, found, actor, at=at)
    values = room.values_of(image, kept["facts"])
    tx.execute(update(image).where(image.c.id == found.id).values(**values))
    past.put_back(tx, found.id, kept["batch"])
    return images.again(tx, found)


def _with_company(tx: Connection, place: Place, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """These with their children that are in the trash, and with the referrers that went with them."""
    wanted = {row["digest"]: row for row in rows}
    waiting = list(rows)
    while waiting:
        row = waiting.pop()
        company = [*_trashed_children(tx, place, row), *_referrers_with(tx, place, row)]
        for each in company:
            if each["digest"] not in wanted:
                wanted[each["digest"]] = each
                waiting.append(each)
    return list(wanted.values())


def _trashed_children(tx: Connection, place: Place, row: RowMapping) -> list[RowMapping]:
    listed = [child["digest"] for child in row["facts"]["children"]]
    if not listed:
        return []
    query = _here(place, row).where(trash.c.digest.in_(listed)).order_by(trash.c.id)
    latest = {each["digest"]: each for each in tx.execute(query).mappings()}
    return list(latest.values())


def _referrers_with(tx: Connection, place: Place, row: RowMapping) -> list[RowMapping]:
    query = _here(place, row).where(trash.c.batch == row["batch"]).order_by(trash.c.id)
    subject = row["digest"]
    return [each for each in tx.execute(query).mappings() if _speaks_of(each, subject)]


def _here(place: Place, row: RowMapping) -> Select[Any]:  # Any: trash rows
    mine = (trash.c.repository_id == place.repository_id) & (trash.c.image == row["image"])
    return select(trash).where(mine, trash.c.kind == room.DIGEST).with_for_update()


def _speaks_of(row: RowMapping, subject: str) -> bool:
    named = [names.fallback_subject(each["name"]) for each in row["tags"]]
    return row["facts"]["manifest"].get("subject") == subject or subject in [str(each) for each in named if each]


def _children_first(tx: Connection, found: Image, rows: Sequence[RowMapping], actor: Actor, *, at: datetime) -> None:
    waiting = list(rows)
    while waiting:
        present = _present(tx, found, waiting)
        ready = [row for row in waiting if all(child["digest"] in present for child in row["facts"]["children"])]
        if not ready:
            missing = sorted({child["digest"] for child in waiting[0]["facts"]["children"]} - present.keys())
            raise Unrestorable(waiting[0]["digest"], f"it lists {', '.join(missing)}, which is gone for good")
        for row in ready:
            if row["digest"] not in present:
                manifest_id = _put(tx, found, row, present, at=at)
                if _was_to_be_scanned(row):
                    _scan(tx, found, manifest_id, actor, at=at)
        waiting = [row for row in waiting if row not in ready]


def _was_to_be_scanned(row: RowMapping) -> bool:
    return row["facts"]["manifest"].get("scan_state") in ("queued", "running")


def _scan(tx: Connection, found: Image, manifest_id: int, actor: Actor, *, at: datetime) -> None:
    """Have it wait for a scan again: the one that it waited for went when it was deleted. After all others."""
    mine = {"manifest_id": manifest_id, "repository_id": found.repository_id, "priority": LAST}
    tx.execute(insert(scan).values(**mine, state="queued", due_at=at, asked_by=actor.name, asked_at=at))


def _present(tx: Connection, found: Image, rows: Sequence[RowMapping]) -> dict[str, int]:
    """Which of these and of their children the image has, by digest."""
    asked = {row["digest"] for row in rows} | {child["digest"] for row in rows for child in row["facts"]["children"]}
    present: dict[str, int] = {}
    for some in reach.batches(asked):
        query = select(manifest.c.digest, manifest.c.id).where(
            manifest.c.image_id == found.id, manifest.c.digest.in_(some), manifest.c.state == "active"
        )
        present.update((row.digest, row.id) for row in tx.execute(query))
    return present


def _put(tx: Connection, found: Image, row: RowMapping, present: Mapping[str, int], *, at: datetime) -> int:
    """One digest with its document, its parts and all its columns; its first push stays what it was."""
    naming.refuse_hidden(tx, found, row["digest"])
    values = room.values_of(manifest, row["facts"]["manifest"])
    kind = kinds.of(words.parse(values["media_type"], row["body"]))
    here: dict[str, object] = {"image_id": found.id, "digest": row["digest"], "kind": kind, "restored_at": at}
    if _was_to_be_scanned(row):
        here |= {"scan_state": "queued", "scan_code": "", "scan_reason": ""}
    manifest_id: int = tx.execute(insert(manifest).values(**{**values, **here}).returning(manifest.c.id)).scalar_one()
    tx.execute(insert(manifest_body).values(manifest_id=manifest_id, body=row["body"]))
    platforms.remember(tx, found.id, manifest_id, values["platforms"])
    held = list(tx.scalars(select(trash_blob.c.digest).where(trash_blob.c.trash_id == row["id"])))
    for each in held:
        blobs.hold(tx, found, digests.parse(each), at=at)
    if held:
        tx.execute(insert(manifest_blob), [{"manifest_id": manifest_id, "digest": each} for each in held])
    edges = [
        {"parent_id": manifest_id, "child_id": present[child["digest"]], "platform": child["platform"]}
        for child in row["facts"]["children"]
    ]
    if edges:
        tx.execute(insert(manifest_edge), edges)
    return manifest_id


def _names_back(
    tx: Connection,
    found: Image,
    rows: Sequence[RowMapping],
    actor: Actor,
    rename: Mapping[str, str],
    *,
    at: datetime,
) -> dict[str, str]:
    """Their names, each as it was or as `rename` says. Raises `TagInUse`."""
    ids = _present(tx, found, rows)
    named: dict[str, str] = {}
    for row in rows:
        for each in row["tags"]:
            name = names.tag(rename.get(each["name"], each["name"]))
            naming.refuse_in_use(tx, found, name, row["digest"])
            content = digests.parse(row["digest"])
            tags.put(tx, found, name, ids[row["digest"]], content, actor, at=at, why="restore")
            named[name] = row["digest"]
    return named
