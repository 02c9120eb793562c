"""Uploads: POST+PUT, one streamed PATCH, or chunks in order; mounts; cancelling (distribution-spec, Push).

Bytes go from the connection into the blob store as they come, hashed on the way. Only small bodies are held in memory.
"""

from dataclasses import dataclass

from berth.blobs import Part, UploadGone, UploadInUse
from berth.doors.http import Answer, in_thread, read_whole
from berth.doors.oci import ranges
from berth.doors.oci.mounts import mount
from berth.doors.oci.request import Request
from berth.doors.wire import bodies
from berth.doors.wire.failures import BodyTooLarge
from berth.registry import images, uploads
from berth.registry.uploads import Upload
from berth.words import digest
from berth.words.digest import Digest, Hash
from berth.words.errors import (
    BlobTooLarge,
    ChunkOutOfOrder,
    DigestInvalid,
    SizeMismatch,
    UploadBusy,
    UploadUnknown,
)


@dataclass
class Receiving:
    """An upload held by this request, and the hash of what it has so far, when that is known here."""

    upload: Upload
    part: Part
    running: Hash | None
    chunk: ranges.Span | None
    """What the client says it sends."""

    def take(self, data: memoryview | bytes) -> None:
        self.part.write(data)
        if self.running is not None:
            self.running.update(data)


async def start(request: Request) -> Answer:
    """POST: a mount, a whole blob at once, or a new session."""
    wanted = request.query.get("digest")
    if wanted is not None and request.query.get("mount") is None:
        return await _whole(request, digest.parse(wanted))
    if request.query.get("mount") is None:
        return _begin(request)
    return await in_thread(mount, request) or _begin(request)


async def append(request: Request) -> Answer:
    """PATCH: the next chunk, or a stream of unknown length."""
    if _is_small(request):
        return await in_thread(_append_small, request, await _body(request))
    receiving = await in_thread(lambda: _hold(request, _open(request)))
    try:
        await _receive(request, receiving)
    finally:
        await in_thread(_let_go, request, receiving)
    return _progress(request, 202, receiving.upload.id, receiving.part.offset)


async def finish(request: Request) -> Answer:
    """PUT: the last bytes, if any, and the digest of all."""
    wanted = request.query.get("digest")
    if wanted is None:
        raise DigestInvalid("", "the closing PUT needs the query parameter digest")
    expected = digest.parse(wanted)
    if _is_small(request):
        return await in_thread(_finish_small, request, await _body(request), expected)
    receiving = await in_thread(lambda: _hold(request, _open(request)))
    try:
        await _receive(request, receiving)
    except BaseException:
        await in_thread(_let_go, request, receiving)
        raise
    return await in_thread(_complete, request, receiving, expected)


def status(request: Request) -> Answer:
    found = _find(request)
    return _progress(request, 204, found.id, uploads.offset(request.site, found.id))


def cancel(request: Request) -> Answer:
    found = _find(request)
    uploads.cancel(request.site, found)
    request.parts.hashes.forget(found.id)
    return Answer(204)


def _begin(request: Request) -> Answer:
    algorithm = request.query.get("digest-algorithm") or "sha256"
    return _progress(request, 202, _start(request, algorithm).id, 0)


def _start(request: Request, algorithm: str) -> Upload:
    site = request.site
    return uploads.start(site, request.place, request.path, at=site.now(), algorithm=algorithm)


async def _whole(request: Request, expected: Digest) -> Answer:
    """A blob in one request needs no session: should it break off, what came is swept."""
    if _is_small(request):
        return await in_thread(_store, request, _start(request, expected.algorithm), await _body(request), expected)
    receiving = await in_thread(_hold_new, request, expected.algorithm)
    try:
        await _receive(request, receiving)
        return await in_thread(_complete, request, receiving, expected)
    except BaseException:
        await in_thread(_give_up, request, receiving)
        raise


def _is_small(request: Request) -> bool:
    """Whether to take the body in at once, with all else there is to do: to change threads costs more than it."""
    length = bodies.content_length(request.scope)
    return length is not None and length <= bodies.WORTH_A_TRANSFER


async def _body(request: Request) -> bytes:
    whole = bodies.at_hand(request.scope)
    if whole is not None:
        return whole
    idle = request.site.settings.idle_seconds
    return await read_whole(request.headers, request.receive, bodies.WORTH_A_TRANSFER, idle_seconds=idle)


async def _receive(request: Request, receiving: Receiving) -> None:
    """Take the body in. Raises `ClientGone` when it is not whole; what came stays in the upload."""
    chunk, length = receiving.chunk, bodies.content_length(request.scope)
    if chunk is not None and length not in (None, chunk.count):
        raise SizeMismatch(chunk.count, length or 0)
    limit, idle = request.site.settings.max_blob_bytes, request.site.settings.idle_seconds
    left = max(limit - receiving.part.offset, 0)
    try:
        received = await bodies.pump(request.scope, request.receive, receiving.take, limit=left, idle_seconds=idle)
    except BodyTooLarge:
        raise BlobTooLarge(limit) from None
    if chunk is not None and received != chunk.count:
        raise SizeMismatch(chunk.count, received)


