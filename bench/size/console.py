"""`python -m bench.size.console`: how long the console takes for the Tags tab of an image with many digests.

The bars are those of a page that feels immediate: 150 ms at the 95th percentile for 50 rows, and the same at 100,000.
"""

import argparse
import http.client
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from bench.client import Failed
from bench.size import asking, filled
from bench.size.filled import Numbers
from bench.table import printed

SIZES = (10_000, 100_000)
BAR_MS = 150.0
TIMES = 60
WARM_UP = 5
TAGS = f"/console/images/main/apps/{filled.NAME}/-/tags"
PAGES = {
    "tags, 50 rows": f"{TAGS}?size=50",
    "tags by name, 100 rows": f"{TAGS}?size=100&sort=name",
    "tags, a part of a name": f"{TAGS}?size=50&q=9",
    "tags, untagged": f"{TAGS}?size=50&tagged=no",
    "image details": f"/console/images/main/apps/{filled.NAME}",
    "image list": "/console/images?registry=main&repository=apps&size=50",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.size.console")
    parser.add_argument("--digests", type=int, action="append", help="of the image; may come several times")
    sizes = parser.parse_args().digests or SIZES
    rows: list[tuple[str, ...]] = []
    try:
        for size in sizes:
            rows += _measured(size)
    except Failed as reason:
        print(reason, file=sys.stderr)
        return 2
    print(printed(rows, ("page", "digests", "p50 ms", "p95 ms", "KiB", "bar")))
    return 0


def _measured(size: int) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="berth-console-") as folder:
        url = f"sqlite:///{folder}/berth.db"
        filled.fill(url, Numbers(size, size + 5_000), lambda said: print(said, end="\r", flush=True))
        with asking.served(Path(folder), url) as door:
            connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
            cookie = _signed_in(connection, door.password)
            return [_row(connection, cookie, name, path, size) for name, path in PAGES.items()]


def _row(connection: http.client.HTTPConnection, cookie: str, name: str, path: str, size: int) -> tuple[str, ...]:
    times: list[float] = []
    body = b""
    for turn in range(WARM_UP + TIMES):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise Failed(f"{path}: {answer.status}")
        if turn >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    late = quantiles(times, n=20)[-1]
    said = "" if late <= BAR_MS else "ABOVE"
    return (
        name,
        f"{size:,}",
        f"{median(times):.1f}",
        f"{late:.1f}",
        f"{len(body) / 1024:.0f}",
        f"{BAR_MS:.0f} ms {said}",
    )


def _signed_in(connection: http.client.HTTPConnection, password: str) -> str:
    form = urlencode({"name": "admin", "password": password})
    connection.request("POST", "/console/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers.get("Set-Cookie", "")
    if answer.status != http.client.SEE_OTHER or not cookie:
        raise Failed(f"signing in: {answer.status}")
    return cookie.partition(";")[0]


if __name__ == "__main__":
    sys.exit(main())
