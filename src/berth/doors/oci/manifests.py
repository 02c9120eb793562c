"""Manifests: pulled, pushed and deleted, by tag or by digest."""

from berth.doors.http import Answer
from berth.doors.oci import conditions, refused
from berth.doors.oci.request import Request
from berth.doors.oci.restricted import Held
from berth.registry import images, manifests, platforms, tags, trash
from berth.registry.quick import FoundManifest
from berth.restriction import judging
from berth.scan import asking
from berth.words import manifest as documents
from berth.words import names
from berth.words.digest import Digest
from berth.words.errors import FieldInvalid, ManifestUnknown, TagInvalid
from berth.words.names import Reference

MAX_TAGS = 100
"""Tags given along with one push by digest."""


def read(request: Request) -> Answer | Held:
    """GET and HEAD. A GET that is answered counts as a pull, and is held where a rule may stand against it."""
    try:
        reference = names.reference(request.route.rest)
    except TagInvalid:
        raise ManifestUnknown(request.route.rest) from None
    quick, place = request.parts.quick, (request.place.repository_id, request.path.image, reference)
    if request.method == "HEAD":
        return served(request, quick.manifest(*place), reference)
    found = quick.pulled(*place)
    if judging.at_first_sight(found) is None:
        return Held(request, found, reference)
    return served(request, found, reference)


def warned(held: Held) -> Answer:
    """What was held and may be served after all."""
    answer = served(held.request, held.found, held.reference)
    if held.warning:
        text = held.warning.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
        answer.headers.append(("Warning", f'299 - "{text}"'))
    return answer


def served(request: Request, found: FoundManifest, reference: Reference) -> Answer:
    parts = request.parts
    headers = [
        ("Content-Type", found.media_type),
        ("Docker-Content-Digest", found.digest),
        ("ETag", f'"{found.digest}"'),
    ]
    if conditions.is_known(request.headers, found.digest):
        return Answer(304, headers)
    headers.append(("Content-Length", str(found.size)))
    if request.method == "HEAD":
        return Answer(200, headers)
    answer = Answer(200, headers, parts.quick.body(found))
    if not request.is_scan:
        who, by_tag = str(request.caller.principal), isinstance(reference, str)
        parts.pulls.count(found.id, found.digest, who, request.site.now(), by_tag=by_tag)
    return answer


def push(request: Request, body: bytes) -> Answer:
    reference = names.reference(request.route.rest)
    also = [names.tag(text) for text in request.query.all("tag")]
    if also and isinstance(reference, str):
        raise FieldInvalid("tag", "it goes with a push by digest only")
    if len(also) > MAX_TAGS:
        raise FieldInvalid("tag", f"at most {MAX_TAGS} of them")
    document = documents.parse(request.headers.get("content-type"), body)
    platform = platforms.of(request.site, request.place, request.path, document)
    at, actor = request.site.now(), request.caller.actor
    with refused.recorded(request), request.site.db.write() as tx:
        found = images.for_push(tx, request.place, request.path, actor, at=at)
        pushed = manifests.put(
            tx, request.place, found, reference, document, actor, at=at, also_tags=also, platform=platform
        )
        if pushed.new:
            asking.on_push(tx, pushed.id, actor, at=at)
    headers = [
        ("Location", f"{request.base}/manifests/{pushed.digest}"),
        ("Docker-Content-Digest", str(pushed.digest)),
        *(("OCI-Tag", name) for name in also),
    ]
    if document.subject is not None:
        headers.append(("OCI-Subject", str(document.subject)))
    return Answer(201, headers)


def delete(request: Request) -> Answer:
    """By tag the name goes, by digest the manifest with its names and referrers."""
    reference = names.reference(request.route.rest)
    at, actor = request.site.now(), request.caller.actor
    with refused.recorded(request), request.site.db.write() as tx:
        found = images.for_change(tx, request.place, request.path)
        if isinstance(reference, Digest):
            manifests.remove(tx, found, reference, actor, at=at, keep=trash.kept(request.site.settings))
        else:
            tags.remove(tx, found, reference, actor, at=at)
    return Answer(202)
