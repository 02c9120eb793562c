"""What handlers are given beside the parts of a request: the site, who calls, and the version an edit speaks of."""

import re
from typing import Annotated

from fastapi import Depends, Header, Path, Request, Response

from berth.doors.api.errors import Problem
from berth.people.callers import Caller
from berth.site import Site

NEVER = -1
"""A version that no row has."""

_TAG = re.compile(r'"(\d{1,9})"')


async def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["berth.caller"]
    return caller


IfMatch = Annotated[str | None, Header(description='The `ETag` of what was read, or `*` for "whatever it is now".')]


async def _expected(if_match: IfMatch = None) -> int | None:
    """None takes any version. Raises `Problem`."""
    if if_match is None:
        raise Problem(
            428, "precondition-required", "an edit says in If-Match which version it speaks of: the ETag that was read"
        )
    return _version(if_match)


async def _perhaps_expected(if_match: IfMatch = None) -> int | None:
    return None if if_match is None else _version(if_match)


def _version(if_match: str) -> int | None:
    if if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    return int(found[1]) if found else NEVER


RegistryName = Annotated[str, Path(examples=["main"])]
RepositoryName = Annotated[str, Path(examples=["apps"])]
ImageName = Annotated[str, Path(description="It may contain slashes.", examples=["shop/web"])]
DigestText = Annotated[str, Path(description="`sha256:...` or `sha512:...`", examples=["sha256:" + "4f" * 32])]
TagName = Annotated[str, Path(examples=["v1.2"])]

TheSite = Annotated[Site, Depends(_site)]
TheCaller = Annotated[Caller, Depends(_caller)]
Expected = Annotated[int | None, Depends(_expected)]
"""For edits: the version must be told."""
PerhapsExpected = Annotated[int | None, Depends(_perhaps_expected)]
"""For what can be done without having read it."""


def tag(response: Response, version: int) -> None:
    """Say which version this is."""
    response.headers["ETag"] = f'"{version}"'