def _append_small(request: Request, body: bytes) -> Answer:
    receiving = _hold(request, _open(request))
    try:
        _take_small(request, receiving, body)
    finally:
        _let_go(request, receiving)
    return _progress(request, 202, receiving.upload.id, receiving.part.offset)


def _finish_small(request: Request, body: bytes, expected: Digest) -> Answer:
    found = _read(request)
    if not request.headers.get("content-range") and not uploads.has_begun(request.site, found.id):
        return _store(request, found, body, expected)
    receiving = _hold(request, found)
    try:
        _take_small(request, receiving, body)
    except BaseException:
        _let_go(request, receiving)
        raise
    return _complete(request, receiving, expected)


def _store(request: Request, found: Upload, body: bytes, expected: Digest) -> Answer:
    """A whole blob at once."""
    limit = request.site.settings.max_blob_bytes
    if len(body) > limit:
        raise BlobTooLarge(limit)
    uploads.finish_whole(request.site, found, body, expected, request.caller.actor)
    return _created(request, expected)


def _take_small(request: Request, receiving: Receiving, body: bytes) -> None:
    chunk, limit = receiving.chunk, request.site.settings.max_blob_bytes
    if chunk is not None and len(body) != chunk.count:
        raise SizeMismatch(chunk.count, len(body))
    if receiving.part.offset + len(body) > limit:
        raise BlobTooLarge(limit)
    if body:
        receiving.take(body)


def _read(request: Request) -> Upload:
    """As the id alone tells, which is enough to finish: that it has ended shows when the rows are written."""
    return uploads.read(request.site, request.place, request.path, request.route.rest)


def _find(request: Request) -> Upload:
    with request.site.db.read() as tx:
        return uploads.find(tx, request.site, request.place, request.path, request.route.rest)


def _open(request: Request) -> Upload:
    """Before many bytes come: it has not ended, and the image takes pushes. Raises what `images.may_take` does."""
    known = _read(request)
    if request.parts.quick.takes_upload(request.place, request.path, known.id):
        return known
    with request.site.db.read() as tx:
        images.may_take(tx, request.place, request.path)
    return _find(request)


def _hold(request: Request, found: Upload) -> Receiving:
    """Hold the upload for this request. Raises `UploadUnknown`, `UploadBusy`, `ChunkOutOfOrder`."""
    chunk = ranges.of_chunk(request.headers.get("content-range"))
    try:
        part = request.site.blobs.append(found.id, new=True)
    except UploadInUse:
        raise UploadBusy(found.id) from None
    except UploadGone:
        raise UploadUnknown(found.id) from None
    if chunk is not None and chunk.start != part.offset:
        part.close()
        raise ChunkOutOfOrder(found.id, part.offset, chunk.start)
    return Receiving(found, part, request.parts.hashes.take(found.id, part.offset, found.algorithm), chunk)


def _hold_new(request: Request, algorithm: str) -> Receiving:
    with request.site.db.read() as tx:
        images.may_take(tx, request.place, request.path)
    upload = _start(request, algorithm)
    return Receiving(upload, request.site.blobs.append(upload.id, new=True), digest.new(algorithm), None)


def _let_go(request: Request, receiving: Receiving) -> None:
    """Let the next chunk in, which may come to another process; here its hash goes on where this one stops."""
    part, found = receiving.part, receiving.upload
    offset = part.offset
    part.close()
    if receiving.running is not None:
        request.parts.hashes.keep(found.id, offset, found.algorithm, receiving.running)


def _give_up(request: Request, receiving: Receiving) -> None:
    receiving.part.close()
    uploads.cancel(request.site, receiving.upload)
    request.parts.hashes.forget(receiving.upload.id)


def _complete(request: Request, receiving: Receiving, expected: Digest) -> Answer:
    try:
        uploads.finish(
            request.site, receiving.upload, receiving.part, expected, receiving.running, request.caller.actor
        )
        receiving.running = None
    except UploadGone:  # cancelled or expired while its last bytes came
        raise UploadUnknown(receiving.upload.id) from None
    finally:
        _let_go(request, receiving)
    return _created(request, expected)


def _created(request: Request, content: Digest) -> Answer:
    return Answer(201, [("Location", f"{request.base}/blobs/{content}"), ("Docker-Content-Digest", str(content))])


def _progress(request: Request, status_code: int, upload_id: str, offset: int) -> Answer:
    headers = [
        ("Location", f"{request.base}/blobs/uploads/{upload_id}"),
        ("Range", f"0-{max(offset - 1, 0)}"),
        ("Docker-Upload-UUID", upload_id),
    ]
    return Answer(status_code, headers)
