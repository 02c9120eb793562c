"""Images for several platforms with signatures and attestations under rules, by the programs that make these."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.journeys import engines
from tests.journeys.pulling import Puller
from tests.journeys.shop import READER, Shop
from tests.journeys.tools import ToolFailed, Tools
from tests.programs import installed
from tests.restriction.found import Flaw, scanned
from tests.serving import ADMIN, PASSWORD, REPOSITORY

WRITER, TRUSTED = "wendy", "trent"
"""Both may push; the trusted has the right that passes all rules besides."""
KEEPS_ATTESTATIONS = 25
"""The first Docker whose own store keeps more of an image than what runs."""


def tools_of(folder: Path, shop: Shop, user: str, settings: engines.Settings | None = None) -> Tools:
    made = Tools(folder / user, shop.server.host, settings or {})
    made.folder.mkdir()
    return made


@pytest.fixture(scope="module")
def writers(shop: Shop) -> None:
    for user, actions in ((WRITER, ["writer"]), (TRUSTED, ["writer", "pull-restricted"])):
        shop.sent("POST", "/users", {"name": user, "password": PASSWORD})
        shop.sent("PUT", f"/grants/{user}/{REPOSITORY}", {"actions": actions})


@installed("cosign")
@pytest.mark.parametrize("kind", ["bundle", "tag"])
@pytest.mark.usefixtures("writers")
def test_who_signs_needs_the_right_and_who_verifies_does_not(
    shop: Shop, puller: Callable[..., Puller], tmp_path: Path, kind: str
) -> None:
    image = shop.image(f"to-sign-{kind}")
    good, bad = image.put_digest("arm64"), image.put_digest("amd64")
    index = image.put_index("v1", {"arm64": good, "amd64": bad})
    image.choose()
    scanned(shop.site, good.digest)
    scanned(shop.site, bad.digest, [Flaw("CVE-2026-7")])
    whole, part = (f"{shop.server.host}/{image.path}@{each.digest}" for each in (index, bad))
    format_ = (f"--new-bundle-format={str(kind == 'bundle').lower()}", "--allow-insecure-registry")
    sign = ("sign", "--key", "cosign.key", "--use-signing-config=false", "--tlog-upload=false", "-y", *format_)
    for user in (WRITER, TRUSTED):
        here = tools_of(tmp_path, shop, user)
        here.run("cosign", "login", here.host, "-u", user, "-p", PASSWORD)
        here.run("cosign", "generate-key-pair")
        here.run("cosign", *sign, whole)
        if user == WRITER:
            with pytest.raises(ToolFailed, match="may not be pulled: it has 1 critical vulnerability"):
                here.run("cosign", *sign, part)
        else:
            here.run("cosign", *sign, part)
    reader = tools_of(tmp_path, shop, READER)
    reader.run("cosign", "login", reader.host, "-u", READER, "-p", PASSWORD)
    key = str(tmp_path / TRUSTED / "cosign.pub")
    for signed in (whole, part):
        reader.run("cosign", "verify", "--key", key, "--insecure-ignore-tlog=true", *format_, signed)
    for signature in image.as_(READER).referrers(bad.digest):
        puller("skopeo").pull(f"{image.path}@{signature}")
    with pytest.raises(ToolFailed, match="may not be pulled"):
        puller("skopeo").pull(f"{image.path}:v1")


@pytest.fixture
def buildx(shop: Shop, tmp_path: Path) -> Iterator[Tools]:
    """Signed in as the administrator, with a Docker that keeps attestations."""
    plugin = programs.where_installed("docker-buildx")
    said = subprocess.run([programs.need("dockerd"), "--version"], capture_output=True, check=True, text=True).stdout
    release = re.search(r"version (\d+)", said)
    if release is None or int(release[1]) < KEEPS_ATTESTATIONS:
        pytest.skip(f"this Docker keeps no attestations: {said.strip()}")
    with engines.docker({"containerd-snapshotter": True}) as settings:
        here = tools_of(tmp_path, shop, ADMIN, settings)
        (here.folder / "home" / "cli-plugins").mkdir(parents=True)
        (here.folder / "home" / "cli-plugins" / "docker-buildx").symlink_to(plugin)
        here.run("docker", "login", "-u", ADMIN, "--password-stdin", here.host, given=PASSWORD)
        yield here


@installed("docker-buildx")
def test_what_buildx_says_of_an_image_is_pulled_and_the_image_is_not(
    shop: Shop, puller: Callable[..., Puller], buildx: Tools
) -> None:
    context = buildx.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    image = shop.image("built")
    name = f"{buildx.host}/{image.path}:v1"
    words = ("--network=none", "--provenance=mode=max", "--platform", "linux/amd64,linux/arm64", "--push")
    buildx.run("docker", "buildx", "build", *words, "-t", name, "context")
    listed = image.owned.get("v1").json()["manifests"]
    images = {each["platform"]["architecture"]: each["digest"] for each in listed}
    attestations = [each["digest"] for each in listed if each["platform"]["os"] == "unknown"]
    assert len(attestations) == 2
    image.choose()
    scanned(shop.site, images["arm64"])
    scanned(shop.site, images["amd64"], [Flaw("CVE-2026-7", fixed="2.1")])
    reader = puller("skopeo")
    for digest in attestations:
        reader.pull(f"{image.path}@{digest}")
    reader.pull(f"{image.path}:v1", "arm64")
    for refused in (puller("skopeo"), puller("docker")):
        with pytest.raises(ToolFailed, match="CVE-2026-7"):
            refused.pull(f"{image.path}:v1", "amd64")
    for digest, verdict in ((images["amd64"], "refused"), (attestations[0], "exempt")):
        assert shop.sent("GET", f"{image.at}/-/digests/{digest}")["pull"]["verdict"] == verdict
