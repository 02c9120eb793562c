"""Cursors: where the next page of a list begins, as text that a client gives back.

A cursor is the key of the last row and the order it belongs to. It holds nothing secret and gives no right, so it is
checked but not signed.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from berth.db.pages import Key
from berth.words import time
from berth.words.errors import FieldInvalid


def written(key: Key, sort: str) -> str:
    values = [{"at": time.text(value)} if isinstance(value, datetime) else value for value in key]
    return base64.urlsafe_b64encode(json.dumps([sort, *values]).encode()).decode().rstrip("=")


def read(cursor: str, sort: str) -> Key:
    """Raises `FieldInvalid`."""
    try:
        document = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(document, list) or document[:1] != [sort]:
            raise FieldInvalid("cursor", "it belongs to a list in another order")
        return tuple(_value(value) for value in document[1:])
    except (ValueError, RecursionError, binascii.Error):
        raise FieldInvalid("cursor", "it is none that this list has given out") from None


def _value(value: Any) -> Any:  # Any: JSON
    """Raises `ValueError`."""
    if not isinstance(value, dict):
        return value
    at = datetime.fromisoformat(str(value.get("at")))
    if at.utcoffset() is None or at.utcoffset():
        raise ValueError("not a time in UTC")
    return at
