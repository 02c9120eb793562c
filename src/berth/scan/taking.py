"""The inventory of an image, from what its layers tell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from berth.scan.catalog import os_release
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package, Secret
from berth.scan.layers import paths
from berth.scan.layers.contents import LayerContents
from berth.scan.layers.limits import Limits
from berth.scan.layers.tree import File, Tree
from berth.scan.reading import Contents
from berth.scan.secrets import config as config_secrets

_RELEASES = ("etc/os-release", "usr/lib/os-release")
"""Either may be a link to anywhere (os-release(5))."""
_PACKAGE_TEXTS = tuple(field.name for field in fields(Package) if field.type is str)
_KNOWN_PLACES = (
    *_RELEASES,
    "var/lib/dpkg",
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d",
    "lib/apk/db",
    "lib/apk/db/installed",
    "usr/lib/apk/db",
    "usr/lib/apk/db/installed",
    "var/lib/rpm",
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm",
)
"""Where package managers look, by whatever links the files are found there."""


T = TypeVar("T")


@dataclass(frozen=True)
class Layer:
    digest: str
    contents: LayerContents


def check(entries: int, size: int, limits: Limits) -> None:
    """Raises `ScanFailed` when the layers of an image are too much together."""
    if entries > limits.entries:
        raise ScanFailed("LIMIT_ENTRIES", f"its layers have more than {limits.entries} entries")
    if size > limits.image_bytes:
        raise ScanFailed("LIMIT_LAYER_SIZE", f"unpacked, its layers are larger than {limits.image_bytes} bytes")


def other_names(layers: Sequence[Layer], limits: Limits) -> dict[str, tuple[str, ...]]:
    """Of paths that a package manager reaches by a link, and that nobody would read by their own name: its names.

    The layers that `hold_any` of them are to be read once more (`layers.looking.look_by_other_names`).
    """
    tree = _laid(layers, limits)
    names: dict[str, tuple[str, ...]] = {}
    for place in _KNOWN_PLACES:
        real = tree.real(place)
        if real and real != place and not tree.tells_below(real):
            names[real] = (*names.get(real, ()), place)
    return names


def hold_any(layer: LayerContents, names: Iterable[str]) -> bool:
    """Whether a layer has an entry at one of these paths."""
    keys = {paths.key(name) for name in names}
    return not (keys.isdisjoint(layer.files) and keys.isdisjoint(layer.directories))


def with_more(layer: LayerContents, more: Iterable[tuple[str, str, Contents]]) -> LayerContents:
    """A layer with what files in it tell by other names, kept at their own."""
    return replace(layer, contents=layer.contents | {path: contents for path, _, contents in more})


def inventory(layers: Sequence[Layer], config: bytes, limits: Limits, gaps: Iterable[Gap] = ()) -> Inventory:
    """Of an image of these layers, the lowest first. `gaps` are those that the caller knows of."""
    tree = _laid(layers, limits)
    os = _os(tree)
    packages, unlisted = _cut(_packages(tree), limits.packages, "packages")
    of_system = os_release.gap(os) or os_release.gap_without(os, {each.type for each in packages})
    in_config, unsearched = config_secrets.find(config, limits.config_bytes)
    secrets, untold = _cut(_secrets(tree, in_config), limits.secrets, "secrets")
    told = (*unsearched, *gaps, *_layer_gaps(layers), *_file_gaps(tree))
    return Inventory(
        os=os,
        packages=tuple(sorted(packages)),
        secrets=tuple(sorted(secrets)),
        gaps=(*([of_system] if of_system else ()), *unlisted, *untold, *_few(told, limits.gaps)),
    )


def _laid(layers: Sequence[Layer], limits: Limits) -> Tree:
    tree = Tree(limits.hops)
    for layer in layers:
        tree.lay(layer.digest, layer.contents)
    return tree


def _os(tree: Tree) -> OperatingSystem | None:
    found = {name: file.contents.os for file in tree.files() for name in file.names if file.contents.os}
    for release in _RELEASES:
        file = tree.file_at(release)
        if file is not None and file.contents.os:
            found[release] = file.contents.os
    os = os_release.settled(found)
    if os is None:
        return None
    return OperatingSystem(plain(os.id), plain(os.version), plain(os.name), plain(os.codename), os.eol_on)


def _packages(tree: Tree) -> Iterator[Package]:
    owned = {place for file in tree.files() for path in file.contents.owns for place in (path, tree.real_parent(path))}
    for file in tree.files():
        is_owned = not owned.isdisjoint(file.names)
        for package in file.contents.packages:
            texts = {name: plain(getattr(package, name)) for name in _PACKAGE_TEXTS}
            place = {"path": plain(_path(file, package.path)), "layer": file.layer}
            owned_one = package.owned or (is_owned and package.kind == "language")
            yield Package(kind=package.kind, owned=owned_one, **(texts | place))


def _path(file: File, path: str) -> str:
    """Its oldest name that is left, also where the package lies deeper in the file (`app.war!/a.jar`)."""
    if file.path in file.names or not path.startswith(file.path):
        return path
    return next(iter(file.names)) + path[len(file.path) :]


def _secrets(tree: Tree, in_config: Iterable[Secret]) -> Iterator[Secret]:
    """Each once, of the lowest layer that has it: it is there that it has come in."""
    yield from (replace(secret, path=plain(secret.path)) for secret in in_config)
    there: dict[Secret, bool] = {}
    first: dict[Secret, str] = {}
    for secret, file in tree.secrets():
        there[secret] = there.get(secret, False) or bool(file.names)
        first.setdefault(secret, file.layer)
    for secret, layer in first.items():
        yield replace(secret, path=plain(secret.path), layer=layer, deleted_later=not there[secret])


def _layer_gaps(layers: Sequence[Layer]) -> Iterator[Gap]:
    for layer in layers:
        for gap in layer.contents.gaps:
            yield Gap(gap.code, f"layer {layer.digest}: {gap.text}")


def _file_gaps(tree: Tree) -> Iterator[Gap]:
    for file in tree.files():
        yield from file.contents.gaps


def _few(gaps: Iterable[Gap], limit: int) -> tuple[Gap, ...]:
    distinct = dict.fromkeys(Gap(gap.code, plain(gap.text)) for gap in gaps)
    if len(distinct) <= limit:
        return tuple(distinct)
    return (*list(distinct)[:limit], Gap("truncated", f"and {len(distinct) - limit} more like these"))


def _cut(found: Iterable[T], most: int, what: str) -> tuple[list[T], list[Gap]]:
    """Each once, and a gap when there are more."""
    distinct: dict[T, None] = {}
    for each in found:
        if len(distinct) == most and each not in distinct:
            return list(distinct), [Gap("truncated", f"The image has more than {most} {what}, the rest was left out.")]
        distinct[each] = None
    return list(distinct), []


def plain(text: str) -> str:
    """Text of an image without what could steer a terminal or hide in a page."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)
