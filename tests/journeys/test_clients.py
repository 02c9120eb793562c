"""Real clients against a real server: what one pushes another pulls, to the byte."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests import documents, programs
from tests.client import Image
from tests.documents import DOCKER_MANIFEST, OCI_MANIFEST, Document, digest_of
from tests.journeys.tools import Layout, ToolFailed, Tools
from tests.serving import REPOSITORY, Server

PACKAGES = ("grep", "sed")
"""Of Debian; their files make an image as people have them."""
PLAIN = "--tls-verify=false"


@pytest.fixture(scope="module")
def tools(shared: Server, tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Signed in."""
    found = Tools(tmp_path_factory.mktemp("tools"), shared.host)
    found.sign_in("skopeo", PLAIN)
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "etc").mkdir()
    (folder / "etc" / "motd").write_text("welcome aboard\n")
    (folder / "etc" / "link").symlink_to("motd")
    (folder / "data").write_bytes(bytes(range(256)) * 400)
    return folder


def image(shared: Server, name: str) -> Image:
    return shared.client().image(f"{REPOSITORY}/{name}")


@pytest.mark.parametrize(("kind", "media_type"), [("oci", OCI_MANIFEST), ("docker", DOCKER_MANIFEST)])
def test_what_buildah_pushes_skopeo_lists_pulls_and_deletes(
    shared: Server, tools: Tools, tree: Path, tmp_path: Path, kind: str, media_type: str
) -> None:
    path = f"{tools.host}/{REPOSITORY}/small-{kind}"
    tools.build(tree, f"{path}:v1", kind)
    tools.buildah("push", PLAIN, f"{path}:v1")
    assert json.loads(tools.skopeo("list-tags", PLAIN, f"docker://{path}"))["Tags"] == ["v1"]
    kept = image(shared, f"small-{kind}").get("v1")
    assert kept.headers["content-type"] == media_type
    tools.skopeo("copy", "--src-tls-verify=false", "--preserve-digests", f"docker://{path}:v1", f"dir:{tmp_path}/out")
    assert (tmp_path / "out" / "manifest.json").read_bytes() == kept.content
    for part in (kept.json()["config"], *kept.json()["layers"]):
        assert digest_of((tmp_path / "out" / part["digest"].partition(":")[2]).read_bytes()) == part["digest"]
    tools.skopeo("delete", PLAIN, f"docker://{path}:v1")
    assert not image(shared, f"small-{kind}").has("v1")
    with pytest.raises(ToolFailed):
        tools.skopeo("inspect", PLAIN, f"docker://{path}:v1")


