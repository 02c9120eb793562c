"""What a digest is: what clients run is an image, whatever it calls itself, and what they do not run is none."""

import pytest

from berth.registry import kinds
from berth.words.manifest import DOCKER_MANIFEST, OCI_MANIFEST, parse
from tests import documents
from tests.documents import CONFIG, EMPTY, LAYER

DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
SIGNED = "application/vnd.dev.cosign.simplesigning.v1+json"


@pytest.mark.parametrize(
    ("media_type", "config", "layer", "kind"),
    [
        (OCI_MANIFEST, CONFIG, LAYER, "image"),
        (OCI_MANIFEST, CONFIG.upper() + "; charset=utf-8", LAYER, "image"),
        (OCI_MANIFEST, CONFIG, LAYER.replace("oci", "OCI"), "image"),
        (OCI_MANIFEST, CONFIG, "application/x-gtar", "image"),
        # Docker pulls these, see its `ImageTypes`.
        (OCI_MANIFEST, "application/octet-stream", LAYER, "image"),
        (DOCKER_MANIFEST, "application/json", DOCKER_LAYER, "image"),
        # Podman and skopeo do not look at the type of the config.
        (DOCKER_MANIFEST, "application/vnd.example", DOCKER_LAYER, "image"),
        # Podman lays layers of any type below the config of an image.
        (OCI_MANIFEST, CONFIG, "application/x.layer", "image"),
        (OCI_MANIFEST, CONFIG, SIGNED, "artifact"),
        (OCI_MANIFEST, CONFIG, "application/vnd.in-toto+json", "artifact"),
        (OCI_MANIFEST, CONFIG, "text/spdx", "artifact"),
        (DOCKER_MANIFEST, DOCKER_CONFIG, SIGNED, "artifact"),
        (DOCKER_MANIFEST, "application/vnd.docker.plugin.v1+json", DOCKER_LAYER, "artifact"),
        # What `oras push` makes.
        (OCI_MANIFEST, EMPTY, LAYER, "artifact"),
        (OCI_MANIFEST, "application/vnd.unknown.config.v1+json", LAYER, "artifact"),
    ],
)
def test_what_clients_run_is_an_image_whatever_it_calls_itself(
    media_type: str, config: str, layer: str, kind: str
) -> None:
    made = documents.manifest(b"{}", [], media_type=media_type, config_type=config)
    document = made.altered(layers=[documents.described(b"layer", layer)])
    assert kinds.of(parse(media_type, document.body)) == kind
