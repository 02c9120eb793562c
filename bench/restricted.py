"""`python -m bench.restricted`: manifests pulled under a pull restriction that lets them pass, beside none at all.

One Berth serves the same image with its rules on and off in turns, so that what else the machine does meets both.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import acts, servers, small
from bench.client import Connection, Failed
from bench.content import MIB, Small
from bench.processes import cpu_seconds
from bench.servers import NAME, Server
from bench.table import printed
from bench.works import FULL, QUICK, Plan
from berth.settings import Settings
from berth.site import open_site
from berth.words.policies import Level
from tests.restriction.found import Flaw, scanned

BAR = 0.9
"""Of the rate without a restriction."""
CLIENTS = 8
TURNS, SECONDS = 4, 1
"""Many short rounds, each first in its turn: on a machine that others use too, long ones differ by a third."""
FLAWS = [Flaw(f"CVE-2026-{number}", Level.LOW) for number in range(200)]
HEAD = ("work", "off", "on", "ratio", "CPU off", "CPU on", "bar")
IMAGE = "/api/v1/registries/main/repositories/apps/images/bench"
ON = {"restrict_unscanned": True, "restrict_vulnerable": True, "critical": 0, "high": 0}

OFF = {"restrict_unscanned": False, "restrict_vulnerable": False}

Measured = tuple[float, float]
"""Requests a second, and CPU seconds for one."""
JSON = Any  # JSON values


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.restricted")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--scratch", metavar="FOLDER")
    options = parser.parse_args()
    plan = QUICK if options.quick else FULL
    try:
        with tempfile.TemporaryDirectory(prefix="berth-bench-", dir=options.scratch) as folder:
            where = Path(folder) / "berth"
            with Server(servers.berth(None), where) as server:
                print(printed(_rows(server, where, plan), HEAD))
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def _rows(server: Server, folder: Path, plan: Plan) -> list[tuple[str, ...]]:
    digest = _filled(server, folder)
    rows = []
    for title, reference in (("manifest GET by tag", "v1"), ("manifest GET by digest", digest)):
        off: list[Measured] = []
        on: list[Measured] = []
        for turn in range(plan.rounds * TURNS):
            both = ((off, OFF), (on, ON))
            for taken, policy in both if turn % 2 else reversed(both):
                _choose(server, policy)
                taken.append(_measured(server, f"/v2/{NAME}/manifests/{reference}", SECONDS))
        rows.append(_row(f"{title}, c={CLIENTS}", off, on))
    return rows


def _filled(server: Server, folder: Path) -> str:
    """An image with a good result of many findings; returns its digest."""
    with Connection(server.target) as connection:
        acts.push_image(connection, acts.push_small(connection, Small(MIB)), MIB, "v1")
    row = _asked(server, "GET", f"{IMAGE}/-/tags/v1")
    if row["kind"] != "image":
        raise Failed(f"what was pushed is no image: {row['kind']}")
    site = open_site(Settings(data=folder / "data"))
    try:
        scanned(site, row["digest"], FLAWS)
    finally:
        site.close()
    return str(row["digest"])


def _choose(server: Server, policy: Mapping[str, object]) -> None:
    shown = _asked(server, "GET", IMAGE)
    pull = {**shown["policies"]["pull"], **policy}
    _asked(server, "PATCH", IMAGE, {"policies": {"pull": pull}}, f'If-Match: "{shown["version"]}"')


def _asked(server: Server, method: str, path: str, given: JSON = None, *fields: str) -> JSON:
    body = b"" if given is None else json.dumps(given).encode()
    said = (f"Content-Length: {len(body)}", "Content-Type: application/json", *fields) if body else fields
    with Connection(server.basic) as connection:
        answer = connection.ask(server.basic.head(method, path, *said), body, expect=200, keep=True)
    return json.loads(answer.body)


def _measured(server: Server, path: str, seconds: float) -> Measured:
    before = cpu_seconds(server.pid)
    tally = small.load(server.target, "GET", path, CLIENTS, seconds)
    return tally.count / tally.seconds, (cpu_seconds(server.pid) - before) / tally.count


def _row(title: str, off: list[Measured], on: list[Measured]) -> tuple[str, ...]:
    ratios = [mine[0] / other[0] for mine, other in zip(on, off, strict=True)]
    rates = [f"{median(each[0] for each in taken):,.0f}/s" for taken in (off, on)]
    costs = [f"{median(each[1] for each in taken) * 1e6:.0f} us" for taken in (off, on)]
    bar = f"{BAR:g} x" + ("" if median(ratios) >= BAR else " BELOW")
    return (title, *rates, f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})", *costs, bar)


if __name__ == "__main__":
    sys.exit(main())
