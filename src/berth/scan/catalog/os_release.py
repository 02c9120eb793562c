"""Which system an image is: os-release(5), and the older files of single systems for what that lacks.

Every file is read by itself, like all others, so `settled` decides when all that an image has are known.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import BinaryIO

from berth.scan.catalog import eol, plain
from berth.scan.inventory import Gap, OperatingSystem
from berth.scan.reading import Contents, Reader

KNOWN: Mapping[str, str] = {
    **dict.fromkeys(("debian", "ubuntu"), "deb"),
    **dict.fromkeys(("alpine", "wolfi", "chainguard"), "apk"),
    **dict.fromkeys(("rhel", "centos", "almalinux", "rocky", "ol", "amzn", "photon"), "rpm"),
    **dict.fromkeys(("sles", "sled", "sles_sap", "sle-micro", "sl-micro", "suse"), "rpm"),
    **dict.fromkeys(("opensuse", "opensuse-leap", "opensuse-tumbleweed"), "rpm"),
}
"""Ids of the systems whose packages are read and matched, and the type that these are of."""

_LIMIT = 64 * 1024
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_OLDER = (
    "etc/alpine-release",
    "etc/oracle-release",  # before redhat-release, where Oracle Linux says that it is the other one
    "etc/centos-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/debian_version",
)
_ORDER = (*_OS_RELEASE, *_OLDER)

_FIELD = re.compile(r"""([A-Za-z0-9_]+)=(["']?)(.*)\2""")
_ESCAPED = re.compile(r"""\\([\\$"'`])""")
_IN_BRACKETS = re.compile(r"\(([^()]+)\)$")
_NUMBER = re.compile(r"\d[\w.]*")
_NAMES = {
    "Red Hat Enterprise Linux": "rhel",
    "CentOS": "centos",
    "AlmaLinux": "almalinux",
    "Rocky Linux": "rocky",
    "Oracle Linux": "ol",
    "Amazon Linux": "amzn",
}
"""How the older files of systems with rpm begin, and what os-release of their successors has as the id."""


def settled(found: Mapping[str, OperatingSystem]) -> OperatingSystem | None:
    """What the files of an image, by their paths, say together. None where none says anything.

    The first one decides which system it is; what it lacks comes from the others that speak of the same.
    """
    systems = [found[path] for path in _ORDER if path in found]
    alike = [each for each in systems if each.id == systems[0].id]
    if not alike:
        return None
    return _dated(
        OperatingSystem(
            id=alike[0].id,
            version=next((each.version for each in alike if each.version), ""),
            name=next((each.name for each in alike if each.name), ""),
            codename=next((each.codename for each in alike if each.codename), ""),
        )
    )


def gap(system: OperatingSystem | None) -> Gap | None:
    """That it is not known which system an image is, or that nothing is known about this one."""
    if system is None:
        return Gap("os-unknown", "No file of the image says which system it is.")
    if system.id not in KNOWN:
        return Gap("os-unknown", f"The system {system.id} is not known.")
    return None


def gap_without(system: OperatingSystem | None, types: Collection[str]) -> Gap | None:
    """That a system which has packages of a type has none of it; `types` are those of the packages that were found.

    Somebody took its database away to make the image smaller: the files of its packages are there, and their flaws.
    """
    type_ = KNOWN.get(system.id) if system is not None else None
    if system is None or type_ is None or type_ in types:
        return None
    name = system.name or f"{system.id} {system.version}".strip()
    return Gap("os-no-packages", f"No package of {name} was found: its database ({type_}) is missing or empty.")


def _dated(system: OperatingSystem) -> OperatingSystem:
    return replace(system, eol_on=eol.eol_on(system))


def _read(path: str, file: BinaryIO) -> Contents:
    text = file.read(_LIMIT).decode("utf-8", "replace")
    system = _new(text) if path in _OS_RELEASE else _old(path, text)
    if system is not None:
        return Contents(os=_dated(system))
    if not text.strip():
        return Contents()
    return Contents(gaps=(Gap("damaged", f"{path} is damaged: it names no system."),))


def _new(text: str) -> OperatingSystem | None:
    fields = dict(_field(match) for line in text.splitlines() if (match := _FIELD.fullmatch(line.strip())))
    if not fields.get("ID"):
        return None
    in_brackets = _IN_BRACKETS.search(fields.get("VERSION", ""))
    return OperatingSystem(
        id=fields["ID"].lower(),
        version=fields.get("VERSION_ID", ""),
        name=fields.get("PRETTY_NAME", ""),
        codename=fields.get("VERSION_CODENAME", "") or (in_brackets[1].lower() if in_brackets else ""),
    )


def _field(match: re.Match[str]) -> tuple[str, str]:
    """As a shell reads it, without the variables: those have no place in this file."""
    name, quote, value = match.groups()
    return name, plain.text((value if quote == "'" else _ESCAPED.sub(r"\1", value)).encode())


def _old(path: str, text: str) -> OperatingSystem | None:
    line = plain.text(text.partition("\n")[0].encode())
    number = _NUMBER.search(line)
    version = number[0] if number else ""
    if path == "etc/alpine-release":
        return OperatingSystem("alpine", version) if number else None
    if path == "etc/debian_version":  # `12.5`, or the names of what is in the making: `trixie/sid`
        return (
            OperatingSystem("debian", version.partition(".")[0] if line.startswith(version) else "") if line else None
        )
    named = next((id_ for name, id_ in _NAMES.items() if line.startswith(name)), None)
    return OperatingSystem(named, version, line) if named else None


READERS = (Reader("os-release", lambda path, _: path in _ORDER, _LIMIT, _read),)
