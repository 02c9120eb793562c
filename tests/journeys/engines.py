"""Docker and containerd of the test run's own: all they have is in one folder, and their mounts end with them."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests import packages, programs
from tests.serving import wait_for
from tests.tied import tied

Settings = Mapping[str, str]
"""By which clients find an engine."""

NOT_PERMITTED = re.compile("operation not permitted|permission denied|cgroup", re.IGNORECASE)
"""What an engine says at its end where the machine does not let it run."""
SNAPSHOTTER = "native"
"""It copies; others need a file system that not every machine has."""
LAID_OUT = ("amd64", "arm64")
PATIENCE = 60


def need_mounts() -> None:
    """Engines lay images out with mounts. Where nobody may mount, what needs one is skipped, in CI too."""
    asked = [programs.need("unshare"), "--mount", "true"]
    done = subprocess.run(asked, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip(f"no engine may run on this machine: {done.stderr.strip()}")


@contextlib.contextmanager
def docker(features: Mapping[str, bool] | None = None) -> Iterator[Settings]:
    """A Docker without network, which takes our registry without TLS."""
    with folder() as here:
        snapshots = features is not None and features.get("containerd-snapshotter", False)
        told = {"insecure-registries": ["127.0.0.0/8"], "features": features or {}}
        (here / "daemon.json").write_text(json.dumps(told))
        places = ("--data-root", f"{here}/data", "--exec-root", f"{here}/exec", "--pidfile", f"{here}/pid")
        storage = SNAPSHOTTER if snapshots else "vfs"
        alone = ("--iptables=false", "--ip6tables=false", "--bridge=none", f"--storage-driver={storage}")
        socket = here / "docker.sock"
        words = ("--config-file", f"{here}/daemon.json", *places, *alone, "-H", f"unix://{socket}")
        with _running(here, "dockerd", *words, socket=socket):
            yield {"DOCKER_HOST": f"unix://{socket}"}


@contextlib.contextmanager
def containerd() -> Iterator[Settings]:
    with folder() as here:
        socket = here / "c.sock"
        (here / "config.toml").write_text(
            f'version = 2\nroot = "{here}/root"\nstate = "{here}/state"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n'
            f'[grpc]\naddress = "{socket}"\n[ttrpc]\naddress = "{socket}.ttrpc"\n' + "".join(map(_laid_out, LAID_OUT))
        )
        with _running(here, "containerd", "-c", f"{here}/config.toml", socket=socket):
            yield {"CONTAINERD_ADDRESS": str(socket)}


def _laid_out(architecture: str) -> str:
    """Later releases than 1.6 lay images out in the engine, and ask it alone for which platforms."""
    where = 'plugins."io.containerd.transfer.v1.local".unpack_config'
    return f'[[{where}]]\nplatform = "linux/{architecture}"\nsnapshotter = "{SNAPSHOTTER}"\ndiffer = "walking"\n'


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """One whose path leaves room for those of sockets in it."""
    with tempfile.TemporaryDirectory(prefix="b", ignore_cleanup_errors=True) as made:
        yield Path(made)


@contextlib.contextmanager
def _running(here: Path, program: str, *words: str, socket: Path) -> Iterator[None]:
    found = programs.need(program)
    need_mounts()
    log = here / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            tied(programs.need("unshare"), "--mount", found, *words),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, "PATH": packages.path()},
        )
    try:
        wait_for(lambda: socket.exists() or process.poll() is not None)
        if process.poll() is not None:
            _ended(program, log.read_text(errors="replace"))
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


def _ended(program: str, log: str) -> None:
    last = log[-2000:]
    if NOT_PERMITTED.search(last):
        pytest.skip(f"{program} may not run on this machine: {last.strip().splitlines()[-1]}")
    pytest.fail(f"{program} did not start: {last}", pytrace=False)
