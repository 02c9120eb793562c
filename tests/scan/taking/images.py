"""Images of layers that are made here, and what is in them."""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from berth.scan import taking
from berth.scan.apart import LayerInput
from berth.scan.inventory import Inventory
from berth.scan.layers import looking
from berth.scan.layers.limits import Limits
from tests.scan.layers import readers
from tests.scan.layers.archives import GZIP, LIMITS, TAR, look, opening, tar

Entry = tuple[tarfile.TarInfo, bytes]


def inventory(*layers: bytes, config: bytes = b"{}", limits: Limits = LIMITS) -> Inventory:
    """Of an image of these layers, which are called `0`, `1`, ..., as the child takes it."""
    read = [taking.Layer(str(number), look(each, *readers.ALL)) for number, each in enumerate(layers)]
    names = taking.other_names(read, limits)
    if names:
        read = [with_more(each, data, names) for each, data in zip(read, layers, strict=True)]
    return taking.inventory(read, config, limits)


def with_more(layer: taking.Layer, data: bytes, names: dict[str, tuple[str, ...]]) -> taking.Layer:
    more = looking.look_by_other_names(opening(data), TAR, readers.ALL, LIMITS, names)
    return replace(layer, contents=taking.with_more(layer.contents, more))


def packages(*layers: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Name, path and layer."""
    made = [tar(*layer) for layer in layers]
    return [(package.name, package.path, package.layer) for package in inventory(*made).packages]


@dataclass
class Blob:
    """A layer in memory, as a store opens it."""

    data: bytes
    fd: int | None = None
    closed: bool = False
    reads: int = 0

    def __post_init__(self) -> None:
        self.size = len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        self.reads += 1
        return self.data[offset : offset + count]

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def given(digest: str, data: bytes | Blob, media_type: str = GZIP, cached: bytes | None = None) -> LayerInput:
    blob = data if isinstance(data, Blob) else Blob(data)
    return LayerInput(digest, media_type, blob.size, lambda: blob, cached)


def config(*environment: str) -> bytes:
    return json.dumps({"config": {"Env": environment}}).encode()
