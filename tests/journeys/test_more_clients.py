"""Clients that not every stable Debian has. Each is tried where it is on PATH."""

import json
from pathlib import Path

import pytest

from tests.client import Image
from tests.journeys.tools import Tools
from tests.programs import installed
from tests.serving import ADMIN, PASSWORD, REPOSITORY, Server


def image(shared: Server, name: str) -> Image:
    return shared.client().image(f"{REPOSITORY}/{name}")


@installed("crane")
def test_crane_copies_lists_tags_and_deletes(shared: Server, tmp_path: Path) -> None:
    here = Tools(tmp_path, shared.host)
    pushed = image(shared, "crane").push_image("v1")
    path = f"{here.host}/{REPOSITORY}/crane"
    here.run("crane", "auth", "login", here.host, "-u", ADMIN, "-p", PASSWORD)
    assert here.run("crane", "digest", "--insecure", f"{path}:v1").strip() == pushed.digest
    assert here.run("crane", "manifest", "--insecure", f"{path}:v1").encode() == pushed.body
    here.run("crane", "tag", "--insecure", f"{path}:v1", "v2")
    assert here.run("crane", "ls", "--insecure", path).split() == ["v1", "v2"]
    here.run("crane", "copy", "--insecure", f"{path}:v1", f"{path}-copy:v1")
    assert image(shared, "crane-copy").get("v1").content == pushed.body
    assert f"{REPOSITORY}/crane-copy" in here.run("crane", "catalog", "--insecure", here.host).split()
    here.run("crane", "delete", "--insecure", f"{path}@{pushed.digest}")
    assert image(shared, "crane").tags() == []


@installed("oras")
def test_oras_pushes_attaches_discovers_and_pulls(shared: Server, tmp_path: Path) -> None:
    here = Tools(tmp_path, shared.host)
    plain, path = "--plain-http", f"{here.host}/{REPOSITORY}/oras:v1"
    (tmp_path / "note.txt").write_text("a note\n")
    (tmp_path / "sbom.json").write_text("{}")
    here.sign_in("oras", plain)
    here.run("oras", "push", plain, path, "--artifact-type", "application/x.note", "note.txt:text/plain")
    here.run("oras", "attach", plain, path, "--artifact-type", "application/x.sbom", "sbom.json:application/json")
    found = json.loads(here.run("oras", "discover", plain, "--format", "json", path))
    listed = found.get("referrers") or found.get("manifests")
    assert [each["artifactType"] for each in listed] == ["application/x.sbom"]
    assert image(shared, "oras").tags() == ["v1"]  # so it has found the referrers API
    here.run("oras", "pull", plain, path, "--output", "out")
    assert (tmp_path / "out" / "note.txt").read_text() == "a note\n"
    here.run("oras", "manifest", "delete", "--force", plain, path)
    assert image(shared, "oras").tags() == []


@installed("cosign")
@pytest.mark.parametrize("kind", ["bundle", "tag"])
def test_cosign_signs_and_verifies(shared: Server, tmp_path: Path, kind: str) -> None:
    here = Tools(tmp_path, shared.host)
    found = image(shared, f"cosign-{kind}")
    pushed = found.push_image("v1")
    path = f"{here.host}/{found.name}@{pushed.digest}"
    format_ = (f"--new-bundle-format={str(kind == 'bundle').lower()}", "--allow-insecure-registry")
    here.run("cosign", "login", here.host, "-u", ADMIN, "-p", PASSWORD)
    here.run("cosign", "generate-key-pair")
    offline = ("--use-signing-config=false", "--tlog-upload=false", "-y")
    here.run("cosign", "sign", "--key", "cosign.key", *offline, *format_, path)
    here.run("cosign", "verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", *format_, path)
    assert len(found.referrers(pushed.digest)) == 1
    assert found.delete(f"manifests/{pushed.digest}").status_code == 202
    assert found.tags() == []
