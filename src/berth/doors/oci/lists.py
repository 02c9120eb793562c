"""Lists: the tags of an image, the referrers of a digest, the catalog of all images."""

import json
from urllib.parse import quote, urlencode

from berth.doors.http import Answer, Query
from berth.doors.oci import errors
from berth.doors.oci.request import Parts, Request
from berth.people.access import Principal
from berth.registry import catalog, images, referrers, tags
from berth.words import digest
from berth.words.errors import ImageUnknown
from berth.words.manifest import MAX_BYTES, OCI_INDEX

MAX_PAGE = 10_000
"""Names in one page when a client asks for no fewer."""
MAX_REFERRERS = 1000
MAX_DIGITS = 18
"""Any count that can be meant has fewer."""
ROOM = 64 * 1024
"""Kept free below the largest manifest that clients read."""


class PageInvalid(Exception):
    """`n` is not a whole number from 0."""


def tag_list(request: Request) -> Answer:
    try:
        count = _count(request.query)
    except PageInvalid:
        return _bad_count()
    after = request.query.get("last") or ""
    with request.site.db.read() as tx:
        found = images.find(tx, request.place, request.path)
        page = tags.page(tx, found, after=after, limit=count + 1)
    return _page(f"{request.base}/tags/list", {"name": request.route.name, "tags": page[:count]}, page, count)


def catalog_list(parts: Parts, principal: Principal, within: str | None, query: Query) -> Answer:
    try:
        count = _count(query)
    except PageInvalid:
        return _bad_count()
    with parts.site.db.read() as tx:
        page = catalog.page(tx, principal, within=within, after=query.get("last") or "", limit=count + 1)
    return _page("/v2/_catalog", {"repositories": page[:count]}, page, count)


def referrer_list(request: Request) -> Answer:
    """An index of what refers to a digest, which need not be there itself; empty rather than unknown."""
    subject = digest.parse(request.route.rest)
    artifact_type = request.query.get("artifactType") or None
    after = request.query.get("last") or "0"
    found = _referrers(
        request, subject, artifact_type, int(after) if after.isdecimal() and len(after) <= MAX_DIGITS else 0
    )
    page, last = _within_bounds(found)
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": page}
    headers = [("Content-Type", OCI_INDEX)]
    if artifact_type is not None:
        headers.append(("OCI-Filters-Applied", "artifactType"))
    if last is not None:
        more = {"last": str(last), **({"artifactType": artifact_type} if artifact_type else {})}
        headers.append(("Link", f'<{quote(request.base)}/referrers/{subject}?{urlencode(more)}>; rel="next"'))
    return Answer(200, headers, json.dumps(document).encode())


def _referrers(
    request: Request, subject: digest.Digest, artifact_type: str | None, after: int
) -> list[tuple[int, referrers.Descriptor]]:
    with request.site.db.read() as tx:
        try:
            found = images.find(tx, request.place, request.path)
        except ImageUnknown:
            return []
        return referrers.page(tx, found, subject, artifact_type=artifact_type, after=after, limit=MAX_REFERRERS + 1)


def _within_bounds(
    found: list[tuple[int, referrers.Descriptor]],
) -> tuple[list[referrers.Descriptor], int | None]:
    """As many as fit into one answer, and where the next page begins, if there is one."""
    page: list[referrers.Descriptor] = []
    size, last = 0, 0
    for place, descriptor in found:
        size += len(json.dumps(descriptor)) + 2
        if page and (size > MAX_BYTES - ROOM or len(page) == MAX_REFERRERS):
            return page, last
        page.append(descriptor)
        last = place
    return page, None


def _count(query: Query) -> int:
    text = query.get("n")
    if text is None:
        return MAX_PAGE
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS:
        raise PageInvalid
    return min(int(text), MAX_PAGE)


def _bad_count() -> Answer:
    return errors.error(400, "PAGINATION_NUMBER_INVALID", "n must be a whole number from 0")


def _page(path: str, document: dict[str, object], page: list[str], count: int) -> Answer:
    headers = [("Content-Type", "application/json")]
    if len(page) > count > 0:
        more = urlencode({"n": str(count), "last": page[count - 1]})
        headers.append(("Link", f'<{quote(path)}?{more}>; rel="next"'))
    return Answer(200, headers, json.dumps(document).encode())
