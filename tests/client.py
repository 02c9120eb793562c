"""A small OCI client for tests. It speaks as clients do, by Basic or Bearer, and shows every answer as it came."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from tests import documents
from tests.documents import Document, digest_of

Body = bytes | Sequence[bytes]
"""Pieces are streamed, without a Content-Length."""

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


def code(answer: httpx.Response) -> str:
    """The error code that an answer carries."""
    found: str = answer.json()["errors"][0]["code"]
    return found


def challenge(answer: httpx.Response) -> dict[str, str]:
    """What a 401 asks for: realm, service, scope, error."""
    kind, _, fields = answer.headers["www-authenticate"].partition(" ")
    assert kind == "Bearer"
    return dict(_CHALLENGE.findall(fields))


@dataclass
class Client:
    """Somebody with credentials, or nobody."""

    http: httpx.Client
    name: str = ""
    secret: str = ""
    speaks: Literal["basic", "bearer"] = "basic"
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        target: str,
        *,
        headers: dict[str, str] | None = None,
        params: Iterable[tuple[str, str]] = (),
        body: Body = b"",
    ) -> httpx.Response:
        """One request, signed in; with Bearer, a new token is fetched when the answer asks for one."""
        answer = self._send(method, target, headers, params, body, self.tokens.get(f"{method} {target}", ""))
        if answer.status_code != httpx.codes.UNAUTHORIZED or self.speaks == "basic":
            return answer
        asked = challenge(answer)
        token = self.token(asked.get("scope", ""), realm=asked["realm"], service=asked["service"])
        self.tokens[f"{method} {target}"] = token
        return self._send(method, target, headers, params, body, token)

    def token(self, scope: str, *, realm: str = "/v2/token", service: str = "berth") -> str:
        """A bearer token with as much of a scope as this client may have."""
        credentials = httpx.BasicAuth(self.name, self.secret) if self.name else None
        answer = self.http.get(realm, params={"service": service, "scope": scope}, auth=credentials)
        assert answer.status_code == httpx.codes.OK, answer.text
        token: str = answer.json()["token"]
        return token

    def image(self, name: str) -> "Image":
        return Image(self, name)

    def bearing(self, token: str) -> "Client":
        """A client that has a token and nothing else."""
        return Client(self.http, "", token)

    def _send(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None,
        params: Iterable[tuple[str, str]],
        body: Body,
        token: str,
    ) -> httpx.Response:
        url = httpx.URL(target)
        for name, value in params:
            url = url.copy_add_param(name, value)
        # httpx would tidy up `..` and `//`, which a test may mean.
        request = self.http.build_request(
            method,
            url,
            headers=headers,
            content=body if isinstance(body, bytes) else iter(body),
            extensions=_exactly(target, url),
        )
        self._sign(request, token)
        return self.http.send(request)

    def _sign(self, request: httpx.Request, token: str) -> None:
        if token or (self.secret and not self.name):
            request.headers["authorization"] = f"Bearer {token or self.secret}"
        elif self.name and self.speaks == "basic":
            next(httpx.BasicAuth(self.name, self.secret).auth_flow(request))


def _exactly(target: str, url: httpx.URL) -> dict[str, Any]:  # Any: httpx's own extensions
    if not target.startswith("/"):
        return {}
    path, _, query = target.partition("?")
    whole = url.query.decode() or query
    return {"target": (f"{path}?{whole}" if whole else path).encode("ascii")}


@dataclass(frozen=True)
class Image:
    """One image path, as one client sees it."""

    client: Client
    name: str

    def ask(self, method: str, rest: str, **more: Any) -> httpx.Response:  # Any: arguments of `Client.ask`
        return self.client.ask(method, f"/v2/{self.name}/{rest}", **more)

    # Blobs.

    def start(self, **params: str) -> httpx.Response:
        return self.ask("POST", "blobs/uploads/", params=params.items())

    def session(self) -> str:
        """The address of a new upload."""
        return location(self.start(), 202)

    def append(self, upload: str, body: Body, span: str | None = None, **headers: str) -> httpx.Response:
        given = headers if span is None else {"Content-Range": span, **headers}
        return self.client.ask("PATCH", upload, headers=given, body=body)

    def finish(self, upload: str, digest: str, body: Body = b"", span: str | None = None) -> httpx.Response:
        given = {} if span is None else {"Content-Range": span}
        return self.client.ask("PUT", upload, params=[("digest", digest)], headers=given, body=body)

    def push(self, content: bytes, algorithm: str = "sha256") -> str:
        """POST and PUT; returns the digest."""
        digest = digest_of(content, algorithm)
        location(self.finish(self.session(), digest, content), 201)
        return digest

    def push_whole(self, content: bytes, digest: str | None = None) -> httpx.Response:
        """All in one POST."""
        return self.ask("POST", "blobs/uploads/", params=[("digest", digest or digest_of(content))], body=content)

    def push_stream(self, pieces: Sequence[bytes]) -> httpx.Response:
        """One PATCH of unknown length, then the closing PUT."""
        upload = location(self.append(self.session(), pieces), 202)
        return self.finish(upload, digest_of(b"".join(pieces)))

    def push_chunks(self, pieces: Sequence[bytes]) -> httpx.Response:
        """A PATCH with its range for each piece, then the closing PUT."""
        upload, offset = self.session(), 0
        for piece in pieces:
            upload = location(self.append(upload, piece, f"{offset}-{offset + len(piece) - 1}"), 202)
            offset += len(piece)
        return self.finish(upload, digest_of(b"".join(pieces)))

    def mount(self, digest: str, source: str | None = None) -> httpx.Response:
        return self.start(mount=digest, **({} if source is None else {"from": source}))

    def blob(self, digest: str, method: str = "GET", **headers: str) -> httpx.Response:
        return self.ask(method, f"blobs/{digest}", headers=_named(headers))

    # Manifests.

    def put(self, reference: str, document: Document, **more: Any) -> httpx.Response:  # Any: arguments of `ask`
        headers = {"Content-Type": document.media_type}
        return self.ask("PUT", f"manifests/{reference}", headers=headers, body=document.body, **more)

    def put_digest(self, document: Document) -> httpx.Response:
        return self.put(document.digest, document)

    def push_image(self, reference: str | None = None, *, seed: str = "one", **more: Any) -> Document:  # Any: JSON
        """A whole small image: config, one layer and a manifest, under a tag or its digest."""
        config, layer = f'{{"seed": "{seed}"}}'.encode(), f"layer of {seed}".encode()
        for content in (config, layer):
            self.push(content)
        document = documents.manifest(config, [layer], **more)
        location(self.put(reference or document.digest, document), 201)
        return document

    def push_artifact(self, subject: Document | None, kind: str = "application/x.note", **more: Any) -> Document:
        """An artifact that speaks of a subject, under its digest. Any: JSON values."""
        self.push(b"{}")
        document = documents.artifact(subject, kind, **more)
        location(self.put_digest(document), 201)
        return document

    def get(self, reference: str, method: str = "GET", **headers: str) -> httpx.Response:
        return self.ask(method, f"manifests/{reference}", headers=_named(headers))

    def has(self, reference: str) -> bool:
        return self.get(reference, "HEAD").status_code == httpx.codes.OK

    # Lists and the rest.

    def tags(self, **params: str) -> list[str]:
        answer = self.ask("GET", "tags/list", params=params.items())
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["name"] == self.name
        found: list[str] = answer.json()["tags"]
        return found

    def referrers(self, digest: str, **params: str) -> list[str]:
        answer = self.ask("GET", f"referrers/{digest}", params=params.items())
        assert answer.status_code == httpx.codes.OK, answer.text
        return [found["digest"] for found in answer.json()["manifests"]]

    def delete(self, what: str) -> httpx.Response:
        """`manifests/...`, `blobs/...`."""
        return self.ask("DELETE", what)


def location(answer: httpx.Response, status: int) -> str:
    """Where an answer of the expected status points to."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer} {answer.text}"
    found: str = answer.headers["location"]
    return found


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`if_none_match` becomes `If-None-Match`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
