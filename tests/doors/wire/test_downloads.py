import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.doors.wire.serving import ROADS, Served, head, serve

KIB, MIB = 1 << 10, 1 << 20
EDGES = [1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB - 1, MIB, MIB + 1, 4 * MIB + 5]


@pytest.mark.parametrize("offset", [0, 1, 4096, 777_777])
@pytest.mark.parametrize("count", EDGES)
def test_a_range_is_exactly_its_bytes(served: Served, file: Path, offset: int, count: int) -> None:
    expected = file.read_bytes()[offset : offset + count]
    with served.client() as client:
        for _ in range(2):
            assert client.get(f"/file?offset={offset}&count={count}") == (200, expected)


def test_an_empty_range_is_an_answer(served: Served) -> None:
    with served.client() as client:
        assert client.get("/file?count=0") == (200, b"")
        assert client.get("/hello") == (200, b"hello")


@pytest.mark.parametrize("count", EDGES)
def test_a_head_request_gets_the_length_and_no_byte(served: Served, count: int) -> None:
    with served.client() as client:
        client.send(head(f"/file?count={count}", method="HEAD"))
        status, fields = client.answer_head()
        assert (status, fields["content-length"]) == (200, str(count))
        assert client.get("/hello") == (200, b"hello")


def test_requests_behind_a_download_are_answered_in_turn(served: Served, file: Path) -> None:
    content = file.read_bytes()
    with served.client() as client:
        client.send(
            head("/file", method="GET") + head("/hello", method="GET") + head("/file", method="GET"),
            head("/hello", method="GET"),
        )
        assert client.answer() == (200, content)
        assert client.answer() == (200, b"hello")
        assert client.answer() == (200, content)
        assert client.answer() == (200, b"hello")


def test_a_connection_that_shall_close_closes_after_the_file(served: Served, file: Path) -> None:
    with served.client() as client:
        assert client.get("/file", "Connection: close") == (200, file.read_bytes())
        assert client.at_end()


@pytest.mark.parametrize("extra", [1, 3 * MIB])
@pytest.mark.parametrize("large", [False, True])
def test_a_file_that_ends_early_closes_the_connection(served: Served, extra: int, large: bool) -> None:
    size = served.harbour.file.stat().st_size
    offset = 0 if large else size - 100
    promised = size - offset + extra
    with served.client() as client:
        client.send(head(f"/file?offset={offset}&count={promised}", method="GET"))
        received = b""
        try:
            client.answer_head()
            received = client.read(promised)
        except (EOFError, ConnectionResetError):
            pass
        assert len(received) < promised
    assert served.end() == "FileTooShort"


@pytest.mark.parametrize("target", ["/parts", "/parts?framed=1"])
def test_a_file_may_be_part_of_a_body(wire: Served, file: Path, target: str) -> None:
    with wire.client() as client:
        for _ in range(2):
            assert client.get(target) == (200, b"one" + file.read_bytes() + b"two")


def test_the_head_of_a_stream_does_not_wait_for_its_body(served: Served) -> None:
    with served.client() as client:
        client.send(head("/stream", method="GET"))
        assert client.answer_head()[0] == 200
        served.harbour.gate.set()
        assert client.read(9) == b"4\r\nseen\r\n"[:9]


@pytest.mark.parametrize("name", ["wire", "wire on asyncio"])
def test_a_server_that_stops_does_not_wait_for_ever_for_a_slow_client(file: Path, name: str) -> None:
    with ExitStack() as clients:
        with serve(ROADS[name], file, grace=0) as served:
            client = clients.enter_context(served.client(small_window=True))
            client.send(head("/file", method="GET"))
            assert client.answer_head()[0] == 200
        assert served.end() in {"CancelledError", "ClientGone"}


def test_a_client_that_leaves_ends_the_transfer(wire: Served) -> None:
    with wire.client(small_window=True) as client:
        client.send(head("/file", method="GET"))
        assert client.answer_head()[0] == 200
        assert len(client.read(1000)) == 1000
    assert wire.end() == "ClientGone"


def test_a_client_that_reads_nothing_is_a_client_gone(wire: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berth.doors.wire.cycle.IDLE_SECONDS", 0.1)
    with wire.client(small_window=True) as client:
        client.send(head("/file", method="GET"))
        assert wire.end() == "ClientGone"


def test_slow_readers_leave_threads_for_others(served: Served, file: Path) -> None:
    content = file.read_bytes()
    with served.client() as quick:
        slow = [served.client(small_window=True) for _ in range(40)]
        for client in slow:
            client.send(head("/file", method="GET"))
            assert client.answer_head()[0] == 200
        for _ in range(5):
            assert quick.get("/file") == (200, content)
        for client in slow[:3]:
            assert client.read(len(content)) == content
        for client in slow:
            client.close()


def test_many_downloads_at_once_are_all_whole(served: Served, file: Path) -> None:
    content = file.read_bytes()
    wrong: list[int] = []

    def download(number: int) -> None:
        with served.client() as client:
            if [client.get("/file") for _ in range(3)] != [(200, content)] * 3:
                wrong.append(number)

    threads = [threading.Thread(target=download, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_transfer_leaves_no_descriptor_behind(wire: Served) -> None:
    with wire.client() as client:
        client.get("/file")
        wire.end()
        before = _descriptors()
        for _ in range(5):
            client.get("/file")
            wire.end()
        assert _descriptors() == before


def _descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}