def test_an_image_of_debian_packages_comes_back_with_all_its_files(
    shared: Server, tools: Tools, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    files = _files_of_packages(tree)
    path = f"{tools.host}/{REPOSITORY}/debian"
    tools.build(tree, f"{path}:bookworm")
    tools.buildah("push", PLAIN, f"{path}:bookworm")
    tools.skopeo("copy", "--src-tls-verify=false", f"docker://{path}:bookworm", f"oci:{tmp_path}/layout:bookworm")
    pulled = Layout(tmp_path / "layout")
    manifest = image(shared, "debian").get("bookworm").json()
    assert {part["digest"] for part in (manifest["config"], *manifest["layers"])} < pulled.digests()
    with tarfile.open(fileobj=io.BytesIO(pulled.content(manifest["layers"][0]["digest"]))) as layer:
        members = {member.name: member for member in layer.getmembers()}
        for name, content in files.items():
            held = layer.extractfile(members[name])
            assert held is not None
            assert held.read() == content


def _files_of_packages(tree: Path) -> dict[str, bytes]:
    """Copy the files of installed packages below a folder; returns their content by name."""
    dpkg = programs.need("dpkg")
    listed = subprocess.run([dpkg, "-L", *PACKAGES], capture_output=True, check=True, text=True).stdout.split("\n")
    paths = [path for path in map(Path, listed) if path.is_file() and not path.is_symlink()]
    for path in paths:
        target = tree / path.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert paths
    return {str(path.relative_to("/")): path.read_bytes() for path in paths}


def _of_platform(layout: Layout, architecture: str) -> Document:
    with io.BytesIO() as stream:
        with tarfile.open(fileobj=stream, mode="w") as tar:
            tar.addfile(tarfile.TarInfo(f"for-{architecture}"))
        layer = layout.add(stream.getvalue())
    filesystem = {"type": "layers", "diff_ids": [digest_of(layer)]}
    config = {"architecture": architecture, "os": "linux", "config": {}, "rootfs": filesystem}
    return documents.manifest(layout.add(json.dumps(config).encode()), [layer])


def test_an_index_of_two_platforms_goes_up_and_comes_down_whole(shared: Server, tools: Tools, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "up")
    children = [_of_platform(layout, architecture) for architecture in ("amd64", "arm64")]
    listed = [
        child.described(platform={"os": "linux", "architecture": architecture})
        for child, architecture in zip(children, ("amd64", "arm64"), strict=True)
    ]
    for child in children:
        layout.add(child.body)
    index = documents.of(
        {"schemaVersion": 2, "mediaType": documents.OCI_INDEX, "manifests": listed}, documents.OCI_INDEX
    )
    layout.name(index, "both")
    path = f"docker://{tools.host}/{REPOSITORY}/both:v1"
    tools.skopeo("copy", "--all", "--preserve-digests", "--dest-tls-verify=false", f"oci:{layout.folder}:both", path)
    assert image(shared, "both").get("v1").content == index.body
    tools.skopeo("copy", "--all", "--preserve-digests", "--src-tls-verify=false", path, f"oci:{tmp_path}/down:both")
    assert Layout(tmp_path / "down").digests() == layout.digests()
    for architecture in ("amd64", "arm64"):
        words = ("--override-os", "linux", "--override-arch", architecture, "inspect", PLAIN, path)
        assert json.loads(tools.skopeo(*words))["Architecture"] == architecture


def test_an_image_is_copied_within_the_registry(shared: Server, tools: Tools, tree: Path) -> None:
    path = f"{tools.host}/{REPOSITORY}/source"
    tools.build(tree, f"{path}:v1")
    tools.buildah("push", PLAIN, f"{path}:v1")
    copy = f"docker://{tools.host}/{REPOSITORY}/copy:v1"
    tools.skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{path}:v1", copy)
    assert image(shared, "copy").get("v1").content == image(shared, "source").get("v1").content


def test_what_speaks_of_an_image_goes_with_it(shared: Server, tools: Tools, tree: Path) -> None:
    path = f"{tools.host}/{REPOSITORY}/signed"
    tools.build(tree, f"{path}:v1")
    tools.buildah("push", PLAIN, f"{path}:v1")
    here = image(shared, "signed")
    found = here.get("v1")
    subject = Document(found.content, found.headers["content-type"])
    note = here.push_artifact(subject, "application/x.note")
    assert here.referrers(subject.digest) == [note.digest]
    tools.skopeo("delete", PLAIN, f"docker://{path}:v1")
    assert not here.has(note.digest)


def test_nobody_pulls_without_signing_in(shared: Server, tools: Tools, tmp_path: Path) -> None:
    image(shared, "private").push_image("v1")
    stranger = Tools(tmp_path, tools.host)
    with pytest.raises(ToolFailed, match=r"unauthorized|authentication required"):
        stranger.skopeo("inspect", PLAIN, f"docker://{tools.host}/{REPOSITORY}/private:v1")
    with pytest.raises(ToolFailed, match="invalid username/password"):
        stranger.sign_in("skopeo", PLAIN, password="wrong horse")


def test_buildah_signs_in_too(tools: Tools, tmp_path: Path) -> None:
    assert "Login Succeeded" in Tools(tmp_path, tools.host).sign_in("buildah", PLAIN)
