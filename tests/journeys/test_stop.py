"""Asked to stop, Berth finishes what is running, takes nothing new, and ends."""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.client import Image, location
from tests.documents import digest_of
from tests.serving import REPOSITORY, Server, served, wait_for

CONTENT = bytes(range(256)) * 40_000


@pytest.fixture
def leaving(data: Path) -> Iterator[Server]:
    """A server that gives running requests 20 seconds."""
    with served(data, settings={"BERTH_STOP_SECONDS": "20"}) as running:
        yield running


def image(server: Server) -> Image:
    return server.client().image(f"{REPOSITORY}/leaving")


def takes_nobody(server: Server) -> bool:
    """A new connection is refused."""
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_an_upload_and_a_download_that_run_are_finished(leaving: Server) -> None:
    digest = image(leaving).push(CONTENT)
    uploaded = b"new " + CONTENT
    upload = image(leaving).session()
    stopped, statuses = threading.Event(), []

    def pieces() -> Iterator[bytes]:
        yield uploaded[:1_000_000]
        stopped.wait(60)
        yield uploaded[1_000_000:]

    def send() -> None:
        answer = image(leaving).finish(upload, digest_of(uploaded), pieces())  # type: ignore[arg-type]  # made as it goes
        statuses.append(answer.status_code)

    sending = threading.Thread(target=send)
    with image(leaving).client.http.stream(
        "GET", f"/v2/{REPOSITORY}/leaving/blobs/{digest}", auth=("admin", "correct horse battery")
    ) as download:
        received = download.iter_raw(65536)
        begun = next(received)
        sending.start()
        wait_for(lambda: image(leaving).client.ask("GET", upload).headers["range"] != "0-0")
        leaving.ask_to_stop()
        wait_for(lambda: takes_nobody(leaving))
        stopped.set()
        assert begun + b"".join(received) == CONTENT
    sending.join()
    assert statuses == [201]
    leaving.wait()
    leaving.start()
    assert image(leaving).blob(digest_of(uploaded)).content == uploaded


def test_what_does_not_end_in_time_is_cut_and_can_be_gone_on_with(data: Path) -> None:
    with served(data, settings={"BERTH_STOP_SECONDS": "1"}) as server:
        upload, never = image(server).session(), threading.Event()

        def pieces() -> Iterator[bytes]:
            yield CONTENT[:1_000_000]
            never.wait(60)

        statuses = []

        def send() -> None:
            with contextlib.suppress(httpx.TransportError):
                answer = image(server).append(upload, pieces())  # type: ignore[arg-type]  # made as it goes
                statuses.append(answer.status_code)

        sending = threading.Thread(target=send)
        sending.start()
        wait_for(lambda: image(server).client.ask("GET", upload).headers["range"] != "0-0")
        server.stop()
        never.set()
        sending.join()
        assert not statuses or statuses[0] >= 500
        server.start()
        last = int(image(server).client.ask("GET", upload).headers["range"].partition("-")[2])
        rest = CONTENT[last + 1 :]
        location(image(server).append(upload, rest, f"{last + 1}-{len(CONTENT) - 1}"), 202)
        location(image(server).finish(upload, digest_of(CONTENT)), 201)
        assert image(server).blob(digest_of(CONTENT)).content == CONTENT


def test_a_process_of_the_tree_that_dies_is_replaced(data: Path) -> None:
    """Also the other way round: when the watching process is killed, the rest ends."""
    with served(data) as server:
        image(server).push_image("v1")
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: len(server.workers()) == len(before) and before[0] not in server.workers())
        server.wait_until_ready()  # the connection to the one that died may still be thought good
        assert image(server).get("v1").status_code == 200
        line = next(line for line in server.log.splitlines() if "started anew" in line)
        assert json.loads(line)["status"] == -signal.SIGKILL
        server.behead()
        server.start()
        assert image(server).get("v1").status_code == 200
