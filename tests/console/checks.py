"""What tests of checks need beside the browser: images that have something, checked and under a policy."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx

from tests.client import Image
from tests.documents import Document
from tests.scan import images
from tests.scan.secrets.shapes import GITHUB
from tests.serving import ADMIN, PASSWORD, Server, wait_for

AUTH = (ADMIN, PASSWORD)
LODASH = json.dumps({"name": "lodash", "version": "4.17.15"}).encode()
REQUEST = json.dumps({"name": "request", "version": "2.88.2"}).encode()
FILES = {
    "=srv/app/node_modules/lodash/package.json": LODASH,
    "srv/app/node_modules/request/package.json": REQUEST,
    "srv/app/.env": f"TOKEN={GITHUB}\n".encode(),
}
"""Two High findings with a fix at a path that is a formula to a spreadsheet, a Medium one without, and a secret."""


def api(image: Image, *steps: str) -> str:
    registry, repository, name = image.name.split("/", 2)
    below = "/".join(["", *steps])
    return f"/api/v1/registries/{registry}/repositories/{repository}/images/{name}{below}"


def have_checked(image: Image, *documents: Document) -> None:
    """Returns when they are."""
    http = image.client.http
    digests = [document.digest for document in documents]
    http.post(api(image, "-", "scans"), json={"digests": digests}, auth=AUTH).raise_for_status()
    wait_for(lambda: all(scan(image, digest)["state"] == "done" for digest in digests))


def scan(image: Image, digest: str) -> Mapping[str, object]:
    found: Mapping[str, object] = (
        image.client.http.get(api(image, "-", "digests", digest, "scan"), auth=AUTH).raise_for_status().json()
    )
    return found


def policy(image: Image, **fields: object) -> None:
    """What is not named is off."""
    off = {"automatic": False, "exclusion": False, "exclude_language_packages": False, "exclude_secrets": False}
    rest = {"exclude_unfixed": False, "exclude_level": None, "publish_sbom": ""}
    given = {"policies": {"scan": {**off, **rest, **fields}}}
    answer = image.client.http.patch(api(image), json=given, headers={"If-Match": "*"}, auth=AUTH)
    assert answer.status_code == httpx.codes.OK, answer.text


def restrict(image: Image) -> None:
    """Any Critical finding is refused."""
    pull = {
        "restrict_unscanned": False,
        "restrict_vulnerable": True,
        "critical": 0,
        "high": 1,
        "exclude_unfixed": False,
    }
    given = {"policies": {"pull": pull}}
    answer = image.client.http.patch(api(image), json=given, headers={"If-Match": "*"}, auth=AUTH)
    assert answer.status_code == httpx.codes.OK, answer.text


def restricted_and_waived(image: Image, document: Document) -> int:
    """What a page can tell of: a limit that is exceeded, a quarantine, and a waiver, whose number this is."""
    http = image.client.http
    restrict(image)
    put = {"reason": "held back"}
    http.put(api(image, "-", "digests", document.digest, "quarantine"), json=put, auth=AUTH).raise_for_status()
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    given = {"place": image.name, "vulnerability": "CVE-2026-1", "reason": "not built", "expires_at": until}
    made: int = http.post("/api/v1/waivers", json=given, auth=AUTH).raise_for_status().json()["id"]
    return made


def push_shop(image: Image, tag: str) -> Document:
    """A minimal Debian with an application: findings of the system, of a language, and a secret."""
    return images.push_layers(image, tag, images.minbase(), images.layer(FILES))


def reader(server: Server) -> tuple[str, str]:
    """Name and password of somebody who may pull from where the images are."""
    name, password = "onlooker", "long enough 1"
    made = server.http.post("/api/v1/users", json={"name": name, "kind": "person", "password": password}, auth=AUTH)
    assert made.status_code in (httpx.codes.CREATED, httpx.codes.CONFLICT)
    granted = server.http.put(f"/api/v1/grants/{name}/main/apps", json={"actions": ["pull"]}, auth=AUTH)
    granted.raise_for_status()
    return name, password


def import_record(server: Server, record: Mapping[str, object]) -> None:
    """One more advisory of Debian; returns when all results know of it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"Debian/{record['id']}.json", json.dumps(record))
    sent = {"Content-Type": "application/octet-stream"}
    answer = server.http.post("/api/v1/advisories", content=packed.getvalue(), auth=AUTH, headers=sent)
    where = f"/api/v1/operations/{answer.raise_for_status().json()['id']}"
    wait_for(lambda: server.http.get(where, auth=AUTH).json()["state"] == "done")


def advise(server: Server) -> None:
    server.berth("vulndb", "import", str(images.DATA / "osv"))
