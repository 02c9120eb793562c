"""The works that are measured. Each is a load on one registry, run in turns with the same on the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bench import acts, small
from bench.client import Connection, Target
from bench.content import KIB, MIB, Large, Small
from bench.servers import NAME, Server
from bench.slow import SlowClients
from bench.small import Tally

LARGE = 200 * MIB
SLOW_CLIENTS = 40
SLOW_RATE = 2_000_000
MOVERS = 16


@dataclass(frozen=True)
class Plan:
    """How long all this may take."""

    rounds: int
    seconds: float
    transfers: int
    """Large transfers of each client in a round."""
    moved: int
    """GiB that the clients of the memory work move in all."""


QUICK = Plan(rounds=3, seconds=2, transfers=1, moved=2)
FULL = Plan(rounds=5, seconds=4, transfers=3, moved=10)


@dataclass
class Stage:
    """A server with something to pull, and what is to be pushed."""

    server: Server
    plan: Plan
    large: Large
    mebibyte: Small = field(default_factory=lambda: Small(MIB))
    kibibytes: Small = field(default_factory=lambda: Small(64 * KIB))
    notes: list[str] = field(default_factory=list)
    layer: str = ""
    large_layer: str = ""

    def fill(self, *, with_large: bool) -> None:
        with Connection(self.server.target) as connection:
            self.layer = acts.push_small(connection, self.mebibyte)
            acts.push_image(connection, self.layer, MIB, "v1")
            if with_large:
                self.large_layer = acts.push_put(connection, self.large)
                acts.pull(connection, self.large_layer)


@dataclass(frozen=True)
class Line:
    """A line of the table: requests when each act weighs nothing, else MiB."""

    title: str
    bar: float
    """What Berth should be against Debian's docker-registry, at least."""
    weight: int = 0


@dataclass(frozen=True)
class Work:
    name: str
    lines: tuple[Line, ...]
    run: Callable[[Stage], list[Tally]]
    with_large: bool = False
    watches_memory: bool = False


def _manifest(stage: Stage, clients: int, target: Target) -> list[Tally]:
    return [small.load(target, "GET", f"/v2/{NAME}/manifests/v1", clients, stage.plan.seconds)]


def _head(stage: Stage) -> list[Tally]:
    return [small.load(stage.server.target, "HEAD", f"/v2/{NAME}/blobs/{stage.layer}", 8, stage.plan.seconds)]


def _pull_mebibytes(stage: Stage) -> list[Tally]:
    return [acts.for_seconds(stage.server.target, 8, stage.plan.seconds, lambda c: acts.pull(c, stage.layer))]


def _pull_large(stage: Stage, clients: int) -> list[Tally]:
    count = max(clients, 2) * stage.plan.transfers
    return [acts.so_many(stage.server.target, clients, count, lambda c: acts.pull(c, stage.large_layer))]


def _push_small(stage: Stage) -> list[Tally]:
    def push(connection: Connection) -> None:
        acts.push_small(connection, stage.kibibytes)

    return [acts.for_seconds(stage.server.target, 8, stage.plan.seconds, push)]


def _push_large(stage: Stage, push: Callable[[Connection, Large], str]) -> list[Tally]:
    def one(connection: Connection) -> None:
        push(connection, stage.large)

    return [acts.so_many(stage.server.target, 1, stage.plan.transfers, one)]


def _mixed(stage: Stage) -> list[Tally]:
    """Four clients pull, four push, and many hardly move."""
    target, seconds = stage.server.target, stage.plan.seconds * 1.5
    with SlowClients(target, stage.large_layer, SLOW_CLIENTS, SLOW_RATE) as slow, ThreadPoolExecutor(2) as both:
        pulls = both.submit(acts.for_seconds, target, 4, seconds, lambda c: acts.pull(c, stage.layer))
        pushes = both.submit(
            acts.for_seconds, target, 4, seconds, lambda c: _nothing(acts.push_small(c, stage.kibibytes))
        )
        tallies = [pulls.result(), pushes.result()]
    stage.notes.append(slow.said())
    return tallies


def _move(stage: Stage) -> list[Tally]:
    """Half of the clients push, in both shapes, and half pull."""
    target, each = stage.server.target, stage.plan.moved * 1024 * MIB // LARGE // 4
    with ThreadPoolExecutor(3) as kinds:
        running = [
            kinds.submit(acts.so_many, target, MOVERS // 2, each * 2, lambda c: acts.pull(c, stage.large_layer)),
            kinds.submit(acts.so_many, target, MOVERS // 4, each, lambda c: _nothing(acts.push_put(c, stage.large))),
            kinds.submit(acts.so_many, target, MOVERS // 4, each, lambda c: _nothing(acts.push_patch(c, stage.large))),
        ]
    tallies = [each.result() for each in running]
    return [Tally(sum(tally.count for tally in tallies), max(tally.seconds for tally in tallies))]


def _nothing(_: object) -> None:
    """A push answers with a digest that nobody asks for here."""


MOVED = "up and down, 16 clients"

WORKS = (
    Work("manifest-8", (Line("manifest GET by tag, c=8", 2),), lambda s: _manifest(s, 8, s.server.target)),
    Work("manifest-64", (Line("manifest GET by tag, c=64", 2),), lambda s: _manifest(s, 64, s.server.target)),
    Work("manifest-basic", (Line("manifest GET by tag, c=8, Basic", 2),), lambda s: _manifest(s, 8, s.server.basic)),
    Work("head", (Line("blob HEAD, c=8", 2),), _head),
    Work("blob-1m", (Line("1 MiB blob GET, c=8", 1),), _pull_mebibytes),
    Work("blob-200m-1", (Line("200 MiB blob GET, c=1", 1, 200),), lambda s: _pull_large(s, 1), with_large=True),
    Work("blob-200m-8", (Line("200 MiB blob GET, c=8", 1, 200),), lambda s: _pull_large(s, 8), with_large=True),
    Work("push-64k", (Line("64 KiB blob push, c=8", 2),), _push_small),
    Work("push-put", (Line("200 MiB blob push, POST+PUT, c=1", 1, 200),), lambda s: _push_large(s, acts.push_put)),
    Work("push-patch", (Line("200 MiB blob push, PATCH, c=1", 1, 200),), lambda s: _push_large(s, acts.push_patch)),
    Work("mixed", (Line("mixed: 1 MiB GETs, c=4", 1), Line("mixed: 64 KiB pushes, c=4", 1)), _mixed, with_large=True),
    Work("memory", (Line(MOVED, 1, 200),), _move, with_large=True, watches_memory=True),
)
