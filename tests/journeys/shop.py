"""A Berth whose images rules stand against, for the journeys of those who pull: one for all tests of a run."""

import contextlib
import functools
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from berth.settings import Settings
from berth.site import Site, open_site
from tests import documents
from tests.client import Image
from tests.documents import Document
from tests.serving import ADMIN, PASSWORD, REPOSITORY, Server

READER, SIGNER = "bob", "carol"
"""Both may pull; the signer has the right that passes all rules besides."""
AUTH = (ADMIN, PASSWORD)


@dataclass(frozen=True)
class Shop:
    server: Server
    site: Site
    """To put in place what scans find."""

    def image(self, name: str) -> "Ruled":
        return Ruled(self, name)

    def sent(self, method: str, path: str, body: Any = None, **more: Any) -> Any:  # Any: JSON
        """By its administrator. Returns what is answered."""
        answer = self.server.http.request(method, f"/api/v1{path}", json=body, auth=AUTH, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class Ruled:
    """An image of its own for a test."""

    shop: Shop
    name: str

    @property
    def path(self) -> str:
        return f"{REPOSITORY}/{self.name}"

    @property
    def at(self) -> str:
        """In the API."""
        registry, _, repository = REPOSITORY.partition("/")
        return f"/registries/{registry}/repositories/{repository}/images/{self.name}"

    def as_(self, user: str) -> Image:
        return self.shop.server.client(user, PASSWORD).image(self.path)

    @functools.cached_property
    def owned(self) -> Image:
        return self.as_(ADMIN)

    def choose(self, scan: Mapping[str, object] | None = None, **pull: object) -> None:
        """Both switches are on if nothing else is said."""
        shown = self.shop.sent("GET", self.at)
        asked = {"restrict_unscanned": True, "restrict_vulnerable": True, "critical": 0, "high": 0, **pull}
        policies = {"pull": {**shown["policies"]["pull"], **asked}}
        if scan is not None:
            policies["scan"] = {**shown["policies"]["scan"], **scan}
        headers = {"If-Match": f'"{shown["version"]}"'}
        self.shop.sent("PATCH", self.at, {"policies": policies}, headers=headers)

    def put_digest(self, architecture: str = "amd64") -> Document:
        """What a client can lay out, and what no other image has."""
        config, layer = _layered(f"{self.name} for {architecture}", architecture)
        for content in (config, layer):
            self.owned.push(content)
        document = documents.manifest(config, [layer])
        assert self.owned.put_digest(document).is_success
        return document

    def put_index(self, tag: str, children: Mapping[str, Document], *others: Mapping[str, Any]) -> Document:
        """Any: descriptors of what else it lists."""
        listed = [
            child.described(platform={"os": "linux", "architecture": architecture})
            for architecture, child in children.items()
        ]
        fields = {"schemaVersion": 2, "mediaType": documents.OCI_INDEX, "manifests": [*listed, *others]}
        index = documents.of(fields, documents.OCI_INDEX)
        assert self.owned.put(tag, index).is_success
        return index

    def quarantine(self, document: Document, reason: str) -> None:
        self.shop.sent("PUT", f"{self.at}/-/digests/{document.digest}/quarantine", {"reason": reason})


def _layered(content: str, architecture: str) -> tuple[bytes, bytes]:
    """A config and its layer of one file."""
    with io.BytesIO() as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            entry = tarfile.TarInfo("README")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content.encode()))
        layer = stream.getvalue()
    filesystem = {"type": "layers", "diff_ids": [documents.digest_of(layer)]}
    config = {"architecture": architecture, "os": "linux", "config": {}, "rootfs": filesystem}
    return json.dumps(config).encode(), layer


@contextlib.contextmanager
def opened(server: Server) -> Iterator[Shop]:
    """With those who pull there."""
    settings = Settings(data=server.folder / "data", database_url=server.database_url)
    with contextlib.closing(open_site(settings)) as site:
        shop = Shop(server, site)
        for user, actions in ((READER, ["reader"]), (SIGNER, ["reader", "pull-restricted"])):
            shop.sent("POST", "/users", {"name": user, "password": PASSWORD})
            shop.sent("PUT", f"/grants/{user}/{REPOSITORY}", {"actions": actions})
        yield shop
