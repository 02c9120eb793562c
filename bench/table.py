"""What was measured, as a table that can be read in a terminal and in Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.processes import Peak
from bench.small import Tally
from bench.works import Line

MIB_PER_GIB = 1024

HEAD = ("work", "berth", "peer", "ratio", "CPU berth", "CPU peer", "CPU ratio", "bar")


@dataclass(frozen=True)
class Round:
    """One run on one server: one tally for each line, and the CPU seconds of the whole."""

    tallies: list[Tally]
    cpu: float

    def rate(self, place: int, line: Line) -> float:
        tally = self.tallies[place]
        return tally.count * (line.weight or 1) / tally.seconds

    def cost(self, line: Line) -> float:
        """CPU seconds for one request of any kind, or for one MiB."""
        return self.cpu / (sum(tally.count for tally in self.tallies) * (line.weight or 1))


@dataclass(frozen=True)
class Result:
    lines: tuple[Line, ...]
    ours: list[Round]
    theirs: list[Round]

    def rows(self) -> Iterator[tuple[str, ...]]:
        for place, line in enumerate(self.lines):
            yield self._row(place, line)

    def _row(self, place: int, line: Line) -> tuple[str, ...]:
        ours = [each.rate(place, line) for each in self.ours]
        theirs = [each.rate(place, line) for each in self.theirs]
        costs = [each.cost(line) for each in self.ours]
        their_costs = [each.cost(line) for each in self.theirs]
        faster = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        cheaper = [other / mine for mine, other in zip(costs, their_costs, strict=True)]
        return (
            line.title,
            _rate(median(ours), line),
            _rate(median(theirs), line),
            _ratio(faster),
            _cost(median(costs), line),
            _cost(median(their_costs), line),
            _ratio(cheaper),
            f"{line.bar:g} x" + ("" if median(faster) >= line.bar else " BELOW"),
        )


def _rate(value: float, line: Line) -> str:
    return f"{value:.0f} {'MiB/s' if line.weight else '/s'}"


def _cost(value: float, line: Line) -> str:
    return f"{value * MIB_PER_GIB:.2f} s/GiB" if line.weight else f"{value * 1e6:.0f} us"


def _ratio(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}..{max(values):.2f})"


def printed(rows: list[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> str:
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    rule = tuple("-" * width for width in widths)
    lines = (
        " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, rule, *rows]
    )
    return "\n".join(f"| {line} |" for line in lines)


def peaks(found: dict[int, Peak], root: int) -> Iterator[str]:
    """Processes in the order in which they were started: the one that watches, then those that it started."""
    for number, (pid, peak) in enumerate(sorted(found.items())):
        name = "first process" if pid == root else f"child {number}"
        yield f"{name}: at most {peak.rss:.0f} MiB resident, {peak.pss:.0f} MiB of it its own (Pss)"
