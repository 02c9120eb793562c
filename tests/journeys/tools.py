"""The clients people have: skopeo, buildah and others, with a home and credentials of the test's own."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests import programs
from tests.documents import Document, digest_of
from tests.serving import ADMIN, PASSWORD

PATIENCE = 120


@dataclass(frozen=True)
class Tools:
    """Programs that work on one registry, by plain HTTP unless told otherwise."""

    folder: Path
    host: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, program: str, *words: str, given: str = "") -> str:
        """What the program prints. Raises `ToolFailed` with its last words."""
        done = subprocess.run(
            [programs.need(program), *words],
            env=self._environment(),
            cwd=self.folder,
            input=given,
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise ToolFailed(f"{program} {' '.join(words)}: {done.stdout} {done.stderr}")
        return done.stdout

    def buildah(self, *words: str) -> str:
        storage = ("--root", f"{self.folder}/storage", "--runroot", f"{self.folder}/run", "--storage-driver", "vfs")
        return self.run("buildah", *storage, *words).strip()

    def skopeo(self, *words: str) -> str:
        return self.run("skopeo", "--insecure-policy", *words)

    def sign_in(self, program: str = "skopeo", *words: str, name: str = ADMIN, password: str = PASSWORD) -> str:
        return self.run(program, "login", *words, "-u", name, "--password-stdin", self.host, given=password)

    def build(self, tree: Path, name: str, kind: str = "oci") -> str:
        """An image whose one layer is a folder."""
        container = self.buildah("from", "scratch")
        self.buildah("copy", container, str(tree), "/")
        self.buildah("commit", "--rm", "--format", kind, container, name)
        return name

    def _environment(self) -> dict[str, str]:
        home, run = self.folder / "home", self.folder / "run"
        for path in (home, run):
            path.mkdir(exist_ok=True)
        own = {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(run),
            "TMPDIR": str(self.folder),
            "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"),
            "DOCKER_CONFIG": str(home),
            "BUILDAH_ISOLATION": "chroot",
            "COSIGN_PASSWORD": "",
        }
        return {**os.environ, **own, **self.settings}


class ToolFailed(AssertionError):
    pass


class Layout:
    """An OCI image layout in a folder, to push from and to pull into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes) -> bytes:
        self._path(digest_of(content)).write_bytes(content)
        return content

    def name(self, document: Document, tag: str) -> None:
        """Make it an image layout whose one entry is a document."""
        self.add(document.body)
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        listed = document.described(annotations={"org.opencontainers.image.ref.name": tag})
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [listed]}))

    def content(self, digest: str) -> bytes:
        return self._path(digest).read_bytes()

    def digests(self) -> set[str]:
        """Of all that is in it, each proven by its bytes."""
        paths = list((self.folder / "blobs" / "sha256").iterdir())
        assert all(digest_of(path.read_bytes()) == f"sha256:{path.name}" for path in paths)
        return {f"sha256:{path.name}" for path in paths}

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")
