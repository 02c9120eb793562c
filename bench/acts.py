"""What clients do: push a blob in the two usual shapes, pull one, and do so many at a time."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.client import Connection, Target
from bench.content import KIB, MANIFEST_TYPE, Large, Small, Stamped, frame, manifest
from bench.servers import NAME
from bench.small import Tally

UPLOADS = f"/v2/{NAME}/blobs/uploads/"
OCTETS = "Content-Type: application/octet-stream"

Act = Callable[[Connection], None]


def push_small(connection: Connection, kind: Small) -> str:
    """POST, then PUT with all bytes."""
    blob = kind.next()
    head = _put(connection, _start(connection), blob, kind.size)
    connection.ask(head, kind.body, blob.tail, expect=201)
    return blob.digest


def push_put(connection: Connection, kind: Large) -> str:
    """POST, then PUT with all bytes."""
    blob = kind.next()
    head = _put(connection, _start(connection), blob, kind.size)
    connection.send_file(head, kind.plain, blob.tail, expect=201)
    return blob.digest


def push_patch(connection: Connection, kind: Large) -> str:
    """POST, one PATCH with a body of unknown length, and a closing PUT."""
    blob = kind.next()
    location = _start(connection)
    head = connection.target.head("PATCH", location, OCTETS, "Transfer-Encoding: chunked")
    answer = connection.send_file(head, kind.framed, frame(blob.tail) + b"0\r\n\r\n", expect=202)
    connection.ask(_put(connection, answer.location, blob, 0), expect=201)
    return blob.digest


def pull(connection: Connection, digest: str) -> None:
    connection.ask(connection.target.head("GET", f"/v2/{NAME}/blobs/{digest}"), expect=200)


def push_image(connection: Connection, layer: str, layer_size: int, tag: str) -> None:
    configuration = Small(KIB)
    config = push_small(connection, configuration)
    body = manifest(config, configuration.size, layer, layer_size)
    fields = (f"Content-Type: {MANIFEST_TYPE}", f"Content-Length: {len(body)}")
    connection.ask(connection.target.head("PUT", f"/v2/{NAME}/manifests/{tag}", *fields), body, expect=201)


def _start(connection: Connection) -> str:
    return connection.ask(connection.target.head("POST", UPLOADS, "Content-Length: 0"), expect=202).location


def _put(connection: Connection, location: str, blob: Stamped, length: int) -> bytes:
    joint = "&" if "?" in location else "?"
    return connection.target.head("PUT", f"{location}{joint}digest={blob.digest}", OCTETS, f"Content-Length: {length}")


def for_seconds(target: Target, clients: int, seconds: float, act: Act) -> Tally:
    """As many as there is time for; what has begun is finished, and counted with the time it takes."""
    ends = time.perf_counter() + seconds

    def work() -> int:
        count = 0
        with Connection(target) as connection:
            while time.perf_counter() < ends:
                act(connection)
                count += 1
        return count

    return _together([work] * clients)


def so_many(target: Target, clients: int, count: int, act: Act) -> Tally:
    """A number of acts, shared by some clients."""
    tickets = itertools.count()
    lock = threading.Lock()

    def work() -> int:
        done = 0
        with Connection(target) as connection:
            while True:
                with lock:
                    mine = next(tickets)
                if mine >= count:
                    return done
                act(connection)
                done += 1

    return _together([work] * clients)


def _together(works: list[Callable[[], int]]) -> Tally:
    began = time.perf_counter()
    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(work) for work in works]
    return Tally(sum(each.result() for each in running), time.perf_counter() - began)
