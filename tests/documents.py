"""Manifests and indexes for tests: documents whose every byte the test knows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from berth.words.manifest import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
EMPTY = "application/vnd.oci.empty.v1+json"

Descriptor = dict[str, Any]  # Any: a JSON object


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


@dataclass(frozen=True)
class Document:
    """The bytes of a manifest, and the media type they are pushed with."""

    body: bytes
    media_type: str = OCI_MANIFEST

    @cached_property
    def digest(self) -> str:
        return digest_of(self.body)

    @property
    def fields(self) -> dict[str, Any]:  # Any: a JSON object
        fields: dict[str, Any] = json.loads(self.body)
        return fields

    def described(self, **more: Any) -> Descriptor:  # Any: JSON values
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.body), **more}

    def altered(self, **fields: Any) -> "Document":  # Any: JSON values
        """The same with some fields replaced; None takes one away."""
        merged = {**self.fields, **fields}
        return of({name: value for name, value in merged.items() if value is not None}, self.media_type)


def of(fields: Mapping[str, Any], media_type: str = OCI_MANIFEST) -> Document:  # Any: JSON values
    return Document(json.dumps(fields).encode(), media_type)


def described(content: bytes, media_type: str = LAYER, **more: Any) -> Descriptor:  # Any: JSON values
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content), **more}


def manifest(
    config: bytes, layers: Sequence[bytes], *, media_type: str = OCI_MANIFEST, config_type: str = CONFIG, **more: Any
) -> Document:  # Any: JSON values
    fields = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": described(config, config_type),
        "layers": [described(layer) for layer in layers],
    }
    return of({**fields, **more}, media_type)


def artifact(subject: Document | None, kind: str, **more: Any) -> Document:  # Any: JSON values
    """An artifact with an empty config, which may speak of another document."""
    about: dict[str, Any] = {} if subject is None else {"subject": subject.described()}  # Any: JSON values
    return manifest(b"{}", [], config_type=EMPTY, artifactType=kind, **about, **more)


def index(children: Sequence[Document], *, media_type: str = OCI_INDEX, **more: Any) -> Document:  # Any: JSON values
    listed = [child.described() for child in children]
    return of({"schemaVersion": 2, "mediaType": media_type, "manifests": listed, **more}, media_type)


__all__ = [
    "CONFIG",
    "DOCKER_LIST",
    "DOCKER_MANIFEST",
    "EMPTY",
    "LAYER",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "Document",
    "artifact",
    "described",
    "digest_of",
    "index",
    "manifest",
    "of",
]
