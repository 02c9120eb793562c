"""Layers laid over each other, against a file system in which each entry is carried out in its turn."""

import tarfile

from hypothesis import given
from hypothesis import strategies as st

from tests.scan.layers.archives import directory, file, hardlink, symlink
from tests.scan.taking.images import packages

DIRECTORIES = ("a", "a/b", "c", "c/d")
FILES = tuple(
    f"{each}{name}" for each in ("", "a/", "a/b/", "c/d/") for name in ("package.json", "x.package.json", "notes")
)
ANY = FILES + DIRECTORIES

NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
ENTRY = st.one_of(
    st.builds(lambda path, name: file(path, name.encode()), st.sampled_from(FILES), NAMES),
    st.builds(lambda path, name: file(path, name.encode()), st.sampled_from(ANY), NAMES),
    st.builds(directory, st.sampled_from(ANY)),
    st.builds(lambda path: symlink(path, "nowhere"), st.sampled_from(FILES)),
)
HIDING = st.one_of(
    st.sampled_from(ANY).map(lambda path: file("/".join([*path.split("/")[:-1], ".wh." + path.split("/")[-1]]))),
    st.sampled_from(("", *DIRECTORIES)).map(lambda path: file(f"{path}/.wh..wh..opq")),
)
# Whether a file that keeps none but an unwanted name is told is nobody's promise, so links have wanted ones.
WANTED = tuple(path for path in FILES if path.endswith("package.json"))
LINKS = st.builds(hardlink, st.sampled_from(WANTED), st.sampled_from(WANTED))
LAYER = st.tuples(st.lists(HIDING, max_size=3), st.lists(ENTRY, max_size=6), st.lists(LINKS, max_size=2))

Entry = tuple[tarfile.TarInfo, bytes]


class Node:
    """A file, by whatever names."""

    def __init__(self, data: bytes, layer: str) -> None:
        self.data = data
        self.layer = layer


class FileSystem:
    """Paths and what is there: a file, or None for a link or a directory."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node | None] = {}
        self.directories: set[str] = set()

    def remove(self, path: str, *, itself: bool = True) -> None:
        for other in [*self.nodes, *self.directories]:
            if other.startswith(path + "/" if path else "") or (itself and other == path):
                self.nodes.pop(other, None)
                self.directories.discard(other)

    def makes_room(self, path: str) -> bool:
        """Directories above it are there, or can be."""
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        if any(each in self.nodes for each in above):
            return False
        self.directories.update(above)
        return True

    def apply(self, entry: Entry, layer: str) -> bool:
        info, data = entry
        path = info.name
        target = self.nodes.get(info.linkname) if info.islnk() else None
        if (info.islnk() and (target is None or path == info.linkname)) or not self.makes_room(path):
            return False
        if info.isdir():
            self.nodes.pop(path, None)
            self.directories.add(path)
        else:
            self.remove(path)
            self.nodes[path] = target if info.islnk() else Node(data, layer) if info.isreg() else None
        return True


def hide(system: FileSystem, entry: Entry) -> None:
    directory_, _, name = entry[0].name.rpartition("/")
    if name == ".wh..wh..opq":
        system.remove(directory_, itself=False)
    else:
        hidden = name.removeprefix(".wh.")
        system.remove(f"{directory_}/{hidden}" if directory_ else hidden)


@given(st.lists(LAYER, min_size=1, max_size=4))
def test_it_is_as_if_every_entry_had_been_carried_out(made: list[tuple[list[Entry], list[Entry], list[Entry]]]) -> None:
    system = FileSystem()
    layers = []
    for number, (hiding, entries, links) in enumerate(made):
        for entry in hiding:
            hide(system, entry)
        # What cannot be carried out, because of a file in the place of a directory, is in no layer either.
        done = [entry for entry in [*entries, *links] if system.apply(entry, str(number))]
        layers.append([*hiding, *done])
    assert {(name, layer) for name, _, layer in packages(*layers)} == told(system)
    assert {path for _, path, _ in packages(*layers)} <= {
        path for path, node in system.nodes.items() if node is not None
    }


def told(system: FileSystem) -> set[tuple[str, str]]:
    """Of files that bear a name by which somebody wants them."""
    return {(n.data.decode(), n.layer) for path, n in system.nodes.items() if n and path.endswith("package.json")}
