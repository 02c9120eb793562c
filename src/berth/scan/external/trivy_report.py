"""The report that Trivy writes as JSON (schema 2): packages, findings and secrets of an image."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from berth.scan.external import documents, flaws, masking, purls, systems
from berth.scan.external.documents import JSON, MAX_PATH
from berth.scan.external.flaws import Measured
from berth.scan.external.reported import MAX_NAMES, Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, Kind, OperatingSystem, Package, Secret
from berth.scan.matches import Match
from berth.scan.report import Finding
from berth.scan.severity import of_trivy
from berth.words.policies import Level

SCHEMA = 2

Own = Callable[[Package, str], Level]
"""The level that our own advisories give a vulnerability of a package; for Debian, Trivy says `LOW` of what is
negligible too."""

_KINDS: dict[str, Kind] = {"os-pkgs": "os", "lang-pkgs": "language"}
_APK = frozenset({"alpine", "chainguard", "minimos", "wolfi"})
_DEB = frozenset({"debian", "echo", "ubuntu"})
_LANGUAGES = {
    "bun": "npm",
    "bundler": "gem",
    "cargo": "cargo",
    "composer": "composer",
    "composer-vendor": "composer",
    "dotnet-core": "nuget",
    "gemspec": "gem",
    "gobinary": "golang",
    "gomod": "golang",
    "gradle": "maven",
    "jar": "maven",
    "node-pkg": "npm",
    "npm": "npm",
    "nuget": "nuget",
    "packages-props": "nuget",
    "pip": "pypi",
    "pipenv": "pypi",
    "pnpm": "npm",
    "poetry": "pypi",
    "pom": "maven",
    "python-pkg": "pypi",
    "rustbinary": "cargo",
    "sbt": "maven",
    "uv": "pypi",
    "yarn": "npm",
}
"""By the type of a result; what is not here has the type of its package URL."""
_TOGETHER = frozenset({"conda-pkg", "gemspec", "jar", "node-pkg", "python-pkg"})
"""Types whose target is a heading, and no file."""
_NOT_AFFECTED = "not_affected"


def nothing_of_our_own(package: Package, name: str) -> Level:  # noqa: ARG001  as `Own` has it
    return Level.UNKNOWN


def parse(document: JSON, *, own: Own = nothing_of_our_own, config: str = "") -> Reported:
    """Raises `ScanFailed` for another schema, and for a report of another image than that with this config."""
    if document.get("SchemaVersion") != SCHEMA:
        raise ScanFailed("SCANNER_OUTPUT", f"Trivy's report is not of schema {SCHEMA}, the one that is understood")
    told = documents.table(document.get("Metadata"))
    documents.same_image(documents.text(told.get("ImageID")), config, "Trivy")
    metadata = documents.table(told.get("OS"))
    os = systems.of(documents.text(metadata.get("Family")), documents.text(metadata.get("Name")))
    listed = list(documents.entries(document.get("Results")))
    if None in listed:
        raise ScanFailed("SCANNER_OUTPUT", "Trivy's report has results that are none")
    results = [_Result.of(each) for each in listed if each is not None]
    return Reported.gathered(
        os,
        packages=(package for each in results for package in each.packages()),
        findings=(finding for each in results for finding in each.findings(own)),
        secrets=(secret for each in results for secret in each.secrets()),
        gaps=_gaps(os, ended=metadata.get("EOSL") is True),
        scanner="trivy",
        scanner_version=documents.text(documents.table(document.get("Trivy")).get("Version")),
    )


def _gaps(os: OperatingSystem | None, *, ended: bool) -> Iterator[Gap]:
    yield from systems.gaps(os)
    if os is not None and ended and os.eol_on is None:
        yield Gap("os-eol", f"Trivy says that the support of {os.name} has ended: newer flaws may be missing.")


@dataclass(frozen=True, slots=True)
class _Result:
    """What it says of one target: the packages of the system, those of a language, or a file with secrets."""

    kind: Kind | None
    type: str
    target: str
    listed: dict[str, Package]
    """The packages, by what Trivy knows them by."""
    document: JSON

    @classmethod
    def of(cls, document: JSON) -> "_Result":
        kind = _KINDS.get(documents.text(document.get("Class")))
        type_ = documents.text(document.get("Type"), purls.MAX_TYPE)
        target = documents.text(document.get("Target"), MAX_PATH)
        made = cls(kind, type_, target, {}, document)
        for number, each in enumerate(documents.tables(document.get("Packages")) if kind is not None else ()):
            package = made._package(each)
            if package is not None:
                made.listed[_uid(each, "Identifier") or f"#{number}"] = package
        return made

    def packages(self) -> Iterator[Package]:
        yield from self.listed.values()

    def findings(self, own: Own) -> Iterator[Finding | None]:
        for each in documents.entries(self.document.get("Vulnerabilities")):
            if each is None:
                yield None
            elif each.get("Status") != _NOT_AFFECTED:
                yield self._finding(each, own)

    def secrets(self) -> Iterator[Secret | None]:
        for each in documents.entries(self.document.get("Secrets")):
            yield _secret(each, self.target) if each is not None else None

    def _finding(self, each: JSON, own: Own) -> Finding | None:
        package = self.listed.get(_uid(each, "PkgIdentifier")) or self._affected(each)
        name = documents.text(each.get("VulnerabilityID"))
        return Finding(package, _match(each, package, name, own)) if package is not None and name else None

    def _package(self, each: JSON) -> Package | None:
        name, version = documents.text(each.get("Name")), _version(each, "")
        if self.kind is None or not name:
            return None
        source_name, source_version = documents.text(each.get("SrcName")), _version(each, "Src")
        return Package(
            kind=self.kind,
            type=self._type(each, "Identifier"),
            name=name,
            version=version,
            source_name=source_name if source_name != name else "",
            source_version=source_version if source_version != version else "",
            arch=documents.text(each.get("Arch")),
            path=self._path(each.get("FilePath")),
            layer=_layer(each),
            license=" AND ".join(documents.texts(each.get("Licenses")))[: documents.MAX_TEXT],
            vendor=documents.text(each.get("Maintainer")) if self.kind == "os" else "",
            module=documents.text(each.get("Modularitylabel")),
        )

    def _affected(self, each: JSON) -> Package | None:
        """The package as the finding tells of it."""
        name = documents.text(each.get("PkgName"))
        if self.kind is None or not name:
            return None
        return Package(
            kind=self.kind,
            type=self._type(each, "PkgIdentifier"),
            name=name,
            version=documents.text(each.get("InstalledVersion")),
            path=self._path(each.get("PkgPath")),
            layer=_layer(each),
        )

    def _type(self, each: JSON, identifier: str) -> str:
        if self.kind == "os":
            return "apk" if self.type in _APK else "deb" if self.type in _DEB else "rpm"
        url = documents.table(each.get(identifier)).get("PURL")
        return _LANGUAGES.get(self.type) or purls.type_of(url) or self.type

    def _path(self, stated: object) -> str:
        path = documents.text(stated, MAX_PATH)
        if not path and self.kind == "language" and self.type not in _TOGETHER:
            path = self.target
        return path.lstrip("/")


def _match(each: JSON, package: Package, name: str, own: Own) -> Match:
    vendor_ids = list(documents.texts(each.get("VendorIDs")))
    source = documents.text(each.get("SeveritySource"))
    flaw = flaws.vulnerability(
        name,
        # Bulletins of distributions are no names of a flaw, for they speak of many.
        (other for other in vendor_ids if other.startswith(("CVE-", "GHSA-"))),
        _measured(documents.table(each.get("CVSS")), source),
        [each.get("PrimaryURL"), *flaws.listed(each.get("References"))],
        title=each.get("Title"),
        description=each.get("Description"),
        published=each.get("PublishedDate"),
        modified=each.get("LastModifiedDate"),
    )
    level = of_trivy(documents.text(each.get("Severity")), source, own(package, flaw.id))
    fixed = flaws.fix(package, documents.text(each.get("FixedVersion"), MAX_PATH).split(","))
    return Match(
        vulnerability=flaw,
        level=level,
        level_source=(source or "trivy") if level is not Level.UNKNOWN else "",
        fixed_version=fixed,
        fix_state=flaws.fix_state(fixed, documents.text(each.get("Status")) or "affected"),
        records=tuple(sorted(dict.fromkeys(vendor_ids[:MAX_NAMES] or [name]))),
    )


def _measured(cvss: JSON, source: str) -> Iterator[Measured]:
    """Of whoever rated it first, then of those that rate for everybody."""
    for rater in dict.fromkeys([source, "nvd", "ghsa", "redhat", *list(cvss)[:MAX_NAMES]]):
        vectors = documents.table(cvss.get(rater))
        if "V3Vector" in vectors:
            yield "v3", vectors["V3Vector"]
        if "V40Vector" in vectors:
            yield "v4", vectors["V40Vector"]
        if "V2Vector" in vectors:
            yield "v2", vectors["V2Vector"]


def _secret(each: JSON, target: str) -> Secret | None:
    """Without the lines around it, in which others may stand in the clear."""
    rule, line = documents.text(each.get("RuleID")), each.get("StartLine")
    if not rule:
        return None
    return Secret(
        rule=rule,
        level=of_trivy(documents.text(each.get("Severity"))).value,
        title=documents.text(each.get("Title")) or rule,
        path=target.lstrip("/"),
        line=line if isinstance(line, int) and 0 <= line < 1 << 31 else 0,
        masked=masking.masked(documents.text(each.get("Match"))),
        layer=_layer(each),
    )


def _version(each: JSON, prefix: str) -> str:
    """As people write it, of the parts that Trivy tells apart."""
    version, release = documents.text(each.get(f"{prefix}Version")), documents.text(each.get(f"{prefix}Release"))
    epoch = each.get(f"{prefix}Epoch")
    whole = f"{version}-{release}" if release else version
    return f"{epoch}:{whole}" if isinstance(epoch, int) and 0 < epoch < 1 << 31 and whole else whole


def _layer(each: JSON) -> str:
    return documents.text(documents.table(each.get("Layer")).get("Digest"))


def _uid(each: JSON, identifier: str) -> str:
    return documents.text(documents.table(each.get(identifier)).get("UID"))
