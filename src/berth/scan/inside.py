"""The child's side of `apart`: reads the layers of one image, and tells what is in it.

It has what its parent sends and nothing else. Started as `python -m berth.scan.inside`.
"""

import io
import json
import os
import resource
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from berth.scan import frames, taking
from berth.scan.catalog import READERS
from berth.scan.failed import ScanFailed
from berth.scan.frames import Kind
from berth.scan.inventory import Gap, Inventory
from berth.scan.layers import looking
from berth.scan.layers.contents import LayerContents
from berth.scan.layers.limits import Limits
from berth.scan.layers.unpacking import Read
from berth.scan.taking import Layer


@dataclass(frozen=True)
class Ordered:
    """A layer, as the parent names it."""

    number: int
    digest: str
    media_type: str
    cached: bool
    readable: bool


class Parent:
    """Who started this process, at the other ends of two pipes. Raises `EOFError` when it is gone."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink

    def receive(self, kind: Kind) -> bytes:
        head = self._source.read(frames.HEAD.size)
        if len(head) < frames.HEAD.size or head[:1] != kind:
            raise EOFError
        payload = self._source.read(frames.HEAD.unpack(head)[1])
        if len(payload) < frames.HEAD.unpack(head)[1]:
            raise EOFError
        return payload

    def send(self, kind: Kind, payload: bytes) -> None:
        self._sink.write(frames.frame(kind, payload))
        self._sink.flush()

    def layer(self, number: int) -> Read:
        """A layer's bytes from the beginning."""
        offset, held = 0, io.BytesIO()

        def read(count: int) -> bytes:
            nonlocal offset, held
            data = held.read(count)
            if not data:
                self.send(frames.READ, frames.PLACE.pack(number, offset, frames.PIECE))
                piece = self.receive(frames.DATA)
                offset, held = offset + len(piece), io.BytesIO(piece)
                data = held.read(count)
            return data

        return read

    def body(self, number: int) -> bytes:
        """What was kept of a layer."""
        self.send(frames.BODY, frames.LAYER.pack(number))
        return self.receive(frames.DATA)


class _Image:
    """Everything about one image, as it is asked for."""

    def __init__(self, parent: Parent, ordered: Sequence[Ordered], limits: Limits) -> None:
        self._parent = parent
        self._ordered = ordered
        self._limits = limits
        self._known: dict[str, LayerContents] = {}

    def inventory(self, config: bytes) -> Inventory:
        layers = list(self._layers())
        names = taking.other_names(layers, self._limits)
        gaps: list[Gap] = []
        if names:
            layers = [
                self._told_more(each, layer, names, gaps) for each, layer in zip(self._ordered, layers, strict=True)
            ]
        return taking.inventory(layers, config, self._limits, gaps)

    def _layers(self) -> Iterator[Layer]:
        """As long as they are not too much together."""
        entries = size = 0
        for each in self._ordered:
            told = self._told(each)
            entries, size = entries + told.entries, size + told.size
            taking.check(entries, size, self._limits)
            yield Layer(each.digest, told)

    def _told(self, layer: Ordered) -> LayerContents:
        known = self._known.get(layer.digest) or self._kept(layer) or self._looked(layer)
        self._known[layer.digest] = known
        return known

    def _kept(self, layer: Ordered) -> LayerContents | None:
        """None also when it cannot be read, for it is only kept to save time."""
        if not layer.cached:
            return None
        try:
            return LayerContents.from_body(self._parent.body(layer.number))
        except (zlib.error, ValueError, KeyError, TypeError):
            return None

    def _looked(self, layer: Ordered) -> LayerContents:
        if not layer.readable:
            raise ScanFailed(
                "BLOB_MISSING", f"layer {layer.digest}: what was kept of it is damaged, and it is not there"
            )
        with _naming(layer):
            told = looking.look(lambda: self._parent.layer(layer.number), layer.media_type, READERS, self._limits)
        self._parent.send(frames.KEEP, frames.LAYER.pack(layer.number) + told.to_body())
        return told

    def _told_more(self, ordered: Ordered, layer: Layer, names: dict[str, tuple[str, ...]], gaps: list[Gap]) -> Layer:
        """With files that package managers reach by links. It is not kept: the links may lie in other layers."""
        if not taking.hold_any(layer.contents, names):
            return layer
        if not ordered.readable:
            which = ", ".join(sorted(name for others in names.values() for name in others))
            gaps.append(
                Gap("unread", f"{which} is found by a link in layer {layer.digest}, which could not be read again")
            )
            return layer
        with _naming(ordered):
            more = looking.look_by_other_names(
                lambda: self._parent.layer(ordered.number), ordered.media_type, READERS, self._limits, names
            )
            return replace(layer, contents=taking.with_more(layer.contents, more))


@contextmanager
def _naming(layer: Ordered) -> Iterator[None]:
    """Tells of which layer a failure is."""
    try:
        yield
    except ScanFailed as failed:
        raise ScanFailed(failed.code, f"layer {layer.digest}: {failed.text}") from None


def serve(parent: Parent) -> None:
    """Answer one order."""
    order = json.loads(parent.receive(frames.ORDER))
    limits = Limits(**order["limits"])
    confine(limits)
    config = parent.receive(frames.DATA)
    image = _Image(parent, [Ordered(**each) for each in order["layers"]], limits)
    try:
        found = image.inventory(config)
    except ScanFailed as failed:
        parent.send(frames.FAILED, json.dumps({"code": failed.code, "text": taking.plain(failed.text)}).encode())
    else:
        parent.send(frames.FOUND, zlib.compress(json.dumps(found.to_json()).encode()))


def confine(limits: Limits) -> None:
    """From here on there is no more memory, time or disk for this process than that."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))


def main() -> None:
    # Nothing but frames may get to the parent, whatever a library prints.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(Parent(sys.stdin.buffer, sink))
    except MemoryError:
        os._exit(frames.OUT_OF_MEMORY)
    except (EOFError, BrokenPipeError):
        os._exit(1)


if __name__ == "__main__":
    main()
