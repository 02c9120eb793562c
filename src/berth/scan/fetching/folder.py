"""A mirror that lies in a folder, as a synchronised copy of the export or a mounted disk."""

import shutil
from pathlib import Path
from urllib.parse import quote

from berth.scan.fetching.failures import Missing, NotFetched


class Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, name: str, into: Path, limit: int, tag: str = "") -> str | None:
        """See `Mirror`. A folder may be named `Rocky Linux` as well as `Rocky%20Linux`."""
        path = next((each for each in (self._path / name, self._path / quote(name)) if each.is_file()), None)
        if path is None:
            raise Missing(f"{self._path} has no {name}")
        try:
            found = path.stat()
            if found.st_size > limit:
                raise NotFetched(f"{name} has {found.st_size} bytes, more than {limit}")
            now = f"{found.st_mtime_ns}-{found.st_size}"
            if now == tag:
                return None
            shutil.copyfile(path, into)
        except OSError as error:
            raise NotFetched(f"{name} cannot be copied: {error.strerror}") from None
        return now

    def close(self) -> None:
        """Nothing is held open."""
