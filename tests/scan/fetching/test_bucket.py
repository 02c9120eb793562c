"""One file over HTTP: limits, tries, and where it may come from."""

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path

import pytest

from berth.scan.fetching.bucket import Bucket
from berth.scan.fetching.failures import Missing, NotFetched, Unreachable
from tests.scan.fetching.export import Served, Waited, answer, served, then
from tests.serving import free_port

LIMIT = 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "export"
    (folder / "Rocky Linux").mkdir(parents=True)
    (folder / "Rocky Linux" / "RLSA-2024:1+a.json").write_text("{}")
    with served(folder) as started:
        yield started


def fetch(server: Served, waited: Waited, into: Path, name: str = "a", silent_seconds: float = 5.0) -> bytes:
    bucket = Bucket(server.url, waited.pace(silent_seconds=silent_seconds))
    try:
        bucket.fetch(name, into / "fetched", LIMIT)
    finally:
        bucket.close()
    return (into / "fetched").read_bytes()


def refused(server: Served, into: Path, silent_seconds: float = 5.0) -> str:
    with pytest.raises(NotFetched) as failed:
        fetch(server, Waited(), into, silent_seconds=silent_seconds)
    return str(failed.value)


def test_names_are_written_as_addresses_need_it(server: Served, tmp_path: Path) -> None:
    assert fetch(server, Waited(), tmp_path, "Rocky Linux/RLSA-2024:1+a.json") == b"{}"


def test_nothing_that_tells_of_this_registry_is_sent(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(200, b"x", Set_Cookie="seen=yes")
    bucket = Bucket(server.url, Waited().pace())
    for _ in range(2):
        bucket.fetch("a", tmp_path / "fetched", LIMIT)
    bucket.close()
    assert server.sent[1].keys() == {"host", "accept", "accept-encoding", "connection", "user-agent"}


def test_what_has_not_changed_is_not_sent_again(server: Served, tmp_path: Path) -> None:
    bucket = Bucket(server.url, Waited().pace())
    name = "Rocky Linux/RLSA-2024:1+a.json"
    tag = bucket.fetch(name, tmp_path / "fetched", LIMIT)
    assert tag
    assert bucket.fetch(name, tmp_path / "fetched", LIMIT, tag) is None
    bucket.close()


def test_a_file_that_is_not_there_is_asked_for_once(server: Served, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        fetch(server, Waited(), tmp_path)
    assert server.asked == ["a"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again_after_a_pause_that_grows(server: Served, tmp_path: Path, status: int) -> None:
    waited = Waited()
    server.instead["a"] = then(answer(status), answer(status), answer(200, b"here"))
    assert fetch(server, waited, tmp_path) == b"here"
    assert waited.pauses == [1.0, 2.0]


def test_what_does_not_pass_ends_with_its_reason(server: Served, tmp_path: Path) -> None:
    waited = Waited()
    server.instead["a"] = answer(500)
    with pytest.raises(NotFetched, match="answered with 500"):
        fetch(server, waited, tmp_path)
    assert (len(server.asked), waited.pauses) == (4, [1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("30", 30.0),
        ("86400", 60.0),
        ("0", 1.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 60.0),
        ("Sat, 01 Jan 2000 00:00:00 -0000", 1.0),
        ("when I like", 1.0),
        ("-5", 1.0),
        ("9" * 400, 60.0),
    ],
)
def test_a_server_that_asks_for_time_gets_some(server: Served, tmp_path: Path, asked: str, waits: float) -> None:
    waited = Waited()
    server.instead["a"] = then(answer(503, Retry_After=asked), answer(200, b"here"))
    fetch(server, waited, tmp_path)
    assert waited.pauses == [waits]


def test_a_body_that_says_it_is_too_long_is_not_read(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(200, b"", Content_Length=str(1 << 40))
    assert "1099511627776 bytes, more than 1000" in refused(server, tmp_path)
    assert len(server.asked) == 1


def test_a_body_that_does_not_say_is_cut_at_its_limit(server: Served, tmp_path: Path) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"x" * 65536)

    server.instead["a"] = endless
    assert "more than 1000 bytes" in refused(server, tmp_path)
    assert (tmp_path / "fetched").stat().st_size <= LIMIT


def test_a_body_that_ends_early_is_fetched_again(server: Served, tmp_path: Path) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        answer(200, b"only a part", Content_Length="500")(handler)
        handler.close_connection = True

    server.instead["a"] = then(cut, answer(200, b"all of it"))
    assert fetch(server, Waited(), tmp_path) == b"all of it"
    server.instead["a"] = cut
    assert "broke off" in refused(server, tmp_path)


def test_what_is_packed_on_its_way_is_not_unpacked(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(200, gzip.compress(bytes(10**8)), Content_Encoding="gzip")
    assert "packed" in refused(server, tmp_path)


def test_a_server_that_says_nothing_is_left(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = server.hang
    assert "broke off" in refused(server, tmp_path, silent_seconds=0.1)


def test_a_server_that_drips_is_left_when_time_is_up(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(200, b"x" * 900)
    ticks = count(0, 40)
    bucket = Bucket(server.url, Waited().pace(whole_seconds=30, clock=lambda: float(next(ticks))))
    with pytest.raises(NotFetched, match="in 30 seconds"):
        bucket.fetch("a", tmp_path / "fetched", LIMIT)
    bucket.close()


def test_a_loop_of_redirects_ends(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(302, Location="/b")
    server.instead["b"] = answer(302, Location="/a")
    assert "sent on more than 5 times" in refused(server, tmp_path)
    assert len(server.asked) == 6


def test_a_redirect_on_the_same_server_is_followed(server: Served, tmp_path: Path) -> None:
    server.instead["a"] = answer(307, Location="/b")
    server.instead["b"] = answer(200, b"here")
    assert fetch(server, Waited(), tmp_path) == b"here"


@pytest.mark.parametrize(
    "to",
    ["http://localhost:1/a", "https://localhost:1/a", "file:///etc/passwd", "ftp://a/b", "http://[", "//user:pass@/"],
)
def test_a_redirect_to_elsewhere_is_not_followed(server: Served, tmp_path: Path, to: str) -> None:
    server.instead["a"] = answer(302, Location=to)
    assert "is sent to" in refused(server, tmp_path)
    assert len(server.asked) == 1


def test_nobody_there_is_told_apart_from_a_file_that_fails(tmp_path: Path) -> None:
    waited = Waited()
    bucket = Bucket(f"http://127.0.0.1:{free_port()}", waited.pace())
    with pytest.raises(Unreachable, match="cannot be reached"):
        bucket.fetch("a", tmp_path / "fetched", LIMIT)
    bucket.close()
    assert len(waited.pauses) == 3


def test_a_disk_that_is_full_is_a_reason(server: Served) -> None:
    server.instead["a"] = answer(200, b"x")
    bucket = Bucket(server.url, Waited().pace())
    with pytest.raises(NotFetched, match="cannot be kept: No space left"):
        bucket.fetch("a", Path("/dev/full"), LIMIT)
    bucket.close()
