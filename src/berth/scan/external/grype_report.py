"""The report that Grype prints as JSON: the findings in an image.

It tells neither of packages that have none, nor of secrets.
"""

from collections.abc import Iterator
from datetime import datetime

from berth.scan.external import documents, flaws, purls, systems
from berth.scan.external.documents import JSON, MAX_PATH
from berth.scan.external.flaws import Measured
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Package
from berth.scan.matches import Match
from berth.scan.report import Finding
from berth.scan.severity import of_grype
from berth.scan.severity.scores import Version
from berth.words.policies import Level

_OF_SYSTEMS = frozenset({"alpm", "apk", "deb", "portage", "rpm"})
_LANGUAGES = {
    "dart-pub": "pub",
    "dotnet": "nuget",
    "gem": "gem",
    "go-module": "golang",
    "java-archive": "maven",
    "jenkins-plugin": "maven",
    "npm": "npm",
    "php-composer": "composer",
    "python": "pypi",
    "rust-crate": "cargo",
}
"""By the type of an artifact; what is not here has the type of its package URL."""
_VERSIONS: dict[str, Version] = {"2": "v2", "3": "v3", "4": "v4"}
_SOURCES = {"github": "ghsa"}
"""By the first word of a namespace; the others are named as they are."""
_MAX_SCORES = 20


def parse(document: JSON, *, config: str = "") -> Reported:
    """Raises `ScanFailed` for what is no such report, and for one of another image than that with this config."""
    descriptor = documents.table(document.get("descriptor"))
    matches = document.get("matches")
    if descriptor.get("name") != "grype" or not isinstance(matches, list):
        raise ScanFailed("SCANNER_OUTPUT", "what Grype printed is no report of it")
    target = documents.table(documents.table(document.get("source")).get("target"))
    documents.same_image(documents.text(target.get("imageID")), config, "Grype")
    distro = documents.table(document.get("distro"))
    os = systems.of(documents.text(distro.get("name")).lower(), documents.text(distro.get("version")))
    findings = [_finding(each) if each is not None else None for each in documents.entries(matches)]
    return Reported.gathered(
        os,
        packages=(each.package for each in findings if each is not None),
        findings=findings,
        gaps=systems.gaps(os),
        scanner="grype",
        scanner_version=documents.text(descriptor.get("version")),
        database_at=_built(documents.table(descriptor.get("db"))),
    )


def _built(database: JSON) -> datetime | None:
    """Of the database: newer versions tell it one level further down."""
    return documents.instant(documents.table(database.get("status")).get("built") or database.get("built"))


def _finding(each: JSON) -> Finding | None:
    told = documents.table(each.get("vulnerability"))
    package = _package(documents.table(each.get("artifact")))
    name = documents.text(told.get("id"))
    if package is None or not name:
        return None
    return Finding(package, _match(told, list(documents.tables(each.get("relatedVulnerabilities"))), package, name))


def _package(artifact: JSON) -> Package | None:
    kind, url = documents.text(artifact.get("type"), purls.MAX_TYPE), artifact.get("purl")
    name, version = documents.text(artifact.get("name")), documents.text(artifact.get("version"))
    if not name:
        return None
    source = next(documents.tables(artifact.get("upstreams")), {})
    source_name = documents.text(source.get("name"))
    of_system = kind in _OF_SYSTEMS
    type_ = kind if of_system else _LANGUAGES.get(kind) or purls.type_of(url) or kind
    return Package(
        kind="os" if of_system else "language",
        type=type_,
        name=_with_group(name, url) if type_ == "maven" else name,
        version=version.removeprefix("0:") if kind == "rpm" else version,
        source_name=source_name if of_system and source_name != name else "",
        source_version=documents.text(source.get("version")) if of_system else "",
        path=_path(artifact),
        layer=documents.text(_location(artifact).get("layerID")),
        license=" AND ".join(documents.texts(artifact.get("licenses")))[: documents.MAX_TEXT],
    )


def _with_group(name: str, url: object) -> str:
    """Of a jar Grype gives the last part alone."""
    found = purls.parsed(url)
    return f"{documents.text(found.namespace)}:{name}" if found is not None and found.namespace else name


def _location(artifact: JSON) -> JSON:
    return next(documents.tables(artifact.get("locations")), {})


def _path(artifact: JSON) -> str:
    return documents.text(_location(artifact).get("path"), MAX_PATH).lstrip("/")


def _match(told: JSON, related: list[JSON], package: Package, name: str) -> Match:
    fix = documents.table(told.get("fix"))
    fixed = flaws.fix(package, documents.texts(fix.get("versions")))
    description = next((each["description"] for each in [told, *related] if each.get("description")), "")
    flaw = flaws.vulnerability(
        name,
        (documents.text(each.get("id")) for each in related if each.get("id")),
        [measured for each in [told, *related] for measured in _measured(each)],
        [url for each in [told, *related] for url in [each.get("dataSource"), *flaws.listed(each.get("urls"))]],
        description=description,
    )
    level = of_grype(documents.text(told.get("severity")))
    return Match(
        vulnerability=flaw,
        level=level,
        level_source=_source(told) if level is not Level.UNKNOWN else "",
        fixed_version=fixed,
        fix_state=flaws.fix_state(fixed, documents.text(fix.get("state"))),
        records=(name,),
    )


def _source(told: JSON) -> str:
    """`debian:distro:debian:12`, `github:language:python`, `nvd:cpe`."""
    word = documents.text(told.get("namespace")).partition(":")[0]
    return _SOURCES.get(word, word) or "grype"


def _measured(told: JSON) -> Iterator[Measured]:
    for each in list(documents.tables(told.get("cvss")))[:_MAX_SCORES]:
        version = _VERSIONS.get(documents.text(each.get("version"))[:1])
        if version is not None:
            yield version, each.get("vector")
