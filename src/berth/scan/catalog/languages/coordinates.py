"""What an archive of Java is called in Maven's terms, by what stands in it and by the name of its file.

`pom.properties`, which Maven puts into what it builds, says it exactly. Without it the name of the file tells the
artifact, and the manifest or a `pom.xml` the group, as these tools and people usually fill them in. A group that
nothing tells is left out rather than guessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from berth.scan.catalog.languages import groups
from berth.scan.catalog.plain import LONGEST

_VERSION = re.compile(r"\d[\w.+-]*")
_WORD = re.compile(r"[\w.-]+")
_BEFORE_VERSION = re.compile(r"-(?=\d)")
_QUALIFIERS = frozenset({"alpha", "beta", "rc", "cr", "m", "b", "sp", "pre", "build", "milestone", "snapshot", "final"})
_GRADLE_TITLE = re.compile(r"([\w.-]+)#[\w.-]+;.*")
# Files of a hostile archive may have a million lines, so those that mean something are searched for.
_PROPERTY = re.compile(r"^[ \t]*(groupId|artifactId|version)[ \t]*[=:]([^\r\n]*)", re.MULTILINE)
_ATTRIBUTE = re.compile(
    r"^(Implementation-(?:Version|Title|Vendor-Id)|Bundle-(?:SymbolicName|Version)|Specification-Version):(.*)",
    re.MULTILINE | re.IGNORECASE,
)
_POM = re.compile(r"META-INF/maven/([^/]+)/([^/]+)/pom\.(?:xml|properties)")


@dataclass(frozen=True, slots=True)
class Coordinates:
    group: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.group}:{self.artifact}" if self.group else self.artifact


def of_properties(path: str, body: bytes) -> Coordinates | None:
    """Of a `pom.properties`. Its path says what old tools left out of it."""
    fields: dict[str, str] = {}
    for line in _PROPERTY.finditer(body.decode("utf-8", "replace")):
        fields.setdefault(line[1], line[2].strip()[:LONGEST])
    group, artifact = of_path(path)
    found = Coordinates(fields.get("groupId") or group, fields.get("artifactId") or artifact, fields.get("version", ""))
    return found if found.group and found.artifact and found.version else None


def of_path(path: str) -> tuple[str, str]:
    """Group and artifact by where Maven puts its files; empty for any other place."""
    matched = _POM.search(path)
    return (matched[1][:LONGEST], matched[2][:LONGEST]) if matched else ("", "")


def main_section(manifest: bytes) -> dict[str, str]:
    """The attributes of the archive itself, in lower case; long ones go on in lines that begin with a space."""
    text = re.sub(r"\r\n?", "\n", manifest.decode("utf-8", "replace")).lstrip("\n")
    attributes: dict[str, str] = {}
    for line in _ATTRIBUTE.finditer(text.partition("\n\n")[0].replace("\n ", "")):
        attributes.setdefault(line[1].lower(), line[2].strip()[:LONGEST])
    return attributes


def guessed(file_name: str, attributes: Mapping[str, str], poms: Sequence[tuple[str, str]]) -> Coordinates | None:
    """Of an archive without `pom.properties`; `poms` are group and artifact of the `pom.xml` that it has."""
    stem, version = of_file_name(file_name)
    artifact = stem if version else _title(stem, attributes, poms)
    group = next((group for group, each in poms if each == artifact), "")
    if not group:
        group, artifact = groups.known(artifact) or (_group(artifact, attributes), artifact)
    version = _version(version, attributes)
    return Coordinates(group, artifact, version) if artifact and version else None


def of_file_name(name: str) -> tuple[str, str]:
    """Artifact and version: `log4j-1.2-api-2.14.1.jar`, `hadoop-3.0-beta-1.jar`, `catalina.jar`, which has none."""
    stem = name.rpartition("/")[2].rpartition(".")[0][:LONGEST]
    found = stem, ""
    for dash in _BEFORE_VERSION.finditer(stem):
        word = stem[: dash.start()].rpartition("-")[2].lower()
        if word[:1].isalpha() and word not in _QUALIFIERS:
            found = stem[: dash.start()], stem[dash.end() :]
    return found


def _title(stem: str, attributes: Mapping[str, str], poms: Sequence[tuple[str, str]]) -> str:
    """The artifact where the name of the file has no version, which then need not be the artifact either."""
    if groups.known(stem):
        return stem
    if len(poms) == 1:
        return poms[0][1]
    title = attributes.get("implementation-title", "")
    return title if _WORD.fullmatch(title) else stem


def _group(artifact: str, attributes: Mapping[str, str]) -> str:
    vendor = attributes.get("implementation-vendor-id", "")
    if _WORD.fullmatch(vendor):
        return vendor
    bundle = attributes.get("bundle-symbolicname", "").partition(";")[0].strip()
    if bundle.endswith(f".{artifact}") and _WORD.fullmatch(bundle):
        return bundle.removesuffix(f".{artifact}")
    title = _GRADLE_TITLE.fullmatch(attributes.get("implementation-title", ""))
    return title[1] if title else ""


def _version(in_name: str, attributes: Mapping[str, str]) -> str:
    """The name of a file may have more behind the version: `-linux-x86_64`."""
    stated = [attributes.get(f"{each}-version", "") for each in ("implementation", "bundle", "specification")]
    versions = [matched[0] for each in stated if (matched := _VERSION.match(each))]
    if not in_name:
        return next(iter(versions), "")
    return next((each for each in versions if in_name.startswith(f"{each}-")), in_name)
