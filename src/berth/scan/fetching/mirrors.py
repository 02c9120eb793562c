"""Where exports are: what every such place promises, and which one an address means."""

from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from berth.scan.fetching.folder import Folder
from berth.scan.fetching.pace import Pace


class Mirror(Protocol):
    def fetch(self, name: str, into: Path, limit: int, tag: str = "") -> str | None:
        """Put a file there; returns its tag, empty where it has none, and None when it is still the one of `tag`.

        Raises `NotFetched`, also for what has more bytes than `limit`.
        """

    def close(self) -> None: ...


def opened(address: str, pace: Pace) -> Mirror:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    from berth.scan.fetching.bucket import Bucket  # noqa: PLC0415  few commands fetch, and httpx is slow to import

    return Bucket(address, pace)
