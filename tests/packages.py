"""The programs that tests and benchmarks borrow from Debian stable, and how a machine comes by them.

`python -m tests.packages test` installs what is missing where it may, otherwise says what will be skipped.
Standard library only: it also runs before the virtual environment exists.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

GROUPS: dict[str, dict[str, str]] = {
    "setup": {"ensurepip": "python3-venv"},
    "test": {
        "postgres": "postgresql",
        "skopeo": "skopeo",
        "buildah": "buildah",
        "podman": "podman",
        "runc": "runc",
        "dockerd": "docker.io",
        "docker": "docker-cli | docker.io",
        "containerd": "containerd",
        "ctr": "containerd",
        "nginx": "nginx-light",
        "openssl": "openssl",
        "chromium-headless-shell": "chromium-headless-shell",
        "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf": "fonts-dejavu-core",
    },
    "bench": {"docker-registry": "docker-registry", "wrk": "wrk"},
}
"""What each group of work needs: a program, or a file by its path, and the Debian package that brings it.

Where releases differ, as apt writes it: the first of these packages that there is.
"""

DAY = 24 * 60 * 60
LISTS = Path("/var/lib/apt/lists")
POLICY = Path("/usr/sbin/policy-rc.d")


def find(program: str) -> str | None:
    return shutil.which(program, path=path())


def path() -> str:
    """Debian keeps servers off the ordinary PATH, so this has the places it uses as well."""
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *map(str, servers)])


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


def missing(group: str) -> dict[str, str]:
    """The programs of a group that are not here, with their packages."""
    return {program: package for program, package in GROUPS[group].items() if not _present(program)}


def _present(program: str) -> bool:
    if program == "ensurepip":
        return importlib.util.find_spec(program) is not None
    if program.startswith("/"):
        return Path(program).exists()
    return find(program) is not None


def may_install() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install(packages: Collection[str]) -> bool:
    """True when apt put every package in place. Lists that are empty or a day old are renewed first."""
    fresh = not _lists_are_stale() or _apt("update")
    with _daemons_stay_off():
        return _add(packages) or (fresh and _apt("update") and _add(packages))


def _add(packages: Collection[str]) -> bool:
    return _apt("install", "--yes", "--no-install-recommends", *named(packages))


def named(packages: Iterable[str]) -> list[str]:
    return sorted(set(map(chosen, packages)))


def chosen(package: str) -> str:
    """Of alternatives the first that this release of Debian has; the last where none is known."""
    *first, last = package.split(" | ")
    return next((each for each in first if is_released(each)), last)


def is_released(package: str) -> bool:
    command = ["apt-cache", "show", "--quiet", package]
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def _lists_are_stale() -> bool:
    times = [entry.stat().st_mtime for entry in LISTS.glob("*_Packages*")]
    return not times or max(times) < time.time() - DAY


def _apt(*words: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--quiet", *words]
    print("+", *command, flush=True)
    nothing = subprocess.DEVNULL  # apt tells its errors on the other output
    return subprocess.run(command, env=environment, stdin=nothing, stdout=nothing, check=False).returncode == 0


@contextmanager
def _daemons_stay_off() -> Iterator[None]:
    """Tests start their own servers; the packages' services would take ports of this machine."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def main(group: str) -> None:
    """A failed installation is no failure here: the tests that need the program skip, or fail in CI."""
    lacking = missing(group)
    if not lacking:
        return
    if may_install() and install(lacking.values()):
        return
    print(f"Missing: {', '.join(lacking)}. What needs them will be skipped.")
    print(f"On Debian: apt-get install {' '.join(named(lacking.values()))}")


if __name__ == "__main__":
    main(sys.argv[1])
