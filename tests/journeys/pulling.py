"""The clients that pull images, each with the credentials of somebody and a store of its own."""

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests import packages, programs
from tests.journeys import engines
from tests.journeys.tools import Tools
from tests.long import long
from tests.serving import PASSWORD

PLAIN = "--tls-verify=false"

METADATA = "--skip-metadata"
"""Later releases of ctr fetch the manifests of all platforms if they are not told so, those that are refused too."""

SignIn = Callable[[Tools, str], object]
Pull = Callable[[Tools, str, str], object]
"""An image by its name, for an architecture. Raises `ToolFailed`."""


@dataclass(frozen=True)
class Client:
    program: str
    """Without which there is no such client here."""
    sign_in: SignIn
    pull: Pull
    engine: str = ""
    """The fixture of the engine that does its work."""
    mounts: bool = False


@dataclass(frozen=True)
class Puller:
    """A client that somebody has signed in with."""

    client: Client
    tools: Tools

    def pull(self, name: str, architecture: str = "amd64") -> None:
        """`name`: without the registry's address. Raises `ToolFailed`."""
        self.client.pull(self.tools, f"{self.tools.host}/{name}", architecture)


def _podman_store(tools: Tools) -> tuple[str, ...]:
    return ("--root", f"{tools.folder}/p", "--runroot", f"{tools.folder}/r", "--storage-driver", "vfs")


def _skopeo(tools: Tools, name: str, architecture: str) -> None:
    with tempfile.TemporaryDirectory(dir=tools.folder) as out:
        words = ("--override-os", "linux", "--override-arch", architecture)
        tools.skopeo(*words, "copy", "--src-tls-verify=false", f"docker://{name}", f"dir:{out}")


def _docker_sign_in(tools: Tools, user: str) -> None:
    tools.run("docker", "login", "-u", user, "--password-stdin", tools.host, given=PASSWORD)


def _ctr_sign_in(tools: Tools, user: str) -> None:
    """It keeps no credentials."""
    (tools.folder / "user").write_text(user)


def _ctr(tools: Tools, name: str, architecture: str) -> None:
    user = (tools.folder / "user").read_text()
    words = ["--plain-http", "--snapshotter", engines.SNAPSHOTTER, "--platform", f"linux/{architecture}"]
    if METADATA in tools.run("ctr", "images", "pull", "--help"):
        words.append(METADATA)
    tools.run("ctr", "images", "pull", *words, "-u", f"{user}:{PASSWORD}", name)


CLIENTS = {
    "skopeo": Client("skopeo", lambda tools, user: tools.sign_in("skopeo", PLAIN, name=user), _skopeo),
    "buildah": Client(
        "buildah",
        lambda tools, user: tools.sign_in("buildah", PLAIN, name=user),
        lambda tools, name, architecture: tools.buildah("pull", PLAIN, "--arch", architecture, name),
    ),
    "podman": Client(
        "podman",
        lambda tools, user: tools.sign_in("podman", PLAIN, name=user),
        lambda tools, name, architecture: tools.run(
            "podman", *_podman_store(tools), "pull", PLAIN, "--arch", architecture, name
        ),
        mounts=True,
    ),
    "docker": Client(
        "dockerd",
        _docker_sign_in,
        lambda tools, name, architecture: tools.run("docker", "pull", "--platform", f"linux/{architecture}", name),
        engine="docker_engine",
    ),
    "ctr": Client("containerd", _ctr_sign_in, _ctr, engine="containerd_engine"),
    "crane": Client(
        "crane",
        lambda tools, user: tools.run("crane", "auth", "login", tools.host, "-u", user, "-p", PASSWORD),
        lambda tools, name, architecture: tools.run(
            "crane", "pull", "--insecure", "--platform", f"linux/{architecture}", name, "out.tar"
        ),
    ),
}
STABLE = frozenset(packages.GROUPS["test"])
"""Programs whose absence is no excuse in CI."""


@dataclass
class Pullers:
    """Whoever pulls with whatever: signed in once for all tests."""

    host: str
    ends: contextlib.ExitStack
    known: dict[tuple[str, str], Puller] = field(default_factory=dict)

    def of(self, request: pytest.FixtureRequest, program: str, user: str) -> Puller:
        """Its engine is started for the first who asks. Skips where the client is not installed or permitted."""
        client = CLIENTS[program]
        (programs.need if client.program in STABLE else programs.where_installed)(client.program)
        if client.mounts:
            engines.need_mounts()
        settings: engines.Settings = request.getfixturevalue(client.engine) if client.engine else {}
        if (program, user) not in self.known:
            folder = self.ends.enter_context(engines.folder())
            tools = Tools(folder, self.host, settings)
            client.sign_in(tools, user)
            self.known[program, user] = Puller(client, tools)
        return self.known[program, user]


ALL = [pytest.param(name, marks=() if name == "skopeo" else long) for name in CLIENTS]
"""The short run has the quickest of them stand for all."""
