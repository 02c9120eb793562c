"""Uploads: POST+PUT, one streamed PATCH, or chunks in order; mounts; cancelling (distribution-spec, Push).

Bytes go from the connection into the blob store as they come, hashed on the way. Only small bodies are held in memory.
"""

from dataclasses import dataclass

from berth.blobs import Part, UploadInUse
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
from berth.words.errors import BlobTooLarge, ChunkOutOfOrder, DigestInvalid, SizeMismatch, UploadBusy


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


@dataclass
class Ending(Receiving):
    """The upload ends with this request."""

    expected: Digest
    """What all of it will be."""


def begin(request: Request) -> Answer | Ending:
    """POST: a mount, a new session, or the beginning of a blob that comes whole."""
    wanted = request.query.get("digest")
    if request.query.get("mount") is not None:
        return mount(request) or _session(request)
    return _session(request) if wanted is None else _hold_new(request, digest.parse(wanted))


def begin_append(request: Request) -> Receiving:
    """Hold the upload for this request. Raises `UploadUnknown`, `UploadBusy`, `ChunkOutOfOrder`."""
    chunk = ranges.of_chunk(request.headers.get("content-range"))
    found = _find(request)
    try:
        part = request.site.blobs.append(found.id, new=True)
    except UploadInUse:
        raise UploadBusy(found.id) from None
    if chunk is not None and chunk.start != part.offset:
        part.close()
        raise ChunkOutOfOrder(found.id, part.offset, chunk.start)
    return Receiving(found, part, request.parts.hashes.take(found.id, part.offset, found.algorithm), chunk)


def begin_finish(request: Request) -> Ending:
    wanted = request.query.get("digest")
    if wanted is None:
        raise DigestInvalid("", "the closing PUT needs the query parameter digest")
    expected = digest.parse(wanted)
    held = begin_append(request)
    return Ending(held.upload, held.part, held.running, held.chunk, expected)


async def whole(request: Request, receiving: Ending) -> Answer:
    """POST with a digest. It needs no session: should it break off, what came is swept."""
    try:
        rest = await _receive(request, receiving)
        return await in_thread(_complete, request, receiving, rest)
    except BaseException:
        await in_thread(_give_up, request, receiving)
        raise


async def append(request: Request, receiving: Receiving) -> Answer:
    """PATCH: the next chunk, or a stream of unknown length."""
    rest = b""
    try:
        rest = await _receive(request, receiving)
    finally:
        await in_thread(_let_go, request, receiving, rest)
    return _progress(request, 202, receiving.upload.id, receiving.part.offset)


async def finish(request: Request, receiving: Ending) -> Answer:
    """PUT: the last bytes, if any, and the digest of all."""
    try:
        rest = await _receive(request, receiving)
    except BaseException:
        await in_thread(_let_go, request, receiving)
        raise
    return await in_thread(_complete, request, receiving, rest)


def status(request: Request) -> Answer:
    found = _find(request)
    return _progress(request, 204, found.id, uploads.offset(request.site, found.id))


def cancel(request: Request) -> Answer:
    found = _find(request)
    uploads.cancel(request.site, found)
    request.parts.hashes.forget(found.id)
    return Answer(204)


def _session(request: Request) -> Answer:
    algorithm = request.query.get("digest-algorithm") or "sha256"
    at, actor = request.site.now(), request.caller.actor
    with request.site.db.write(durable=False) as tx:
        found = images.for_push(tx, request.place, request.path, actor, at=at)
        started = uploads.start(tx, found, actor, at=at, algorithm=algorithm)
    return _progress(request, 202, started.id, 0)


async def _receive(request: Request, receiving: Receiving) -> bytes:
    """Take the body in, or give a small one back: each change of thread costs more than its bytes.

    Raises `ClientGone` when it is not whole; of a large one, what came stays in the upload.
    """
    chunk, length = receiving.chunk, bodies.content_length(request.scope)
    if chunk is not None and length not in (None, chunk.count):
        raise SizeMismatch(chunk.count, length or 0)
    limit, idle = request.site.settings.max_blob_bytes, request.site.settings.idle_seconds
    left, rest = max(limit - receiving.part.offset, 0), b""
    try:
        if length is not None and length <= bodies.WORTH_A_TRANSFER:
            rest = await read_whole(request.headers, request.receive, left, idle_seconds=idle)
            received = len(rest)
        else:
            received = await bodies.pump(request.scope, request.receive, receiving.take, limit=left, idle_seconds=idle)
    except BodyTooLarge:
        raise BlobTooLarge(limit) from None
    if chunk is not None and received != chunk.count:
        raise SizeMismatch(chunk.count, received)
    return rest


def _find(request: Request) -> Upload:
    site, upload_id, oldest = request.site, request.route.rest, uploads.oldest(request.site)
    known = request.parts.quick.upload(request.place.repository_id, request.path, upload_id, oldest)
    if known is not None:
        return known
    with site.db.read() as tx:
        found = images.holding(tx, request.place, request.path)
        return uploads.find(tx, found, upload_id, oldest=oldest)


def _hold_new(request: Request, expected: Digest) -> Ending:
    at, actor = request.site.now(), request.caller.actor
    with request.site.db.write(durable=False) as tx:
        found = images.for_push(tx, request.place, request.path, actor, at=at)
    upload = Upload(uploads.new_id(), found, expected.algorithm)
    part = request.site.blobs.append(upload.id, new=True)
    return Ending(upload, part, digest.new(expected.algorithm), None, expected)


def _let_go(request: Request, receiving: Receiving, rest: bytes = b"") -> None:
    """Let the next chunk in, which may come to another process; here its hash goes on where this one stops."""
    part, found = receiving.part, receiving.upload
    with part:
        if rest:
            receiving.take(rest)
        offset = part.offset
    if receiving.running is not None:
        request.parts.hashes.keep(found.id, offset, found.algorithm, receiving.running)


def _give_up(request: Request, receiving: Receiving) -> None:
    receiving.part.close()
    uploads.cancel(request.site, receiving.upload)
    request.parts.hashes.forget(receiving.upload.id)


def _complete(request: Request, receiving: Ending, rest: bytes) -> Answer:
    expected = receiving.expected
    try:
        if rest:
            receiving.take(rest)
        uploads.finish(request.site, receiving.upload, receiving.part, expected, receiving.running)
        receiving.running = None
    finally:
        _let_go(request, receiving)
    return Answer(
        201,
        [("Location", f"{request.base}/blobs/{expected}"), ("Docker-Content-Digest", str(expected))],
    )


def _progress(request: Request, status_code: int, upload_id: str, offset: int) -> Answer:
    headers = [
        ("Location", f"{request.base}/blobs/uploads/{upload_id}"),
        ("Range", f"0-{max(offset - 1, 0)}"),
        ("Docker-Upload-UUID", upload_id),
    ]
    return Answer(status_code, headers)
