"""The inventory of one image, taken in a process of its own, which has limits and no access to anything.

This side opens the layers and hands out their bytes; `inside` is the other one, and `frames` what they say.
"""

import json
import struct
import threading
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Self, get_args

from berth.blobs.store import Readable
from berth.scan import frames
from berth.scan.failed import Code, ScanFailed
from berth.scan.inventory import Inventory
from berth.scan.layers.limits import MIB, Limits
from berth.scan.process import Canceled, Child

__all__ = ["Canceled", "LayerInput", "Limits", "Taken", "take"]

_LONGEST: dict[bytes, int] = {
    frames.READ: frames.PLACE.size,
    frames.BODY: frames.LAYER.size,
    frames.KEEP: 128 * MIB,
    frames.FOUND: 128 * MIB,
    frames.FAILED: 64 * 1024,
}
_LONGEST_INVENTORY = 512 * MIB
_NONSENSE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, struct.error, zlib.error)
"""What reading a malformed frame may raise."""
_DEFAULT = Limits()

Progress = Callable[[int, int], None]
"""Called with the bytes of layers that have been read, and how many there are."""


@dataclass(frozen=True)
class LayerInput:
    digest: str
    media_type: str
    size: int
    open: Callable[[], Readable] | None
    """Raises `KeyError` when it is gone. Wanted beside `cached` too: a layer is sometimes read again."""
    cached: bytes | None
    """What a scan kept of it before, under the same `ANALYZER_VERSION`."""


@dataclass(frozen=True)
class Taken:
    inventory: Inventory
    bodies: dict[str, bytes]
    """By digest of the layer, of those that were read: to be kept, and given as `cached` another time."""


def take(
    layers: Sequence[LayerInput],
    config: bytes,
    *,
    limits: Limits = _DEFAULT,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
) -> Taken:
    """Of layers in their order, the lowest first. Raises `ScanFailed`, `Canceled`, and what reading a layer raises.

    It returns within `limits.wall_seconds`, but for the time it takes to read layers.
    """
    for layer in layers:
        if layer.open is None and layer.cached is None:
            raise ScanFailed("BLOB_MISSING", f"layer {layer.digest} is not here")
    with ExitStack() as closing:
        child = closing.enter_context(Child("berth.scan.inside", limits.wall_seconds, cancel))
        source = closing.enter_context(_Source(layers, progress))
        child.send(frames.ORDER, _order(layers, limits))
        child.send(frames.DATA, config[: limits.config_bytes + 1])
        return _conversation(child, source, layers)


def _order(layers: Sequence[LayerInput], limits: Limits) -> bytes:
    named = [
        {
            "number": number,
            "digest": layer.digest,
            "media_type": layer.media_type,
            "cached": layer.cached is not None,
            "readable": layer.open is not None,
        }
        for number, layer in enumerate(layers)
    ]
    return json.dumps({"layers": named, "limits": asdict(limits)}).encode()


def _conversation(child: Child, source: "_Source", layers: Sequence[LayerInput]) -> Taken:
    bodies: dict[str, bytes] = {}
    while True:
        kind, payload = child.receive(_LONGEST)
        try:
            if kind == frames.FAILED:
                raise _failure(payload)
            if kind == frames.FOUND:
                return Taken(_inventory(payload), bodies)
            layer = layers[frames.LAYER.unpack_from(payload)[0]]
            place = frames.PLACE.unpack(payload) if kind == frames.READ else None
        except _NONSENSE:
            raise child.broken("it said what makes no sense") from None
        if place is not None:
            child.send(frames.DATA, source.read(*place))
        elif kind == frames.KEEP:
            bodies[layer.digest] = payload[frames.LAYER.size :]
        else:
            child.send(frames.DATA, layer.cached or b"")


def _failure(payload: bytes) -> ScanFailed:
    said = json.loads(payload)
    if said["code"] not in get_args(Code):
        raise ValueError(said["code"])
    return ScanFailed(said["code"], str(said["text"]))


def _inventory(payload: bytes) -> Inventory:
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(payload, _LONGEST_INVENTORY)
    if not unpacking.eof:
        raise ValueError("it is too long or cut short")
    return Inventory.from_json(json.loads(text))


class _Source:
    """The layers' bytes, of one layer after the other."""

    def __init__(self, layers: Sequence[LayerInput], progress: Progress | None) -> None:
        self._layers = layers
        self._progress = progress
        self._number = -1
        self._open = ExitStack()
        self._readable: Readable | None = None
        self._reached = {number: 0 for number, layer in enumerate(layers) if layer.cached is None}
        self._all = sum(layers[number].size for number in self._reached)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._open.close()

    def read(self, number: int, offset: int, count: int) -> bytes:
        data = self._of(number).read(offset, min(count, frames.PIECE))
        if number in self._reached:
            self._reached[number] = max(self._reached[number], offset + len(data))
            if self._progress is not None:
                self._progress(sum(self._reached.values()), self._all)
        return data

    def _of(self, number: int) -> Readable:
        if self._readable is None or number != self._number:
            self._open.close()
            layer = self._layers[number]
            try:
                opened = layer.open() if layer.open is not None else None
            except KeyError:
                opened = None
            if opened is None:
                raise ScanFailed("BLOB_MISSING", f"layer {layer.digest} is not here")
            self._number, self._readable = number, self._open.enter_context(opened)
        return self._readable
