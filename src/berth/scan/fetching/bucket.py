"""A mirror that answers HTTP, as the bucket that OSV exports to. What it says is taken with care.

Proxies are those of the environment, as httpx reads them. Nothing that is secret is ever sent: no credentials, no
cookies, no names of what is in this registry.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import quote

import httpx

from berth.scan.fetching.failures import Missing, NotFetched, Unreachable
from berth.scan.fetching.pace import Pace

MAX_REDIRECTS = 5
MAX_TAG = 200
PIECE = 1 << 16
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What is packed on its way would have to be unpacked here before its size is known.
HEADERS = {"User-Agent": "berth", "Accept": "*/*", "Accept-Encoding": "identity"}


class _LaterError(Exception):
    """It may go better the next time."""

    def __init__(self, last: NotFetched, after: float | None = None) -> None:
        super().__init__(str(last))
        self.last = last
        self.after = after
        """Seconds that the server asks to wait."""


class Bucket:
    def __init__(self, base: str, pace: Pace) -> None:
        self._base = base.rstrip("/")
        self._pace = pace
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        timeout = httpx.Timeout(pace.silent_seconds, connect=pace.connect_seconds)
        self._client = httpx.Client(headers=HEADERS, timeout=timeout, cookies=no_cookies, follow_redirects=False)

    def fetch(self, name: str, into: Path, limit: int, tag: str = "") -> str | None:
        """See `Mirror`. What may be a passing fault is tried again, after a pause that grows."""
        attempt = 0
        while True:
            try:
                return self._fetch(name, into, limit, tag)
            except _LaterError as later:
                attempt += 1
                if attempt >= self._pace.attempts:
                    raise later.last from None
                self._pace.pause(attempt - 1, later.after)

    def close(self) -> None:
        self._client.close()

    def _fetch(self, name: str, into: Path, limit: int, tag: str) -> str | None:
        end = self._pace.clock() + self._pace.whole_seconds
        headers = {"If-None-Match": tag} if tag else {}
        try:
            url = httpx.URL(f"{self._base}/{quote(name)}")
            for _ in range(MAX_REDIRECTS + 1):
                with self._client.stream("GET", url, headers=headers) as answer:
                    if answer.status_code not in REDIRECTS:
                        unchanged = tag and answer.status_code == HTTPStatus.NOT_MODIFIED
                        return None if unchanged else self._taken(name, answer, into, limit, end)
                    url = _next(name, url, answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise _LaterError(Unreachable(f"{self._base} cannot be reached: {_said(error)}")) from None
        except httpx.TransportError as error:
            raise _LaterError(NotFetched(f"{name} broke off: {_said(error)}")) from None
        except httpx.InvalidURL as error:
            raise NotFetched(f"{name} is sent to an address that is none: {_said(error)}") from None
        raise NotFetched(f"{name} is sent on more than {MAX_REDIRECTS} times")

    def _taken(self, name: str, answer: httpx.Response, into: Path, limit: int, end: float) -> str:
        _check(name, answer, limit)
        try:
            with into.open("wb") as file:
                for piece in self._pieces(name, answer, limit, end):
                    file.write(piece)
        except OSError as error:
            raise NotFetched(f"{name} cannot be kept: {error.strerror}") from None
        tag = answer.headers.get("etag", "")
        return tag if len(tag) <= MAX_TAG and tag.isascii() else ""

    def _pieces(self, name: str, answer: httpx.Response, limit: int, end: float) -> Iterator[bytes]:
        size = 0
        for piece in answer.iter_raw(PIECE):
            size += len(piece)
            if size > limit:
                raise NotFetched(f"{name} has more than {limit} bytes")
            if self._pace.clock() > end:
                raise NotFetched(f"{name} did not arrive in {self._pace.whole_seconds:.0f} seconds")
            yield piece


def _check(name: str, answer: httpx.Response, limit: int) -> None:
    status = answer.status_code
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise Missing(f"there is no {name} at {answer.url.host}")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _LaterError(NotFetched(f"{name} is answered with {status}"), _wait(answer.headers.get("retry-after", "")))
    if status != HTTPStatus.OK:
        raise NotFetched(f"{name} is answered with {status}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise NotFetched(f"{name} comes packed, which was not asked for")
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise NotFetched(f"{name} has {length[:20]} bytes, more than {limit}")


def _next(name: str, url: httpx.URL, answer: httpx.Response) -> httpx.URL:
    """Only within HTTPS, or on the same server: never to where others can read or change what comes."""
    there = url.join(answer.headers.get("location", ""))
    stays = (there.scheme, there.host, there.port) == (url.scheme, url.host, url.port)
    if there.userinfo or not (stays or (url.scheme == there.scheme == "https")):
        raise NotFetched(f"{name} is sent to {there.scheme}://{there.host}, which is not followed"[:300])
    return there


def _wait(given: str) -> float | None:
    """Seconds, or a time of day."""
    if given.isdecimal():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
