"""What advisories say of a component: every flaw that it has, once, whichever records tell of it.

    component ──name, ecosystem──> what records say ──version──> hits ──flaw──> one match for each flaw
                                                                        |
                                                        level · fixed version · records

Of several records that tell of one flaw, those of the component's own ecosystem rate it, the highest of them; only
when none of them has a level is it taken from others that tell of the flaw.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from berth.scan import ecosystems, modules, severity, versions
from berth.scan.advisories import links, ranges, telling
from berth.scan.advisories.opened import Advisories, Said, Telling
from berth.scan.matches import Component, FixState, Match, Vulnerability
from berth.scan.severity import Rating
from berth.scan.versions import Key, VersionInvalid

Fix = tuple[str, Key]
"""A version that mends a flaw, and what it is sorted by."""


@dataclass(frozen=True, slots=True)
class Hit:
    """That a record says of the component that it is affected."""

    number: int
    record: str
    rating: Rating
    fix: Fix | None
    has_ranges: bool


def match(advisories: Advisories, component: Component) -> list[Match]:
    """By flaw, sorted. A component whose version is none of its ecosystem has what is listed for it to the letter."""
    return _Package(advisories, component.ecosystem, component.name).match(component)


def match_all(advisories: Advisories, components: Mapping[int, Component]) -> dict[int, list[Match]]:
    """As `match`, by the numbers of the components; what is said of a package is read once for all its versions."""
    by_package: dict[tuple[str, str], list[int]] = {}
    for number, each in components.items():
        by_package.setdefault((each.ecosystem, each.name), []).append(number)
    found: dict[int, list[Match]] = {}
    for name, numbers in by_package.items():
        package = _Package(advisories, *name)
        found |= {number: package.match(components[number]) for number in numbers}
    return found


class _Package:
    """What is said of a package, in whichever version, and of its flaws."""

    def __init__(self, advisories: Advisories, ecosystem: str, name: str) -> None:
        self._said: dict[int, list[Said]] = {}
        for each in advisories.about(ecosystem, name):
            self._said.setdefault(each.number, []).append(each)
        self._near = {number: severity.highest([each.rating for each in rows]) for number, rows in self._said.items()}
        self._flaws = cache(advisories.flaws)
        self._told = cache(partial(_told, advisories))

    def match(self, component: Component) -> list[Match]:
        by_flaw: dict[str, list[Hit]] = {}
        for hit in _hits(component, self._said):
            for flaw in self._flaws(hit.number):
                by_flaw.setdefault(flaw, []).append(hit)
        return [_match(*self._told(flaw), by_flaw[flaw], self._near) for flaw in sorted(by_flaw)]


def _told(advisories: Advisories, flaw: str) -> tuple[Vulnerability, list[Telling]]:
    """A flaw, and the records that tell of it."""
    tellings = advisories.tellings(flaw)
    return telling.vulnerability(advisories, flaw, tellings), tellings


def _hits(component: Component, said: Mapping[int, Sequence[Said]]) -> Iterator[Hit]:
    key = _key(component.ecosystem, component.version)
    for rows in said.values():
        holding = _holding(component, rows)
        if any(_affects(each, component.version, key) for each in holding):
            yield _hit(holding, key)


def _key(ecosystem: str, version: str) -> Key | None:
    try:
        return versions.key(ecosystem, version)
    except VersionInvalid:
        return None


def _holding(component: Component, said: Sequence[Said]) -> Sequence[Said]:
    """What holds for the version that is installed.

    What is said of a variant that it is from stands before what is said of the release, which knows no fix of it.
    """
    holding = [each for each in said if ecosystems.applies(each.variant, each.ecosystem, component.version)]
    system = ecosystems.base(component.ecosystem)
    if ecosystems.SYSTEMS.get(system) == "rpm":
        return [each for each in holding if _is_of_build(component, each)]
    if system != "Ubuntu":
        return holding
    return [each for each in holding if each.variant] or holding


def _is_of_build(component: Component, said: Said) -> bool:
    _, label = ecosystems.module_apart(component.ecosystem)
    return modules.applies(component.version, label, said.variant, list(ranges.fixes(said.ranges)))


def _affects(said: Said, version: str, key: Key | None) -> bool:
    return said.lists(version) or (key is not None and ranges.any_affects(said.ecosystem, said.ranges, key))


def _hit(said: Sequence[Said], key: Key | None) -> Hit:
    return Hit(
        number=said[0].number,
        record=said[0].record,
        rating=severity.highest([each.rating for each in said]),
        fix=_fix(said, key) if key is not None else None,
        has_ranges=any(each.ranges for each in said),
    )


def _fix(said: Sequence[Said], key: Key) -> Fix | None:
    """The smallest version above the one installed of which one record says that nothing affects it any more."""
    fixes = [
        (version, fixed) for each in said for version in ranges.fixes(each.ranges)
        if (fixed := _key(each.ecosystem, version)) is not None and key < fixed
    ]  # fmt: skip
    for version, fixed in sorted(fixes, key=lambda fix: fix[1]):
        if not any(_affects(each, version, fixed) for each in said):
            return version, fixed
    return None


def _match(flaw: Vulnerability, tellings: Sequence[Telling], hits: Sequence[Hit], near: Mapping[int, Rating]) -> Match:
    rating = _rating(tellings, {hit.number: hit.rating for hit in hits}, near)
    fix = min((hit.fix for hit in hits if hit.fix is not None), key=lambda fix: fix[1], default=None)
    state: FixState = "unfixed" if any(hit.has_ranges for hit in hits) else "unknown"
    return Match(
        vulnerability=replace(flaw, score=rating.score, vector=rating.vector),
        level=rating.level,
        level_source=rating.source,
        fixed_version=fix[0] if fix is not None else "",
        fix_state=state if fix is None else "fixed",
        records=tuple(sorted({hit.record for hit in hits})),
    )


def _rating(tellings: Collection[Telling], own: Mapping[int, Rating], near: Mapping[int, Rating]) -> Rating:
    """From those that matched; else from what tells of the flaw in the same package; else from what tells it to all.

    So a DSA has the level of the DEBIAN-CVE record. What other distributions say is of their packages.
    """
    others = [near[each.number] for each in tellings if each.number in near and each.number not in own]
    general = [each.rating for each in tellings if links.is_general(each.record)]
    return severity.stronger(own.values(), [severity.stronger(others, general)])
