"""Blobs: asked for, read with ranges, deleted."""

from berth.doors.http import Answer, in_thread
from berth.doors.oci import conditions, errors, ranges, refused
from berth.doors.oci.request import Request
from berth.doors.wire import files
from berth.registry import blobs, images
from berth.registry.quick import FoundBlob
from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import BlobUnknown

PIECE = 1024 * 1024


def find(request: Request) -> tuple[Digest, FoundBlob]:
    """Raises `DigestInvalid`, `BlobUnknown`."""
    content = digest.parse(request.route.rest)
    return content, request.parts.quick.blob(request.place.repository_id, request.path.image, content)


async def head(request: Request, content: Digest, found: FoundBlob) -> Answer:
    """Whoever asks may leave the upload out, so the blob's grace is renewed before the answer."""
    now = request.site.now()
    if now - found.renewed_at > blobs.RENEW:
        await in_thread(_renew, request, content, found)
    if conditions.is_known(request.headers, str(content)):
        return Answer(304, _headers(content))
    return Answer(200, [*_headers(content), ("Content-Length", str(found.size))])


async def get(request: Request, content: Digest, found: FoundBlob) -> Answer | None:
    """Send a blob or one range of it; None when all has been sent."""
    if conditions.is_known(request.headers, str(content)):
        return Answer(304, _headers(content))
    asked = request.headers.get("range") if conditions.wants_range(request.headers, str(content)) else ""
    try:
        span = ranges.of_read(asked, found.size)
    except ranges.Unsatisfiable:
        refused = errors.error(416, "SIZE_INVALID", f"the range is outside of the {found.size} bytes of the blob")
        refused.headers.append(("Content-Range", f"bytes */{found.size}"))
        return refused
    headers = _headers(content)
    status, whole = (200, ranges.Span(0, found.size)) if span is None else (206, span)
    if span is not None:
        headers.append(("Content-Range", span.content_range(found.size)))
    headers.append(("Content-Length", str(whole.count)))
    await _send(request, found, content, Answer(status, headers), whole)
    return None


def delete(request: Request) -> Answer:
    content = digest.parse(request.route.rest)
    with refused.recorded(request), request.site.db.write() as tx:
        found = images.holding(tx, request.place, request.path)
        blobs.remove(tx, found, content, request.caller.actor, at=request.site.now())
    return Answer(202)


def _headers(content: Digest) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/octet-stream"),
        ("Docker-Content-Digest", str(content)),
        ("ETag", f'"{content}"'),
        ("Accept-Ranges", "bytes"),
    ]


def _renew(request: Request, content: Digest, found: FoundBlob) -> None:
    with request.site.db.write() as tx:
        blobs.renew(tx, found.image_id, content, at=request.site.now())


async def _send(request: Request, found: FoundBlob, content: Digest, answer: Answer, span: ranges.Span) -> None:
    try:
        stored = request.site.blobs.open(found.key)
    except KeyError:
        raise BlobUnknown(content) from None
    with stored:
        await request.send({"type": "http.response.start", "status": answer.status, "headers": answer.raw_headers()})
        if stored.fd is not None:
            await files.send_file(request.scope, request.send, stored.fd, span.start, span.count)
            return
        end = span.start + span.count
        for start in range(span.start, end, PIECE):
            piece = await in_thread(stored.read, start, min(PIECE, end - start))
            await request.send({"type": "http.response.body", "body": piece, "more_body": True})
        await request.send({"type": "http.response.body", "body": b""})
