"""Pages at this door: `limit`, `sort` and `cursor` in, `next` and a `Link` out.

A cursor is the key of the last row and the order it belongs to. It holds nothing secret and gives no right, so it is
checked but not signed.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from berth.db.pages import Found, Key, Wanted
from berth.words import time
from berth.words.errors import FieldInvalid

T = TypeVar("T")
S = TypeVar("S")

MAX_LIMIT = 200


class Paging(BaseModel):
    """What every list takes; each list adds its orders and filters."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Rows in one page.")] = 50
    cursor: Annotated[
        str | None, Field(max_length=4000, description="`next` of the page before; without it, the first page.")
    ] = None

    def wanted(self, sort: str) -> Wanted:
        """Raises `FieldInvalid`."""
        return Wanted(sort, self.limit, None if self.cursor is None else _read(self.cursor, sort))


def turned(request: Request, response: Response, found: Found[T], sort: str, shape: Callable[[T], S]) -> dict[str, Any]:
    """The answer of a list; the next page's address is in the header too. Any: the fields of a page's shape."""
    cursor = None if found.next is None else _written(found.next, sort)
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        address = f"{quote(request.url.path)}?{urlencode([*query, ('cursor', cursor)])}"
        response.headers["Link"] = f'<{address}>; rel="next"'
    return {"items": [shape(item) for item in found.items], "next": cursor}


def _written(key: Key, sort: str) -> str:
    values = [{"at": time.text(value)} if isinstance(value, datetime) else value for value in key]
    return base64.urlsafe_b64encode(json.dumps([sort, *values]).encode()).decode().rstrip("=")


def _read(cursor: str, sort: str) -> Key:
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
