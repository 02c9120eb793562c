"""Images to be scanned: layers made of the files that package managers leave, pushed as clients push them."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from berth.registry.images import Image
from tests import documents, make
from tests.client import Image as ClientImage
from tests.documents import Document
from tests.make import Target

DATA = Path(__file__).parent / "advisories" / "data"
"""What this folder has stands in its README."""

DEBIAN_12 = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
GZIPPED = "application/vnd.oci.image.layer.v1.tar+gzip"


def layer(files: Mapping[str, bytes]) -> bytes:
    """A gzipped tar of these files, by their paths."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)


def packages(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((DATA / "packages" / f"{name}.json").read_text())
    return found


def status(installed: Sequence[Mapping[str, str]]) -> bytes:
    """A dpkg database with these packages."""
    return "\n".join(_stanza(each) for each in installed).encode()


def debian(installed: Sequence[Mapping[str, str]]) -> bytes:
    return layer({"usr/lib/os-release": DEBIAN_12, "var/lib/dpkg/status": status(installed)})


def minbase() -> bytes:
    """The layer of a minimal Debian 12."""
    return debian(packages("debian-12-minbase"))


def push(target: Target, *layers: bytes, tag: str | None = None, config: Mapping[str, Any] | None = None) -> Document:
    """An image of gzipped layers. Any: JSON values."""
    body, document = built(*layers, config=config)
    for content in {body: None, **dict.fromkeys(layers)}:
        make.blob(target, content)
    make.push(target, document, tag=tag)
    return document


def built(*layers: bytes, config: Mapping[str, Any] | None = None) -> tuple[bytes, Document]:
    """The config and the manifest of an image of gzipped layers. Any: JSON values."""
    body = json.dumps({"os": "linux", "architecture": "amd64", **(config or {})}).encode()
    document = documents.manifest(body, layers)
    return body, document.altered(layers=[documents.described(each, GZIPPED) for each in layers])


def push_layers(image: ClientImage, tag: str, *layers: bytes) -> Document:
    """The same as a client pushes it, over HTTP."""
    config, document = built(*layers)
    for content in (config, *layers):
        image.push(content)
    assert image.put(tag, document).status_code == 201
    return document


def opened(target: Target) -> Image:
    with target.site.db.write() as tx:
        return target.for_push(tx)


def _stanza(package: Mapping[str, str]) -> str:
    lines = [f"Package: {package['name']}", "Status: install ok installed", f"Version: {package['version']}"]
    lines.append(f"Architecture: {package['arch']}")
    if (package["source"], package["source_version"]) != (package["name"], package["version"]):
        lines.append(f"Source: {package['source']} ({package['source_version']})")
    return "\n".join(lines) + "\n"
