"""Manifest documents: what is inside the bytes a client pushes (image-spec manifest.md and image-index.md).

A document is read once, at its push. What lists, pulls and deletions need later is kept in columns.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import DigestInvalid, ManifestInvalid, ManifestTooLarge

MAX_BYTES = 4 * 1024 * 1024
MAX_PARTS = 10_000
"""Layers or listed manifests in one document."""
MAX_VALUES = 250_000
"""Values in one document, whose memory is a hundred times that of the `{}` it takes to write one."""

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MEDIA_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST}) | INDEXES

JSON = dict[str, Any]  # Any: a JSON object from outside

_WORD = re.compile(r"[ -~]{1,255}")


@dataclass(frozen=True)
class Part:
    """A descriptor: something the document refers to by digest."""

    digest: Digest
    size: int
    media_type: str
    external: bool = False
    """It has `urls`, so it may live elsewhere."""
    platform: str | None = None


@dataclass(frozen=True)
class Document:
    body: bytes
    media_type: str
    config: Part | None
    layers: tuple[Part, ...]
    children: tuple[Part, ...]
    subject: Digest | None
    artifact_type: str | None
    """`artifactType`, or else the media type of the config, as referrers show it."""
    annotations: dict[str, str]

    @property
    def blobs(self) -> Iterator[Part]:
        if self.config is not None:
            yield self.config
        yield from self.layers

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEXES


def parse(content_type: str, body: bytes) -> Document:
    """Read a manifest. Raises `ManifestTooLarge` above 4 MiB, and `ManifestInvalid`, which says where."""
    if len(body) > MAX_BYTES:
        raise ManifestTooLarge(MAX_BYTES)
    media_type = content_type.partition(";")[0].strip().lower()
    document = _load(body)
    media_type = _agreed_type(media_type, document)
    _check_version(document)
    is_index = media_type in INDEXES
    _check_one_kind(document, is_index=is_index)
    config = None if is_index else _part(document.get("config"), "config")
    return Document(
        body=body,
        media_type=media_type,
        config=config,
        layers=() if is_index else _parts(document, "layers"),
        children=_parts(document, "manifests") if is_index else (),
        subject=_subject(document),
        artifact_type=_artifact_type(document, config),
        annotations=_annotations(document),
    )


def _load(body: bytes) -> JSON:
    _check_weight(body)
    try:
        document = json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise ManifestInvalid("it is not UTF-8") from None
    except RecursionError:
        raise ManifestInvalid("it is nested too deeply") from None
    except ValueError as error:
        raise ManifestInvalid(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ManifestInvalid("it is not a JSON object")
    return document


def _check_weight(body: bytes) -> None:
    """Before it is read. Commas inside of strings count too, and no manifest that means something has so many."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise ManifestInvalid(f"it has more than {MAX_VALUES} values")


def _object(pairs: list[tuple[str, Any]]) -> JSON:  # Any: JSON values
    """Of two fields with one name, some clients read the first and some the last."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a field stands twice in one object")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _agreed_type(announced: str, document: JSON) -> str:
    inside = document.get("mediaType")
    if inside is not None and not isinstance(inside, str):
        raise ManifestInvalid("mediaType is not a string")
    if announced and inside and announced != inside:
        raise ManifestInvalid(f"mediaType is {inside[:120]!r}, Content-Type is {announced[:120]!r}")
    media_type = announced or inside or ""
    if media_type not in MEDIA_TYPES:
        known = ", ".join(sorted(MEDIA_TYPES))
        raise ManifestInvalid(f"the media type {media_type[:120]!r} is not one of {known}")
    return media_type


def _check_version(document: JSON) -> None:
    if document.get("schemaVersion") != 2:  # noqa: PLR2004  the one version there is
        raise ManifestInvalid("schemaVersion must be 2")


def _check_one_kind(document: JSON, *, is_index: bool) -> None:
    """What reads as an image and as an index would mean different things to different clients (CVE-2021-41190)."""
    for name in ("config", "layers") if is_index else ("manifests",):
        if name in document:
            raise ManifestInvalid(f"{name} has no place in {'an index' if is_index else 'an image manifest'}")


def _parts(document: JSON, name: str) -> tuple[Part, ...]:
    items = document.get(name)
    if not isinstance(items, list):
        raise ManifestInvalid(f"{name} must be a list")
    if len(items) > MAX_PARTS:
        raise ManifestInvalid(f"{name} has {len(items)} entries, at most {MAX_PARTS} are taken")
    return tuple(_part(item, f"{name}[{index}]") for index, item in enumerate(items))


def _part(item: object, where: str) -> Part:
    if not isinstance(item, dict):
        raise ManifestInvalid(f"{where} must be a descriptor")
    size = item.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**63:
        raise ManifestInvalid(f"{where}.size must be a whole number of bytes")
    media_type = _word(item.get("mediaType"), f"{where}.mediaType")
    return Part(_digest(item, where), size, media_type, bool(item.get("urls")), _platform(item, where))


def _digest(item: JSON, where: str) -> Digest:
    text = item.get("digest")
    if not isinstance(text, str):
        raise ManifestInvalid(f"{where}.digest must be a string")
    try:
        return digest.parse(text)
    except DigestInvalid as error:
        raise ManifestInvalid(f"{where}.digest: {error}") from None


def _platform(item: JSON, where: str) -> str | None:
    """`linux/amd64`, `linux/arm/v7`; None where the descriptor names none."""
    platform = item.get("platform")
    if platform is None:
        return None
    if not isinstance(platform, dict):
        raise ManifestInvalid(f"{where}.platform must be an object")
    names = [name for name in ("os", "architecture", "variant") if platform.get(name)]
    return "/".join(_word(platform[name], f"{where}.platform.{name}") for name in names) or None


def _subject(document: JSON) -> Digest | None:
    subject = document.get("subject")
    return None if subject is None else _part(subject, "subject").digest


def _artifact_type(document: JSON, config: Part | None) -> str | None:
    own = document.get("artifactType")
    if own:
        return _word(own, "artifactType")
    return config.media_type if config is not None else None


def _word(value: object, where: str) -> str:
    """Something that becomes a column or a header: a media type, a platform's name."""
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ManifestInvalid(f"{where} must be a string of 1 to 255 printable ASCII characters")
    return value


def _annotations(document: JSON) -> dict[str, str]:
    annotations = document.get("annotations")
    if annotations is None:
        return {}
    if not isinstance(annotations, dict) or not all(isinstance(value, str) for value in annotations.values()):
        raise ManifestInvalid("annotations must be an object of strings")
    return annotations
