"""`python -m bench`: measure, and print the table. `README.md` beside this file says how to read it."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench import servers, small, table
from bench.client import Failed
from bench.content import Large
from bench.processes import MemoryWatch, cpu_seconds
from bench.servers import Program, Server
from bench.table import Result, Round
from bench.works import FULL, LARGE, QUICK, WORKS, Plan, Stage, Work

GIB = 1 << 30
SETTLE_SECONDS = 0.3
ROOM = 5
"""GiB of room needed beside what is pushed in one work."""


class Bench:
    def __init__(self, ours: Program, theirs: Program, plan: Plan, scratch: Path) -> None:
        self._programs = (ours, theirs)
        self._plan = plan
        self._scratch = scratch
        self._large = Large(scratch, LARGE)
        self.notes: list[str] = []

    def measure(self, work: Work) -> Result:
        """Berth, peer, Berth, peer, ...: what else the machine does meets both."""
        folder = self._scratch / work.name
        folder.mkdir()
        with ExitStack() as stack:
            stages = [
                self._stage(stack, program, folder / str(place), work) for place, program in enumerate(self._programs)
            ]
            rounds = [[self._round(work, stage) for stage in stages] for _ in range(self._rounds(work))]
        _emptied(folder)
        self.notes += [f"{work.name}, {stage.server.program.title}: {note}" for stage in stages for note in stage.notes]
        return Result(work.lines, [ours for ours, _ in rounds], [theirs for _, theirs in rounds])

    def _stage(self, stack: ExitStack, program: Program, folder: Path, work: Work) -> Stage:
        stage = Stage(stack.enter_context(Server(program, folder)), self._plan, self._large)
        stage.fill(with_large=work.with_large)
        return stage

    def _rounds(self, work: Work) -> int:
        return 1 if work.watches_memory else self._plan.rounds

    def _round(self, work: Work, stage: Stage) -> Round:
        time.sleep(SETTLE_SECONDS)
        before = cpu_seconds(stage.server.pid)
        if work.watches_memory:
            with MemoryWatch(stage.server.pid) as watch:
                tallies = work.run(stage)
            stage.notes += table.peaks(watch.peaks, stage.server.pid)
        else:
            tallies = work.run(stage)
        return Round(tallies, cpu_seconds(stage.server.pid) - before)


def _emptied(folder: Path) -> None:
    """Give the room back, and leave the names to the end.

    For half a minute after many files were deleted ext4 takes longer to make new ones, and would let whichever work
    comes next pay for the last.
    """
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.truncate(path, 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Berth beside another registry.")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        choices=[work.name for work in WORKS],
        help="one work; may be given again: %(choices)s",
    )
    parser.add_argument(
        "--peer", metavar="PATH", help="a registry that takes distribution's configuration (Debian's docker-registry)"
    )
    parser.add_argument("--berth", metavar="PATH", help="another Berth than the one of this environment")
    parser.add_argument("--scratch", metavar="FOLDER", help="where the registries keep their data meanwhile")
    return parser.parse_args()


def _must_have_room(scratch: Path, plan: Plan) -> None:
    needed = ROOM + plan.moved
    free = shutil.disk_usage(scratch).free // GIB
    if free < needed:
        raise Failed(f"{scratch} has {free} GiB free, {needed} are needed; --scratch names another folder")


def _heading(ours: Program, theirs: Program) -> str:
    tool = "wrk" if small.WRK else "a loop of our own, for there is no wrk"
    return (
        f"berth against {theirs.title}, {os.cpu_count()} processors, manifests asked for by {tool}.\n"
        f"{ours.title}: authentication, pull counts and log on; a pushed blob is acknowledged when its file, its "
        "folder and the database have been fsynced.\n"
        f"{theirs.title}: no authentication, log on; distribution fsyncs the file, neither folder nor database.\n"
        "ratio: median (least..most) of rounds, Berth and peer in turns; more than 1 is good for Berth.\n"
    )


def main() -> int:
    options = _options()
    plan = QUICK if options.quick else FULL
    try:
        ours, theirs = servers.berth(options.berth), servers.peer(options.peer)
        with tempfile.TemporaryDirectory(prefix="berth-bench-", dir=options.scratch) as folder:
            _must_have_room(Path(folder), plan)
            print(_heading(ours, theirs), flush=True)
            _run(Bench(ours, theirs, plan, Path(folder)), options.only)
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def _run(bench: Bench, only: list[str] | None) -> None:
    """Print what was measured, also when a work fails."""
    rows: list[tuple[str, ...]] = []
    try:
        for work in WORKS:
            if only is None or work.name in only:
                print(f"{work.name} ...", file=sys.stderr, flush=True)
                rows += bench.measure(work).rows()
    finally:
        print(table.printed(rows))
        print("\n".join(["", *bench.notes]))


if __name__ == "__main__":
    sys.exit(main())
