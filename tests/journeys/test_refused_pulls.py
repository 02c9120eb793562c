"""What people read whose pull is refused, in the clients they have; and pulls while rules change under them.

One server for all of it. Clients that are not installed are left out; skopeo and buildah always are there.
"""

import contextlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from berth.settings import Settings
from berth.site import Site, open_site
from berth.words.policies import Level
from tests import documents, packages
from tests.client import Client
from tests.documents import Document
from tests.journeys.test_clients import PLAIN
from tests.journeys.tools import ToolFailed, Tools
from tests.restriction.found import Flaw, scanned
from tests.serving import ADMIN, PASSWORD, Server, wait_for
from tests.tied import tied

IMAGE = "main/apps/shop"
AT = "/api/v1/registries/main/repositories/apps/images/shop"
READER = "bob"
FLAWS = (Flaw("CVE-2026-7", fixed="2.1"), Flaw("CVE-2026-8", Level.HIGH))


@dataclass(frozen=True)
class Shop:
    """A multi-arch image: the one platform is vulnerable, the other may be pulled, and something speaks of both."""

    server: Server
    site: Site
    good: Document
    bad: Document
    note: Document

    def client(self) -> Client:
        return self.server.client(READER, PASSWORD)

    def choose(self, **policy: object) -> None:
        http, auth = self.server.http, (ADMIN, PASSWORD)
        shown = http.get(AT, auth=auth).json()
        pull = {**shown["policies"]["pull"], "restrict_unscanned": True, "restrict_vulnerable": True, **policy}
        headers = {"If-Match": f'"{shown["version"]}"'}
        answer = http.patch(AT, json={"policies": {"pull": pull}}, headers=headers, auth=auth)
        assert answer.status_code == httpx.codes.OK, answer.text


@pytest.fixture(scope="module")
def shop(shared: Server) -> Iterator[Shop]:
    http, auth = shared.http, (ADMIN, PASSWORD)
    made = http.post("/api/v1/users", json={"name": READER, "password": PASSWORD}, auth=auth)
    assert made.status_code == httpx.codes.CREATED, made.text
    assert http.put(f"/api/v1/grants/{READER}/main/apps", json={"actions": ["reader"]}, auth=auth).is_success
    image = shared.client().image(IMAGE)
    good, bad = (_of_platform(image.push, arch) for arch in ("arm64", "amd64"))
    for document in (good, bad):
        assert image.put_digest(document).is_success
    listed = [
        each.described(platform={"os": "linux", "architecture": arch})
        for each, arch in ((good, "arm64"), (bad, "amd64"))
    ]
    index = documents.of(
        {"schemaVersion": 2, "mediaType": documents.OCI_INDEX, "manifests": listed}, documents.OCI_INDEX
    )
    assert image.put("v2", index).is_success
    assert image.put("v1", good).is_success
    assert image.put("single", bad).is_success
    note = image.push_artifact(index)
    site = open_site(Settings(data=shared.folder / "data", database_url=shared.database_url))
    try:
        scanned(site, good.digest)
        scanned(site, bad.digest, FLAWS)
        opened = Shop(shared, site, good, bad, note)
        opened.choose(critical=0, high=0)
        yield opened
    finally:
        site.close()


def _of_platform(push: Callable[[bytes], str], architecture: str) -> Document:
    layer = f"a layer for {architecture}".encode()
    filesystem = {"type": "layers", "diff_ids": [documents.digest_of(layer)]}
    config = json.dumps({"architecture": architecture, "os": "linux", "config": {}, "rootfs": filesystem}).encode()
    for content in (config, layer):
        push(content)
    return documents.manifest(config, [layer])


def _skopeo(tools: Tools, name: str) -> None:
    tools.sign_in("skopeo", PLAIN, name=READER)
    tools.skopeo("copy", "--src-tls-verify=false", f"docker://{name}", "dir:out")


def _buildah(tools: Tools, name: str) -> None:
    tools.sign_in("skopeo", PLAIN, name=READER)
    tools.buildah("pull", PLAIN, name)


def _podman(tools: Tools, name: str) -> None:
    tools.sign_in("podman", PLAIN, name=READER)
    storage = ("--root", f"{tools.folder}/p", "--runroot", f"{tools.folder}/r", "--storage-driver", "vfs")
    tools.run("podman", *storage, "pull", PLAIN, name)


def _crane(tools: Tools, name: str) -> None:
    tools.run("crane", "auth", "login", tools.host, "-u", READER, "-p", PASSWORD)
    tools.run("crane", "pull", "--insecure", "--platform", "linux/amd64", name, "out.tar")


def _docker(tools: Tools, name: str) -> None:
    here = tools.folder
    (here / "daemon.json").write_text('{"insecure-registries": ["127.0.0.0/8"]}')
    places = ("--data-root", f"{here}/data", "--exec-root", f"{here}/exec", "--pidfile", f"{here}/pid")
    without = ("--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs")
    words = ("--config-file", f"{here}/daemon.json", *places, *without, "-H", f"unix://{here}/docker.sock")
    with _unmounted(here / "data"), _running(here, "dockerd", *words, socket=here / "docker.sock"):
        docker = ("-H", f"unix://{here}/docker.sock")
        wait_for(lambda: _works(tools, "docker", *docker, "version"))
        tools.run("docker", *docker, "login", "-u", READER, "--password-stdin", tools.host, given=PASSWORD)
        tools.run("docker", *docker, "pull", name)


