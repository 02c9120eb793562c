"""A layer read once, from its first byte to its last entry, for all that a scan wants to know of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from berth.scan.inventory import Gap, Secret
from berth.scan.layers import capturing, paths
from berth.scan.layers.archive import Archive, Entry
from berth.scan.layers.contents import LayerContents
from berth.scan.layers.limits import Limits
from berth.scan.layers.paths import Keys
from berth.scan.layers.unpacking import Read, unpacked
from berth.scan.reading import HEAD, Contents, Reader
from berth.scan.secrets import files as secret_files

T = TypeVar("T")

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_OF_AUFS = ".wh..wh."

Open = Callable[[], Read]
"""Gives the bytes of a layer from the beginning; asked a second time only for files that bear other names."""


def look(open_layer: Open, media_type: str, readers: Sequence[Reader], limits: Limits) -> LayerContents:
    """All that a layer tells. Raises `ScanFailed`."""
    layer = _Layer(readers, limits)
    archive = Archive(unpacked(open_layer(), media_type, limits), limits)
    for entry in archive:
        layer.take(entry, archive)
    names = layer.names_of_missed()
    if names:
        for _, name, contents in look_by_other_names(open_layer, media_type, readers, limits, names):
            layer.tell(name, contents)
    return layer.finished(archive)


def look_by_other_names(
    open_layer: Open, media_type: str, readers: Sequence[Reader], limits: Limits, names: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, Contents]]:
    """Files that `names` has other names for, or for a directory above them: path, other name, and what is told by it.

    Raises `ScanFailed`.
    """
    layer = _Layer(readers, limits)
    archive = Archive(unpacked(open_layer(), media_type, limits), limits)
    for entry in archive:
        if entry.kind != "file":
            continue
        others = list(_other_names(entry.path, names))
        head = archive.read(HEAD) if others else b""
        # One file has one content: it is told by the first name that somebody wants.
        for other in others:
            wanting = layer.wanting(other, head)
            if wanting:
                yield entry.path, other, layer.read(other, head, entry, archive, wanting)
                break


def _other_names(path: str, names: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for upper in (path, *paths.above(path)):
        for other in names.get(upper, ()):
            yield other + path[len(upper) :]


class _Layer:
    """What was found so far."""

    def __init__(self, readers: Sequence[Reader], limits: Limits) -> None:
        self._readers = readers
        self._limits = limits
        self._contents: dict[str, Contents] = {}
        self._symlinks: dict[str, str] = {}
        self._hardlinks: dict[str, str] = {}
        self._above_kept: set[str] = set()
        self._whiteouts: list[str] = []
        self._opaque: list[str] = []
        self._secrets: list[Secret] = []
        self._gaps: dict[Gap, None] = {}
        self._files, self._directories = Keys(), Keys()
        self._told: Counter[str] = Counter()
        self._captured = 0

    def take(self, entry: Entry, archive: Archive) -> None:
        directory, _, name = entry.path.rpartition("/")
        if name.startswith(_WHITEOUT):
            self._white_out(directory, name)
            return
        target = self._hardlinks.get(entry.link, entry.link)
        if entry.kind == "hardlink" and target == entry.path:
            return  # It is that file already.
        self._forget(entry)
        if entry.kind == "directory":
            self._directories.add(entry.path)
            return
        self._files.add(entry.path)
        if entry.kind == "file":
            self._take_file(entry, archive)
        elif entry.kind == "symlink":
            self._link(self._symlinks, entry.path, entry.link)
        elif entry.kind == "hardlink":
            self._link(self._hardlinks, entry.path, target)

    def _white_out(self, directory: str, name: str) -> None:
        """Whiteouts hide what the layers below hold, and nothing of their own layer, wherever they stand in it."""
        hidden = name.removeprefix(_WHITEOUT)
        if name == _OPAQUE:
            self._opaque.append(directory)
        elif hidden not in {"", ".", ".."} and not name.startswith(_OF_AUFS):
            self._whiteouts.append(f"{directory}/{hidden}" if directory else hidden)

    def _forget(self, entry: Entry) -> None:
        """Of two entries with one path the last counts; what is no directory has nothing below it."""
        for kept in (self._contents, self._symlinks, self._hardlinks):
            kept.pop(entry.path, None)
        if entry.kind != "directory" and entry.path in self._above_kept:
            below = entry.path + "/"
            for kept in (self._contents, self._symlinks, self._hardlinks):
                for path in [path for path in kept if path.startswith(below)]:
                    del kept[path]
            self._above_kept.discard(entry.path)

    def _link(self, links: dict[str, str], path: str, target: str) -> None:
        if len(links) >= self._limits.links:
            self._gap(Gap("truncated", f"it has more than {self._limits.links} links, the rest was not followed"))
            return
        links[path] = target
        self._keep(path)

    def _keep(self, path: str) -> None:
        for upper in paths.above(path):
            if upper in self._above_kept:
                return
            self._above_kept.add(upper)

    def _take_file(self, entry: Entry, archive: Archive) -> None:
        head = archive.read(HEAD)
        wanting = self.wanting(entry.path, head)
        if wanting:
            self.tell(entry.path, self.read(entry.path, head, entry, archive, wanting))
        elif secret_files.may_tell(entry.path, entry.size):
            self._find_secrets(entry, head + archive.read(secret_files.HEAD - HEAD), archive)

    def wanting(self, path: str, head: bytes) -> list[Reader]:
        return [reader for reader in self._readers if reader.wants(path, head)]

    def read(self, path: str, head: bytes, entry: Entry, archive: Archive, wanting: Sequence[Reader]) -> Contents:
        count = min(entry.size, max(reader.limit for reader in wanting))
        self._captured += count
        if self._captured > self._limits.captured_bytes:
            return Contents(gaps=(Gap("truncated", f"{path} was not read, too much was read of this layer before"),))
        with capturing.captured(head, archive, count, self._limits) as file:
            if entry.size <= count and secret_files.may_tell(entry.path, entry.size):
                self._add_secrets(secret_files.find(entry.path, file.read()))
            return capturing.read(path, file, entry, wanting)

    def _find_secrets(self, entry: Entry, start: bytes, archive: Archive) -> None:
        if secret_files.is_text(start):
            self._add_secrets(secret_files.find(entry.path, start + archive.read(entry.size)))

    def _add_secrets(self, found: Sequence[Secret]) -> None:
        self._secrets.extend(found[: self._limits.secrets - len(self._secrets) + 1])
        if len(self._secrets) > self._limits.secrets:
            del self._secrets[self._limits.secrets :]
            self._gap(Gap("truncated", f"more than {self._limits.secrets} secrets lie in it, the rest was left out"))

    def tell(self, path: str, contents: Contents) -> None:
        """Keep what a file tells, unless it is nothing or too much has been told before."""
        contents = Contents(
            packages=self._room("packages", contents.packages, self._limits.packages),
            os=contents.os,
            owns=self._room("owned files", contents.owns, self._limits.packages),
            gaps=self._room("files that were not read whole", contents.gaps, self._limits.gaps),
        )
        if contents != Contents():
            self._contents[path] = contents
            self._keep(path)

    def _room(self, what: str, told: tuple[T, ...], limit: int) -> tuple[T, ...]:
        """As many as there is room for in a layer."""
        room = limit - self._told[what]
        if len(told) > room:
            self._gap(Gap("truncated", f"it has more than {limit} {what}, the rest was left out"))
        self._told[what] += min(len(told), room)
        return told[:room]

    def _gap(self, gap: Gap) -> None:
        self._gaps[gap] = None

    def names_of_missed(self) -> dict[str, list[str]]:
        """Hard links that somebody wants by their name, to files that nobody wanted by theirs: by path of the file."""
        names: dict[str, list[str]] = {}
        for path, target in self._hardlinks.items():
            if target not in self._contents and self.wanting(path, b""):
                names.setdefault(target, []).append(path)
        own = frozenset(self._files) if names else ()
        return {target: others for target, others in names.items() if paths.key(target) in own}

    def finished(self, archive: Archive) -> LayerContents:
        return LayerContents(
            contents=self._contents,
            whiteouts=tuple(self._whiteouts),
            opaque=tuple(self._opaque),
            symlinks=self._symlinks,
            hardlinks=self._links_that_matter(),
            secrets=tuple(self._secrets),
            gaps=(*self._gaps, *archive.gaps()),
            files=self._files,
            directories=self._directories,
            entries=archive.count,
            size=archive.position,
        )

    def _links_that_matter(self) -> dict[str, str]:
        """Without those to files of this layer that tell nothing."""
        own = frozenset(self._files)
        telling = self._contents.keys() | self._symlinks.keys() | {secret.path for secret in self._secrets}
        telling |= self._hardlinks.keys()  # What became a link later was a file of the layers below when it was named.
        return {
            path: target
            for path, target in self._hardlinks.items()
            if path not in self._contents and (target in telling or paths.key(target) not in own)
        }
