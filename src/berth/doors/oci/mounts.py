"""Mounts: a blob that another image holds becomes this image's too, without moving a byte."""

from sqlalchemy import Connection

from berth.doors.http import Answer
from berth.doors.oci.request import Request
from berth.people import access
from berth.people.access import Place
from berth.registry import blobs, images
from berth.registry.images import Image
from berth.words import actions, digest
from berth.words.actions import Action
from berth.words.digest import Digest
from berth.words.errors import BlobUnknown, ImageUnknown, Refusal, TokenTooNarrow
from berth.words.names import ImagePath


def mount(request: Request) -> Answer | None:
    """Try it; None when it cannot be, and the client gets a session instead.

    Raises `TokenTooNarrow` when a new token could make it possible.
    """
    content = digest.parse(request.query.get("mount") or "")
    source = request.query.get("from")
    at, actor = request.site.now(), request.caller.actor
    try:
        place = None if source is None else _source(request, source)
        with request.site.db.write() as tx:
            found = images.for_push(tx, request.place, request.path, actor, at=at)
            if place is None:
                _from_anywhere(tx, request, found, content)
            else:
                blobs.mount(tx, found, images.holding(tx, *place), content, at=at)
    except (BlobUnknown, ImageUnknown, Unmountable):
        return None
    location = ("Location", f"{request.base}/blobs/{content}")
    return Answer(201, [location, ("Docker-Content-Digest", str(content))])


class Unmountable(Exception):
    """The caller may not pull from the source, or there is no such place."""


def _source(request: Request, name: str) -> tuple[Place, ImagePath]:
    """The image to mount from, which the caller must be allowed to pull."""
    gate, caller = request.parts.gate, request.caller
    try:
        return gate.admit(caller, request.reached, name, Action.PULL)
    except TokenTooNarrow:
        # Asked for a token that nobody will give them, clients would not fall back to an upload.
        if Action.PULL not in gate.standing(caller.principal, gate.path(request.reached, name)).actions:
            raise Unmountable from None
        raise
    except Refusal:
        raise Unmountable from None


def _from_anywhere(tx: Connection, request: Request, found: Image, content: Digest) -> None:
    """Take the blob from any image that the caller may pull. Raises `BlobUnknown`."""
    caller = request.caller
    rights = access.rights_of(tx, caller.principal)
    for holder, path, place in blobs.holders(tx, content):
        bound = caller.bounds is None or Action.PULL in caller.bounds.get(str(path), actions.NONE)
        if (holder == found.id or bound) and Action.PULL in rights.on(place):
            blobs.mount(
                tx, found, Image(holder, place.repository_id or 0, path, born=True), content, at=request.site.now()
            )
            return
    raise BlobUnknown(content)
