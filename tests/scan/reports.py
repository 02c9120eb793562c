"""Reports by hand and at random. What comes from images and feeds is as hostile as it can be."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from berth.scan.inventory import Gap, OperatingSystem, Package, Secret
from berth.scan.matches import Match, Vulnerability
from berth.scan.report import Advisories, Finding, Report, Scanner
from berth.words import digest
from berth.words.policies import Level, ScanPolicy

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DEBIAN = OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm")
LAYER = "sha256:" + "1" * 64

UTIL_LINUX = Package(
    *("os", "deb", "bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5", "amd64"),
    path="var/lib/dpkg/status",
    layer=LAYER,
)
LODASH = Package("language", "npm", "lodash", "4.17.15", path="app/node_modules/lodash/package.json", license="MIT")
TOKEN = Secret("github-pat", "critical", "GitHub token", "app/.env", 3, "ghp_****", LAYER)


def vulnerability(id_: str = "CVE-2024-28085", **changes: Any) -> Vulnerability:  # Any: fields
    facts: dict[str, Any] = {  # Any: fields
        "aliases": ("GHSA-aaaa-bbbb-cccc",),
        "title": "Escape sequences reach other terminals",
        "links": ("https://example.org/advisory",),
        "vector": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",
        "score": 3.3,
        "published": NOON,
    }
    return Vulnerability(id_, **facts | changes)


def finding(
    package: Package = UTIL_LINUX,
    id_: str = "CVE-2024-28085",
    level: Level = Level.LOW,
    fixed: str = "",
    **changes: Any,
) -> Finding:  # Any: fields of the vulnerability
    match = Match(vulnerability(id_, **changes), level, "debian", fixed, "fixed" if fixed else "unfixed", ("DSA-1",))
    return Finding(package, match)


def report(**changes: Any) -> Report:  # Any: fields
    facts: dict[str, Any] = {  # Any: fields
        "registry": "main",
        "repository": "apps",
        "image": "web",
        "digest": digest.of(b"an image"),
        "os": DEBIAN,
        "scanner": Scanner("berth", "0.1.0"),
        "advisories": Advisories("2026-06-01", NOON),
        "scanned_at": NOON,
        "evaluated_at": NOON,
        "policy": ScanPolicy(),
        "findings": (
            finding(),
            finding(LODASH, "CVE-2020-8203", Level.HIGH, "4.17.19", score=7.4),
            finding(LODASH, "CVE-2021-23337", Level.CRITICAL, score=None, vector=""),
        ),
        "packages": (UTIL_LINUX, LODASH),
        "secrets": (TOKEN,),
        "gaps": (Gap("os-eol", "Free support of Debian 12 has ended."),),
    }
    return Report(**facts | changes)


HOSTILE = (
    "=HYPERLINK(A1)",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\uff1d1",
    "'=1",
    'a"b,c;d',
    "line\r\nbreak",
    "\x00",
    "\x1b[2Jgone",
    "\x9b31m",
    "\u202etxt.exe",
    "\ud800",
    "<script>alert(1)</script>",
    "[click](javascript:alert)",
    "javascript:alert(1)",
    "https://example.org/\n",
    "../../etc/passwd",
    "//host/path",
    "C:\\windows",
    "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1",
    "{0}",
    "%s%n%41",
    "LicenseRef-mine OR MIT",
    "MIT OR (Apache-2.0",
    "9" * 400,
    "x" * 5000,
    "",
    " ",
    "/",
    "한국어",
    "🐳",
)

words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), st.text(st.characters(), max_size=12))
"""`characters` has halves of surrogate pairs, `text` by itself has not."""
levels = st.sampled_from(Level)
instants = st.datetimes(timezones=st.just(UTC))

packages = st.builds(
    Package,
    kind=st.sampled_from(["os", "language"]),
    type=st.sampled_from(["deb", "apk", "rpm", "pypi", "npm", "composer", "nuget", "golang", "maven", "gem", "cargo"]),
    name=words,
    version=words,
    source_name=words,
    source_version=words,
    arch=words,
    path=words,
    layer=words,
    license=st.one_of(words, st.sampled_from(["MIT", "mit or apache-2.0", "GPLv2+ and BSD"])),
    vendor=words,
    module=words,
    owned=st.booleans(),
)
vulnerabilities = st.builds(
    Vulnerability,
    id=st.one_of(words, st.sampled_from(["CVE-2024-28085", "GHSA-vh95-rmgr-6w4m", "PYSEC-2018-66"])),
    aliases=st.lists(words, max_size=3).map(tuple),
    title=words,
    description=words,
    links=st.lists(st.one_of(words, words.map(lambda word: f"https://example.org/{word}")), max_size=3).map(tuple),
    vector=st.one_of(words, st.sampled_from(["CVSS:3.1/AV:N", "CVSS:4.0/AV:N", "AV:N/AC:L/Au:N/C:P/I:P/A:P"])),
    score=st.one_of(st.none(), st.floats(0, 10), st.floats()),
    published=st.one_of(st.none(), instants),
    modified=st.one_of(st.none(), instants),
    malware=st.booleans(),
)
matches = st.builds(
    Match,
    vulnerability=vulnerabilities,
    level=levels,
    level_source=words,
    fixed_version=st.one_of(st.just(""), words),
    fix_state=st.sampled_from(["fixed", "unfixed", "wont-fix", "deferred", "unknown"]),
    records=st.lists(words, max_size=2).map(tuple),
)
findings = st.builds(Finding, packages, matches)
secrets = st.builds(
    Secret,
    rule=words,
    level=levels.map(str),
    title=words,
    path=words,
    line=st.integers(0, 10**6),
    masked=words,
    layer=words,
    deleted_later=st.booleans(),
)
gaps = st.builds(Gap, st.sampled_from(["os-unknown", "os-eol", "truncated", "damaged"]), words)
systems = st.builds(OperatingSystem, id=words, version=words, name=words, eol_on=st.one_of(st.none(), st.dates()))
policies = st.builds(
    ScanPolicy,
    exclusion=st.booleans(),
    exclude_language_packages=st.booleans(),
    exclude_secrets=st.booleans(),
    exclude_unfixed=st.booleans(),
    exclude_level=st.one_of(st.none(), levels),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Findings are mostly of packages that are listed, and some things stand twice."""
    listed = draw(st.lists(packages, max_size=4))
    found = st.one_of(findings, st.builds(Finding, st.sampled_from(listed), matches)) if listed else findings
    return report(
        registry="main",
        image=draw(st.sampled_from(["web", "team/web", "a__b.c"])),
        digest=digest.of(draw(st.binary(max_size=4)), draw(st.sampled_from(["sha256", "sha512"]))),
        os=draw(st.one_of(st.none(), st.just(DEBIAN), systems)),
        scanner=Scanner(draw(words), draw(words)),
        advisories=draw(st.one_of(st.none(), st.builds(Advisories, words, instants))),
        scanned_at=draw(instants),
        evaluated_at=draw(instants),
        policy=draw(policies),
        findings=tuple(draw(st.lists(found, max_size=6))),
        packages=tuple(listed + listed[: draw(st.integers(0, 1))]),
        secrets=tuple(draw(st.lists(secrets, max_size=3))),
        gaps=tuple(draw(st.lists(gaps, max_size=3))),
    )
