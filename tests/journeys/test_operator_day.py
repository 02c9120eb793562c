"""A day of somebody who runs a registry: nothing but `berth` with a key, and skopeo."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.documents import digest_of
from tests.journeys.tools import ToolFailed, Tools
from tests.serving import ADMIN, PASSWORD, Server

PLAIN = "--tls-verify=false"


@pytest.fixture
def berth(
    shared: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """At a machine of the operator's own, which knows the server by `berth login` alone."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    command = Command(monkeypatch, capsys)
    command.succeeds("login", shared.url, "--user", ADMIN, "--password-stdin", stdin=PASSWORD)
    return command


def rows(berth: Command, *words: str) -> Any:  # Any: JSON
    return berth.succeeds(*words, "--output", "json").json


def image_to_push(folder: Path) -> Path:
    """What another program has built, as skopeo reads it."""
    folder.mkdir()
    blobs = {}
    for name, content in (
        ("config", b'{"architecture":"amd64","os":"linux"}'),
        ("layer", b"a layer of " + bytes(1000)),
    ):
        blobs[name] = {"digest": digest_of(content), "size": len(content)}
        (folder / digest_of(content).partition(":")[2]).write_bytes(content)
    kinds = {"config": "application/vnd.oci.image.config.v1+json", "layer": "application/vnd.oci.image.layer.v1.tar"}
    config, layer = ({"mediaType": kinds[name], **blobs[name]} for name in ("config", "layer"))
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    return folder


def test_a_day(shared: Server, berth: Command, tmp_path: Path) -> None:
    # In the morning a team asks for a place of its own, and its CI for a key.
    berth.succeeds("registry", "create", "shop")
    berth.succeeds("repository", "create", "shop/web", "--description", "The shop's front")
    berth.succeeds("user", "create", "ci", "--robot")
    berth.succeeds("grant", "give", "ci", "shop/web", "writer")
    key = rows(berth, "key", "create", "ci", "--scope", "shop/web:writer", "--days", "30")

    ci = Tools(tmp_path / "ci", shared.host)
    ci.folder.mkdir()
    ci.sign_in("skopeo", PLAIN, name=key["id"], password=key["secret"])
    built = image_to_push(tmp_path / "built")
    path, at = "shop/web/front", f"docker://{shared.host}/shop/web/front"
    for tag in ("v1", "v2", "latest"):
        (built / "manifest.json").write_text((built / "manifest.json").read_text() + "\n" * (tag != "latest"))
        ci.skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", f"dir:{built}", f"{at}:{tag}")
    with pytest.raises(ToolFailed):
        ci.skopeo("copy", "--dest-tls-verify=false", f"dir:{built}", f"docker://{shared.host}/main/apps/front:v1")

    # Production runs v1. Nobody shall move or delete it.
    assert [row["name"] for row in rows(berth, "tag", "list", path)] == ["latest", "v1", "v2"]
    first, second = (rows(berth, "digest", "show", path, tag)["digest"] for tag in ("v1", "v2"))
    assert rows(berth, "digest", "show", path, "latest")["digest"] == second
    berth.succeeds("digest", "lock", path, first, "--reason", "in production")
    done = berth("digest", "delete", path, first)
    assert (done.code, "in production" in done.err) == (6, True)
    with pytest.raises(ToolFailed, match="in production"):
        ci.skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", f"dir:{built}", f"{at}:v1")

    # v2 is broken: latest goes back to v1, and v2 away; then somebody needs it after all.
    berth.succeeds("digest", "unlock", path, first)
    assert rows(berth, "tag", "move", path, "latest", first, "--dry-run")[0]["before"] == second
    berth.succeeds("tag", "move", path, "latest", first)
    assert rows(berth, "digest", "delete", path, second, "--dry-run")[0]["state"] == "would be deleted"
    assert rows(berth, "digest", "delete", path, second)[0]["state"] == "deleted"
    with pytest.raises(ToolFailed):
        ci.skopeo("inspect", PLAIN, "--no-tags", "--raw", f"{at}:v2")
    (entry,) = rows(berth, "trash", "list", "shop/web")
    berth.succeeds("trash", "restore", "shop/web", str(entry["id"]), "--rename", "v2=v2-broken")
    assert json.loads(ci.skopeo("list-tags", PLAIN, at))["Tags"] == ["latest", "v1", "v2-broken"]
    assert [span["digest"] for span in rows(berth, "tag", "history", path, "latest")] == [first, second]

    # A key has leaked. In the evening the team has moved away, and the log says how it all came.
    berth.succeeds("key", "revoke", key["id"])
    with pytest.raises(ToolFailed):
        ci.skopeo("inspect", PLAIN, "--no-tags", "--raw", f"{at}:v1")
    assert berth("registry", "delete", "shop").code == 4
    berth.succeeds("registry", "delete", "shop", "--everything")
    assert "shop" not in [row["name"] for row in rows(berth, "registry", "list")]
    berth.succeeds("user", "delete", "ci")
    events = [json.loads(line) for line in berth.succeeds("audit", "export", "--target", "shop").out.splitlines()]
    told = [event["action"] for event in events if event["outcome"] == "done"]
    for action in ("registry.create", "repository.create", "grant.give", "manifest.lock", "manifest.delete"):
        assert action in told
    assert {event["actor"].partition(" ")[0] for event in events} >= {"admin", "ci"}
    berth.succeeds("logout")
    assert berth("registry", "list", "--server", shared.url).code == 5
