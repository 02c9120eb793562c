"""The layers of an image laid over each other: which files that tell something are there in the end.

Only what tells something is kept, with the links by which it may be found. What a layer holds besides is known by
keys, which is enough to see what it hides.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from berth.scan.inventory import Secret
from berth.scan.layers import paths
from berth.scan.layers.contents import LayerContents
from berth.scan.reading import Contents


@dataclass(eq=False, slots=True)
class File:
    """One file, whatever the number of its names."""

    path: str
    """As it is called in its layer, and in its packages."""
    contents: Contents
    layer: str
    names: dict[str, None] = field(default_factory=dict)
    """The paths at which it is now, the oldest first; none when it is hidden or gone."""


class Tree:
    """Lay the lowest layer first."""

    def __init__(self, hops: int) -> None:
        self._hops = hops
        self._files: dict[str, File] = {}
        self._links: dict[str, str] = {}
        self._keys: dict[str, tuple[int, ...]] = {}
        self._secrets: list[tuple[Secret, File]] = []

    def lay(self, digest: str, layer: LayerContents) -> None:
        linked = self._linked(layer)
        self._hide(layer)
        for path, target in layer.symlinks.items():
            self._link(self.real_parent(path), target)
        files = {path: File(path, contents, digest) for path, contents in layer.contents.items()}
        for secret in layer.secrets:
            file = files.setdefault(secret.path, File(secret.path, Contents(), digest))
            self._secrets.append((secret, file))
        for path, file in files.items():
            self._put(self.real_parent(path), file)
        for path, target in layer.hardlinks.items():
            self._name(self.real_parent(path), self.real_parent(target), files.get(target) or linked.get(path))

    def _linked(self, layer: LayerContents) -> dict[str, File]:
        """Files of the layers below that its hard links name, before it hides them."""
        found = ((path, self._files.get(self.real_parent(target))) for path, target in layer.hardlinks.items())
        return {path: file for path, file in found if file is not None}

    def _hide(self, layer: LayerContents) -> None:
        # Entries come first: a directory that takes the place of a link is then emptied itself, and not what the link
        # led to.
        files = frozenset(layer.files)
        self._remove_all(files | frozenset(layer.directories), files)
        if layer.whiteouts or layer.opaque:
            gone = {paths.key(self.real_parent(path)) for path in layer.whiteouts}
            emptied = {paths.key(self.real(path) or path) for path in layer.opaque}
            self._remove_all(gone, gone | emptied)

    def _remove_all(self, here: AbstractSet[int], above: AbstractSet[int]) -> None:
        """What lies at one of the paths of the first keys, or below one of the second."""
        for path in [*self._files, *self._links]:
            own, *uppers = self._keys_of(path)
            if own in here or not above.isdisjoint(uppers):
                self._remove(path)

    def _keys_of(self, path: str) -> tuple[int, ...]:
        """Of a path and of all directories above it."""
        keys = self._keys.get(path)
        if keys is None:
            keys = self._keys[path] = tuple(paths.key(each) for each in (path, *paths.above(path)))
        return keys

    def _remove(self, path: str) -> None:
        self._links.pop(path, None)
        file = self._files.pop(path, None)
        if file is not None:
            file.names.pop(path, None)

    def _put(self, path: str, file: File) -> None:
        self._remove(path)
        self._files[path] = file
        file.names[path] = None

    def _link(self, path: str, target: str) -> None:
        self._remove(path)
        self._links[path] = target

    def _name(self, path: str, target: str, file: File | None) -> None:
        """A hard link. To a file that tells nothing it is kept as if it were a symlink, for it might yet be wanted."""
        if file is not None:
            self._put(path, file)
        elif target != path:
            self._link(path, self._links.get(target, "/" + target))

    def real(self, path: str) -> str | None:
        """Where a path leads, through links in this image and nowhere else; None where it leads round in circles."""
        hops = self._hops
        real: list[str] = []
        left = path.split("/")[::-1]
        while left:
            part = left.pop()
            if part == "..":
                del real[-1:]
            elif part not in {"", "."}:
                real.append(part)
                target = self._links.get("/".join(real))
                if target is not None:
                    hops -= 1
                    if hops < 0:
                        return None
                    del real[0 if target.startswith("/") else -1 :]
                    left.extend(reversed(target.split("/")))
        return "/".join(real)

    def real_parent(self, path: str) -> str:
        """The path with the links of its directories followed, and not its own; as written where that fails."""
        if not any(upper in self._links for upper in paths.above(path)):
            return path
        directory, _, name = path.rpartition("/")
        real = self.real(directory)
        return path if real is None else f"{real}/{name}".lstrip("/")

    def file_at(self, path: str) -> File | None:
        """What is found at a path by somebody who follows links."""
        real = self.real(path)
        return None if real is None else self._files.get(real)

    def tells_below(self, path: str) -> bool:
        """Whether the file at a path, or one below it, tells of packages or of the system."""
        below = path + "/"
        return any(
            file.contents != Contents() for name, file in self._files.items() if name == path or name.startswith(below)
        )

    def files(self) -> Iterator[File]:
        """All that are there, each once."""
        return iter(dict.fromkeys(self._files.values()))

    def secrets(self) -> Iterator[tuple[Secret, File]]:
        """All that any layer holds, the lowest first."""
        yield from self._secrets
