"""Pages at this door: `limit`, `sort` and `cursor` in, `next` and a `Link` out."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from berth.db.pages import Found, Wanted
from berth.doors import cursors

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
        return Wanted(sort, self.limit, None if self.cursor is None else cursors.read(self.cursor, sort))


def turned(request: Request, response: Response, found: Found[T], sort: str, shape: Callable[[T], S]) -> dict[str, Any]:
    """The answer of a list; the next page's address is in the header too. Any: the fields of a page's shape."""
    cursor = None if found.next is None else cursors.written(found.next, sort)
    if cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        address = f"{quote(request.url.path)}?{urlencode([*query, ('cursor', cursor)])}"
        response.headers["Link"] = f'<{address}>; rel="next"'
    return {"items": [shape(item) for item in found.items], "next": cursor}
