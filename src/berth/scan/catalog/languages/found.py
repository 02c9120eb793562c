"""A package of a language, made from what a file of a hostile image says: plain text, a name and a version."""

from collections.abc import Iterable

from berth.scan.catalog import plain
from berth.scan.inventory import Package


def package(kind: str, path: str, name: object, version: object, license_: str = "") -> Package | None:
    """None where either is missing or is no text. `kind` is the type of a package URL."""
    name, version = _word(name), _word(version)
    if not name or not version:
        return None
    return Package(kind="language", type=kind, name=name, version=version, path=path, license=_plain(license_))


def any_of(licenses: Iterable[object]) -> str:
    """Of several licenses between which one may choose."""
    return " OR ".join(each for each in licenses if isinstance(each, str) and each)


def _word(value: object) -> str:
    return _plain(value) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return plain.text(text.encode("utf-8", "replace"))
