"""JSON out of an image: of bounded size, of bounded weight, and whatever is wrong with it said in one way."""

import json
from typing import BinaryIO

from berth.scan.catalog.gathered import Damaged, Exhausted

MAX_VALUES = 1_000_000
"""Values in one document, whose memory is a hundred times that of the `{}` it takes to write one."""


def read(file: BinaryIO, limit: int) -> object:
    """What is as long as the limit was cut there, or would be."""
    body = file.read(limit)
    if len(body) >= limit:
        raise Exhausted(f"it has {limit} bytes or more")
    return parse(body)


def parse(body: bytes) -> object:
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise Exhausted(f"it has more than {MAX_VALUES} values")
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise Damaged("it is nested too deeply") from None
    except ValueError:
        raise Damaged("it is not JSON") from None


def table(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Damaged(f"{what} is not a JSON object")
    return value