def _ctr(tools: Tools, name: str) -> None:
    here = tools.folder
    socket = here / "c.sock"
    (here / "config.toml").write_text(
        f'version = 2\nroot = "{here}/c"\nstate = "{here}/s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        f'[grpc]\naddress = "{socket}"\n[ttrpc]\naddress = "{socket}.ttrpc"\n'
    )
    with _running(here, "containerd", "-c", f"{here}/config.toml", socket=socket):
        words = ("images", "pull", "--plain-http", "-u", f"{READER}:{PASSWORD}", name)
        tools.run("ctr", "-a", str(socket), *words)


def _works(tools: Tools, *words: str) -> bool:
    with contextlib.suppress(ToolFailed):
        tools.run(*words)
        return True
    return False


@contextlib.contextmanager
def _unmounted(folder: Path) -> Iterator[None]:
    """A Docker that could not start leaves its folder mounted on itself, and then nobody can remove it."""
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", str(folder)], check=False, capture_output=True)


@contextlib.contextmanager
def _running(folder: Path, program: str, *words: str, socket: Path) -> Iterator[None]:
    """A daemon that other clients speak to."""
    with (folder / f"{program}.log").open("wb") as log:
        found = packages.find(program)
        assert found is not None
        process = subprocess.Popen(tied(found, *words), stdout=log, stderr=log)
    try:
        wait_for(lambda: socket.exists() or process.poll() is not None)
        assert process.poll() is None, (folder / f"{program}.log").read_text()[-2000:]
        yield
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for those of sockets in it."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


CLIENTS: dict[str, Callable[[Tools, str], None]] = {
    "skopeo": _skopeo,
    "buildah": _buildah,
    "podman": _podman,
    "crane": _crane,
    "dockerd": _docker,
    "ctr": _ctr,
}


@pytest.mark.parametrize("program", CLIENTS)
def test_whoever_is_refused_reads_why_and_what_helps(shop: Shop, short: Path, program: str) -> None:
    if packages.find(program) is None and program not in packages.GROUPS["test"]:
        pytest.skip(f"{program} is not installed")
    tools = Tools(short, shop.server.host)
    with pytest.raises(ToolFailed) as failed:
        CLIENTS[program](tools, f"{tools.host}/{IMAGE}:v2")
    said = str(failed.value)
    for part in (
        f"{IMAGE}@{shop.bad.digest} (listed by v2) may not be pulled",
        "1 critical vulnerability where none is allowed",
        "CVE-2026-7 in ",
        "fixed in 2.1",
        f"Report: {shop.server.url}/console/images/{IMAGE}/-/tags/{shop.bad.digest}/vulnerabilities",
        "Newest tag that may be pulled: v1",
    ):
        assert part in said


def test_the_platform_that_may_be_pulled_is_and_so_is_what_speaks_of_the_image(shop: Shop, tmp_path: Path) -> None:
    tools = Tools(tmp_path, shop.server.host)
    tools.sign_in("skopeo", PLAIN, name=READER)
    name = f"docker://{tools.host}/{IMAGE}"
    words = ("--override-os", "linux", "--override-arch", "arm64", "copy", "--src-tls-verify=false")
    tools.skopeo(*words, f"{name}:v2", "dir:arm")
    assert (tmp_path / "arm" / "manifest.json").read_bytes() == shop.good.body
    tools.skopeo("copy", "--src-tls-verify=false", f"{name}@{shop.note.digest}", "dir:note")
    assert (tmp_path / "note" / "manifest.json").read_bytes() == shop.note.body


@dataclass
class Pulling:
    """Somebody who pulls again and again, and writes down from when to when with which answer."""

    client: Client
    seen: list[tuple[float, float, int]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        image = self.client.image(IMAGE)
        while not self.over.is_set():
            began = time.monotonic()
            answer = image.get("single")
            self.seen.append((began, time.monotonic(), answer.status_code))


def test_what_changes_while_pulls_go_on_counts_for_every_pull_that_begins_after_it(shop: Shop) -> None:
    """Policy, scan, lock and quarantine change; pulls that overlap a change may be on either side of it."""
    http, auth = shop.server.http, (ADMIN, PASSWORD)
    where = f"{AT}/-/digests/{shop.bad.digest}"

    def sent(method: str, path: str, body: Any = None) -> Callable[[], None]:  # Any: JSON
        return lambda: _sent(http.request(method, path, json=body, auth=auth))

    changes: list[tuple[Callable[[], None], int]] = [
        (lambda: shop.choose(mode="off"), 200),
        (lambda: shop.choose(mode="enforce"), 403),
        (sent("PUT", f"{AT}/-/lock", {"reason": "in production"}), 403),
        (lambda: scanned(shop.site, shop.bad.digest), 200),
        (sent("PUT", f"{where}/quarantine", {"reason": "stolen key"}), 403),
        (sent("DELETE", f"{AT}/-/lock"), 403),
        (sent("DELETE", f"{where}/quarantine"), 200),
        (lambda: scanned(shop.site, shop.bad.digest, FLAWS), 403),
    ]
    pulling = [Pulling(shop.client()) for _ in range(3)]
    threads = [threading.Thread(target=each) for each in pulling]
    times: list[tuple[float, float, int]] = []
    for thread in threads:
        thread.start()
    try:
        for act, expected in changes:
            began = time.monotonic()
            act()
            times.append((began, time.monotonic(), expected))
            assert shop.client().image(IMAGE).get("single").status_code == expected
    finally:
        for each in pulling:
            each.over.set()
        for thread in threads:
            thread.join()
    judged = 0
    for (_, since, expected), until in zip(times, [*(each[0] for each in times[1:]), time.monotonic()], strict=True):
        inside = [status for each in pulling for began, ended, status in each.seen if since < began and ended < until]
        assert set(inside) <= {expected}
        judged += len(inside)
    assert judged
    assert {status for each in pulling for _, _, status in each.seen} <= {200, 403}


def _sent(answer: httpx.Response) -> None:
    assert answer.is_success, answer.text
