"""Which page answers which address. `{image}` and `{place}` may have slashes in them; `/-/` ends them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from berth.doors.console.view import View
from berth.doors.http import Answer

PREFIX = "/console"
LONG = ("image", "place")

Page = Callable[[View], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    """After `/console`."""
    page: Page
    act: str = ""
    """What audit calls a refusal of it; for posts."""
    form: Page | None = None
    """What is shown again, with what was entered, when the post is refused."""
    is_open: bool = False
    """Also for those who have not signed in."""

    def matches(self, path: str) -> dict[str, str] | None:
        found = _pattern(self.path).fullmatch(path)
        return None if found is None else found.groupdict()


def get(path: str, page: Page, *, is_open: bool = False) -> Route:
    return Route("GET", path, page, is_open=is_open)


def post(path: str, page: Page, act: str, form: Page | None = None, *, is_open: bool = False) -> Route:
    return Route("POST", path, page, act, form, is_open=is_open)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>(?!-/)[^/]+(?:/(?!-/)[^/]+)*)" if name in LONG else f"(?P<{name}>(?!-/)[^/]+)"

    return re.compile(re.sub(r"\{(\w+)\}", part, path))
