"""The management API for tests: people who call it, and what an answer must be."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.client import Client
from tests.doors.oci.harbour import Harbour

JSON = dict[str, Any]
PREFIX = "/api/v1"
KEEPER = "keeper"
"""The one person who is an administrator for all tests."""


@dataclass
class Desk:
    """The API as one caller has it."""

    http: httpx.Client
    name: str
    secret: str

    def ask(self, method: str, path: str, body: Any = None, **headers: Any) -> httpx.Response:
        """`if_match=3` becomes `If-Match: "3"`. Any: JSON values."""
        sent = {
            name.replace("_", "-"): f'"{value}"' if isinstance(value, int) else value for name, value in headers.items()
        }
        auth = (self.name, self.secret) if self.name else None
        whole = path if path.startswith("/api") else PREFIX + path
        if body is None:
            return self.http.request(method, whole, headers=sent, auth=auth)
        return self.http.request(method, whole, json=body, headers=sent, auth=auth)

    def get(self, path: str, **params: Any) -> Any:
        """What an answer of 200 holds."""
        query = f"?{httpx.QueryParams(params)}" if params else ""
        return done(self.ask("GET", path + query), 200)

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        return done(self.ask("POST", path, body), status)

    def patch(self, path: str, body: Any, version: int) -> Any:
        return done(self.ask("PATCH", path, body, if_match=version), 200)

    def delete(self, path: str) -> None:
        done(self.ask("DELETE", path), 204)

    def everything(self, path: str, **params: Any) -> list[Any]:
        """All items of a list, page by page, by the addresses that it gives out itself."""
        answer = self.ask("GET", f"{path}?{httpx.QueryParams(params)}")
        items: list[Any] = []
        while True:
            items += done(answer, 200)["items"]
            assert ("next" in answer.links) == (answer.json()["next"] is not None)
            if "next" not in answer.links:
                return items
            answer = self.ask("GET", answer.links["next"]["url"])


def desk(client: Client) -> Desk:
    return Desk(client.http, client.name, client.secret)


def somebody(harbour: Harbour, *granted: tuple[str, str], **more: Any) -> Desk:
    return desk(harbour.somebody(*granted, **more))


def done(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer} {answer.text}"
    return answer.json() if answer.content else None


def problem(answer: httpx.Response, status: int, kind: str) -> JSON:
    """The problem document that an answer must be."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    document: JSON = answer.json()
    assert document["type"] == f"urn:berth:problem:{kind}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def fields(document: JSON) -> list[str]:
    return [error["field"] for error in document["errors"]]
