"""Results as spreadsheets: vulnerabilities, packages and secrets, a list of each (RFC 4180, UTF-8).

What was not checked stands below the vulnerabilities, in rows of its own category: without any vulnerability a list is
not empty where that means nothing.

A finding is one line, and so is a package in a version, at however many places that lies: a cell has all of these.
A cell that a spreadsheet would take for a formula is written with an apostrophe before it, which makes it text.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from berth.scan import exclusion, report
from berth.scan.exports import pieces, ratings
from berth.scan.inventory import Gap, Package, Secret
from berth.scan.report import ByLevel, Finding, Report
from berth.words import time
from berth.words.policies import Level

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"

Cell = str | int | float | None

VULNERABILITIES = (
    "Category",
    "OS/Language",
    "Package",
    "Vulnerability",
    "Severity",
    "Severity source",
    "Current version",
    "Fix version",
    "Fix state",
    "Score",
    "Vector",
    "Title",
    "Description",
    "Links",
    "Aliases",
    "Published",
    "Path",
    "Layer",
)
PACKAGES = (
    *("Category", "OS/Language", "Type", "Package", "Version", "Architecture"),
    *("Source package", "Source version", "License", "Vendor", "Path", "Layer"),
    *("Critical", "High", "Medium", "Low", "Negligible", "Unknown", "None", "Total"),
)
NOT_CHECKED = "not checked"
"""The category of a row that tells a gap: its code as the title, its words as the description."""
SECRETS = ("Severity", "Rule", "Title", "Path", "Line", "Match", "Layer", "Deleted later")

MOST_PLACES = 100

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of surrogate pairs, which UTF-8 cannot say."""
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet calculates; the last four are the same characters in full width."""
_INSIDE = re.compile(r"(?:;|(?<=.)[\t\r\n])\s*(?=[=+\-@\uff1d\uff0b\uff0d\uff20])", re.DOTALL)
"""Where a cell would end for a spreadsheet that parts them at semicolons, as in half of Europe, or at tabs."""


def vulnerabilities(of: Report) -> Iterator[bytes]:
    view = exclusion.apply(of.policy, of.findings, of.secrets)
    rows = (_vulnerability(of, finding) for finding in view.findings)
    return _lines(VULNERABILITIES, itertools.chain(rows, map(_not_checked, of.gaps)))


def packages(of: Report) -> Iterator[bytes]:
    """Every package, with how many of its findings are shown."""
    view = exclusion.apply(of.policy, of.findings, of.secrets)
    counts = report.count_by_package(view.findings)
    return _lines(PACKAGES, (_package(of, places, counts) for places in _by_version(of.packages)))


def secrets(of: Report) -> Iterator[bytes]:
    view = exclusion.apply(of.policy, of.findings, of.secrets)
    return _lines(SECRETS, (_secret(secret) for secret in view.secrets))


def _vulnerability(of: Report, finding: Finding) -> tuple[Cell, ...]:
    package, match = finding.package, finding.match
    known = match.vulnerability
    return (
        *(package.kind, report.origin(package, of.os), package.name, known.id, match.level, match.level_source),
        *(package.version, match.fixed_version, match.fix_state, ratings.score(known), known.vector),
        *(known.title, known.description, "\n".join(known.links), " ".join(known.aliases)),
        *(time.text(known.published) if known.published else "", *_places(finding.packages)),
    )


def _not_checked(gap: Gap) -> tuple[Cell, ...]:
    told = {"Category": NOT_CHECKED, "Title": gap.code, "Description": gap.text}
    return tuple(told.get(column, "") for column in VULNERABILITIES)


def _by_version(packages: Iterable[Package]) -> Iterable[Sequence[Package]]:
    found: dict[tuple[str | bool, ...], list[Package]] = {}
    for each in packages:
        same = (each.kind, each.type, each.name, each.version, each.source_name, each.source_version, each.owned)
        found.setdefault(same, []).append(each)
    return found.values()


def _places(packages: Sequence[Package]) -> tuple[str, str]:
    """Their paths and layers, a line for each place as long as a spreadsheet takes them."""
    places = list(dict.fromkeys((each.path, each.layer) for each in packages))
    if len(places) > MOST_PLACES:
        places[MOST_PLACES:] = [(f"and {len(places) - MOST_PLACES} more", "")]
    return "\n".join(path for path, _ in places), "\n".join(layer for _, layer in places)


def _package(of: Report, places: Sequence[Package], by_package: Mapping[Package, ByLevel]) -> tuple[Cell, ...]:
    package = places[0]
    counts = next((by_package[each] for each in places if each in by_package), ByLevel())
    return (
        *(package.kind, report.origin(package, of.os), package.type, package.name, package.version, package.arch),
        *(package.source_name, package.source_version, package.license, package.vendor, *_places(places)),
        *(getattr(counts, level.value) for level in reversed(Level)),
        counts.total,
    )


def _secret(secret: Secret) -> tuple[Cell, ...]:
    later = "yes" if secret.deleted_later else "no"
    return (secret.level, secret.rule, secret.title, secret.path, secret.line, secret.masked, secret.layer, later)


def _lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    return pieces.of_text(_texts(header, rows))


def _texts(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    for cells in itertools.chain([header], rows):
        writer.writerow([_safe(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _safe(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = _INSIDE.sub(r"\g<0>'", _NO_TEXT.sub("\ufffd", cell))
    return f"'{text}" if _FORMULA.match(text) else text
