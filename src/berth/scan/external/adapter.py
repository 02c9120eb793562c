"""The requests of Harbor's pluggable scanner API, one by one, and what may be answered to them.

No redirect is followed: a 302 means that a report is not ready, and where it leads is the adapter's to say.
"""

import json
import re
import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, Self
from urllib.parse import quote

import httpx

from berth.scan.external import documents
from berth.scan.external.configured import Harbor
from berth.scan.external.documents import JSON
from berth.scan.failed import Code, ScanFailed
from berth.scan.process import Canceled

MIB = 1024 * 1024

_METADATA = "application/vnd.scanner.adapter.metadata+json; version=1.0"
_REQUEST = "application/vnd.scanner.adapter.scan.request+json; version=1.0"
_REPORTS = (
    "application/vnd.security.vulnerability.report; version=1.1",
    "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
)
"""That we read, the better one first."""
_PROPERTY = "harbor.scanner-adapter/"
_OPERATION_SECONDS = 30.0
"""That one step of a request may take: to connect, or for some bytes to come."""
_PIECE = 64 * 1024
_WHOLE_SECONDS = re.compile(r"[0-9]{1,9}")
_AWAY = frozenset({502, 503, 504})
"""What is said in the place of an adapter that is not there."""


@dataclass(frozen=True, slots=True)
class Limits:
    body_bytes: int = 64 * MIB
    wait_default: float = 5.0
    """Seconds until a report is asked for again, where the adapter does not say."""
    wait_least: float = 1.0
    wait_most: float = 60.0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an adapter says it is."""

    name: str
    vendor: str
    version: str
    capabilities: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """For vulnerabilities: the media types it takes, and those of the reports it then makes."""
    database_at: datetime | None
    authorization_type: str
    """How it wants to be let in by the registry: `Bearer`, `Basic`; empty where it does not say."""

    @classmethod
    def of(cls, document: JSON) -> Self:
        scanner, properties = documents.table(document.get("scanner")), documents.table(document.get("properties"))
        return cls(
            name=documents.text(scanner.get("name")),
            vendor=documents.text(scanner.get("vendor")),
            version=documents.text(scanner.get("version")),
            capabilities=tuple(
                (_types(each.get("consumes_mime_types")), _types(each.get("produces_mime_types")))
                for each in documents.tables(document.get("capabilities"))
                if each.get("type") in {None, "", "vulnerability"}
            ),
            database_at=documents.instant(properties.get(f"{_PROPERTY}vulnerability-database-updated-at")),
            authorization_type=documents.text(properties.get(f"{_PROPERTY}registry-authorization-type")),
        )

    def report_of(self, media_type: str) -> str:
        """The kind of report that we take of such an image. Raises `ScanFailed`."""
        made = [produced for consumed, produced in self.capabilities if _type(media_type) in consumed]
        if not made:
            raise ScanFailed("ADAPTER_REJECTED", f"the adapter does not look for vulnerabilities in {media_type}")
        for report in _REPORTS:
            if any(_type(report) in produced for produced in made):
                return report
        raise ScanFailed("ADAPTER_REJECTED", "the adapter makes no report of a kind that is understood")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


def connected(config: Harbor) -> httpx.Client:
    """Raises `ScanFailed` when its certificates cannot be read."""
    return httpx.Client(
        base_url=config.url,
        headers={"Authorization": config.authorization} if config.authorization else {},
        verify=_trusting(config.ca),
        timeout=_OPERATION_SECONDS,
        follow_redirects=False,
        trust_env=False,  # It is given our registry's credentials: no proxy that happens to be set is to see them.
    )


def _trusting(ca: str) -> ssl.SSLContext:
    try:
        if ca.startswith("/"):
            return ssl.create_default_context(cafile=ca)
        return ssl.create_default_context(cadata=ca or None)
    except (OSError, ValueError) as error:
        raise ScanFailed(
            "ADAPTER_UNREACHABLE", f"the certificates of the adapter's ca cannot be read: {error}"
        ) from None


class Adapter:
    """Raises `ScanFailed`; and `Canceled` when it is over, of which then nobody hears."""

    def __init__(self, client: httpx.Client, over: threading.Event, limits: Limits) -> None:
        self._client = client
        self._over = over
        self._limits = limits

    def metadata(self) -> Metadata:
        answer = self._ask("GET", "/api/v1/metadata", {"Accept": _METADATA})
        if answer.status != httpx.codes.OK:
            _refused(answer, "what it is")
        return Metadata.of(documents.load(answer.body, "the adapter"))

    def submit(self, request: dict[str, dict[str, str]]) -> str:
        """The id under which it scans."""
        answer = self._ask("POST", "/api/v1/scan", {"Content-Type": _REQUEST}, json.dumps(request).encode())
        if answer.status not in {httpx.codes.OK, httpx.codes.CREATED, httpx.codes.ACCEPTED}:
            _refused(answer, "to scan")
        name = documents.load(answer.body, "the adapter").get("id")
        if not isinstance(name, str) or not 0 < len(name) <= documents.MAX_TEXT or name in {".", ".."}:
            raise ScanFailed("SCANNER_OUTPUT", "the adapter takes the scan, but gives no id for it")
        return name

    def report(self, name: str, accept: str) -> JSON | None:
        """When it is ready; None when the adapter knows nothing of it."""
        while True:
            answer = self._ask("GET", f"/api/v1/scan/{_quoted(name)}/report", {"Accept": accept})
            if answer.status == httpx.codes.OK:
                return documents.load(answer.body, "the adapter")
            if answer.status == httpx.codes.NOT_FOUND:
                return None
            if answer.status != httpx.codes.FOUND:
                _refused(answer, "for the report")
            self._over.wait(self._patience(answer.headers.get("Refresh-After", "")))

    def _patience(self, stated: str) -> float:
        """Seconds, not fewer or more than make sense."""
        wanted = float(stated) if _WHOLE_SECONDS.fullmatch(stated) else self._limits.wait_default
        return min(max(wanted, self._limits.wait_least), self._limits.wait_most)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> _Answer:
        if self._over.is_set():
            raise Canceled
        # What is not packed cannot unpack to more than the limit.
        headers = headers | {"Accept-Encoding": "identity"}
        try:
            with self._client.stream(method, path, headers=headers, content=body) as answer:
                return _Answer(answer.status_code, answer.headers, self._body(answer))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            why = str(error) or type(error).__name__
            raise ScanFailed("ADAPTER_UNREACHABLE", f"the adapter cannot be reached: {why}") from None

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_raw(_PIECE):
            body += piece
            if len(body) > self._limits.body_bytes:
                raise ScanFailed("SCANNER_OUTPUT", f"the adapter answers more than {self._limits.body_bytes} bytes")
            if self._over.is_set():
                raise Canceled
        return bytes(body)


def _quoted(name: str) -> str:
    return quote(name.encode("utf-8", "replace"), safe="")


def _refused(answer: _Answer, asked: str) -> NoReturn:
    code: Code = "ADAPTER_UNREACHABLE" if answer.status in _AWAY else "ADAPTER_REJECTED"
    said = _message(answer.body)
    text = f"asked {asked}, the adapter answers {answer.status}" + (f": {said}" if said else "")
    raise ScanFailed(code, text)


def _message(body: bytes) -> str:
    """What it says is wrong, where it says it as the API has it."""
    try:
        document = documents.load(body, "the adapter")
    except ScanFailed:
        return ""
    return documents.text(documents.table(document.get("error")).get("message"))


def _types(value: object) -> frozenset[str]:
    return frozenset(map(_type, documents.texts(value)))


def _type(media_type: str) -> str:
    """Some write a space before the version, and some do not."""
    return "".join(media_type.split()).lower()
