"""Which protocol class `berth serve` gives to uvicorn."""

from typing import Final

import uvicorn

UVICORN: Final = "0.54."


def fits() -> bool:
    """Tell whether this uvicorn is the one whose inside `protocol` knows."""
    return uvicorn.__version__.startswith(UVICORN)


def http() -> "type | str":
    """Answer for `uvicorn.Config(http=...)`: the fast road where it fits, uvicorn's own choice elsewhere."""
    if not fits():
        return "auto"
    from berth.doors.wire.protocol import WireProtocol  # noqa: PLC0415 -- must not be read where it cannot fit

    return WireProtocol
