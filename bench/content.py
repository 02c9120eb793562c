"""What is pushed and pulled. Every push has bytes that no server has seen before.

Bytes of one kind differ in their last eight only, so a digest is the continuation of one that is known already, and
the client does not spend the time of hashing that the server has to spend.
"""

import hashlib
import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

KIB = 1 << 10
MIB = 1 << 20
STAMP = 8
FRAME = 32 * KIB
"""The size of frame in which Docker and containerd send a body of unknown length."""

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
LAYERS = 8

_stamps = itertools.count(int.from_bytes(os.urandom(STAMP - 2), "big"))


@dataclass(frozen=True)
class Stamped:
    """The end of one blob of a kind, and its digest."""

    tail: bytes
    digest: str


class Small:
    """Blobs of one size, from memory."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.body = os.urandom(size - STAMP)
        self._hash = hashlib.sha256(self.body)

    def next(self) -> Stamped:
        return _stamp(self._hash)


class Large:
    """Blobs of one size, from a file: once as it is, once in the frames of a chunked body."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        self.plain = folder / "plain"
        self.framed = folder / "framed"
        self._hash = hashlib.sha256()
        with self.plain.open("wb") as plain, self.framed.open("wb") as framed:
            for start in range(0, size - STAMP, FRAME):
                self._add(os.urandom(min(FRAME, size - STAMP - start)), plain, framed)

    def next(self) -> Stamped:
        return _stamp(self._hash)

    def _add(self, piece: bytes, plain: BinaryIO, framed: BinaryIO) -> None:
        self._hash.update(piece)
        plain.write(piece)
        framed.write(frame(piece))


def frame(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _stamp(known: "hashlib._Hash") -> Stamped:
    tail = next(_stamps).to_bytes(STAMP, "big")
    whole = known.copy()
    whole.update(tail)
    return Stamped(tail, f"sha256:{whole.hexdigest()}")


def manifest(config: str, config_size: int, layer: str, layer_size: int) -> bytes:
    """A manifest of ordinary size; that its layers are one and the same makes no difference to a server."""
    layers = [_descriptor("application/vnd.oci.image.layer.v1.tar", layer, layer_size)] * LAYERS
    configuration = _descriptor("application/vnd.oci.image.config.v1+json", config, config_size)
    document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": configuration, "layers": layers}
    return json.dumps(document).encode()


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest, "size": size}
