"""What the two processes of a scan say to each other: frames of a kind, a length, and bytes.

    parent                                child
    ORDER  layers and limits, JSON  ──>
    DATA   the image's config       ──>
                                    <──   READ   layer, offset, count
    DATA   bytes of the layer       ──>
                                    <──   BODY   layer
    DATA   its kept body            ──>
                                    <──   KEEP   layer, and the body to keep
                                    <──   FOUND  the inventory   or   FAILED  code and text

The child asks and the parent answers, so neither ever waits for the other to make room.
"""

import struct
from typing import Literal

Kind = Literal[b"O", b"D", b"R", b"B", b"K", b"F", b"X"]

ORDER: Kind = b"O"
DATA: Kind = b"D"
READ: Kind = b"R"
BODY: Kind = b"B"
KEEP: Kind = b"K"
FOUND: Kind = b"F"
FAILED: Kind = b"X"

HEAD = struct.Struct(">cI")
PLACE = struct.Struct(">IQI")
"""Layer, offset, count."""
LAYER = struct.Struct(">I")

PIECE = 1024 * 1024
"""The most that is read at once."""
OUT_OF_MEMORY = 77
"""The child's exit status when it cannot even say so."""


def frame(kind: Kind, payload: bytes) -> bytes:
    return HEAD.pack(kind, len(payload)) + payload
