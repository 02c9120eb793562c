"""Fetches the vendored files anew, at the versions that the lock files name, with the npm client: `make vendor`.

A file whose hash is another than the lock's is not put in place.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = (ROOT / "src/berth/doors/console/static/vendor/lock.json", ROOT / "tests/console/vendor/lock.json")


def main() -> None:
    for lock in LOCKS:
        for entry in json.loads(lock.read_text()):
            body = _fetch(f"{entry['package']}@{entry['version']}", entry["path"])
            if hashlib.sha256(body).hexdigest() != entry["sha256"]:
                sys.exit(f"{entry['package']} {entry['version']} {entry['path']} is not what {lock.name} says")
            (lock.parent / entry["file"]).write_bytes(body)
            print(f"{entry['file']}: {entry['package']} {entry['version']}")


def _fetch(package: str, path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(  # noqa: S603  names come from our own lock files
            ["npm", "pack", "--silent", package],  # noqa: S607
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        with tarfile.open(Path(folder) / packed) as archive:
            member = archive.extractfile(f"package/{path}")
            if member is None:
                sys.exit(f"{package} has no {path}")
            return member.read()


if __name__ == "__main__":
    main()
