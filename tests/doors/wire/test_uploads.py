import random
import threading
from contextlib import suppress

import pytest

from tests.doors.wire.serving import Served, chunked, head, told

KIB, MIB = 1 << 10, 1 << 20
SIZES = [1, 65535, 65536, 65537, 300 * KIB, MIB, MIB + 1, 3 * MIB + 7]


def body_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 -- the same bytes each time


def sized(target: str, body: bytes, *fields: str) -> bytes:
    return head(target, f"Content-Length: {len(body)}", *fields) + body


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("target", ["/take", "/read"])
@pytest.mark.parametrize("size", SIZES)
def test_a_body_with_a_length_arrives_whole(served: Served, target: str, size: int) -> None:
    body = body_of(size)
    with served.client() as client:
        for _ in range(2):
            client.send(sized(target, body))
            assert client.answer() == told(body)


@pytest.mark.parametrize("target", ["/take", "/read"])
@pytest.mark.parametrize(("size", "frame"), [(1, 1), (1000, 1), (70_000, 333), (MIB, 32 * KIB), (3 * MIB, MIB + 1)])
def test_a_chunked_body_arrives_whole(served: Served, target: str, size: int, frame: int) -> None:
    body = body_of(size)
    with served.client() as client:
        for _ in range(2):
            client.send(head(target, CHUNKED), chunked(body, frame, extension=b";a=b", trailer=b"X: y\r\n"))
            assert client.answer() == told(body)


def test_an_empty_body_is_a_body(served: Served) -> None:
    with served.client() as client:
        client.send(head("/take"), sized("/take", b""), head("/take", CHUNKED), chunked(b"", 1))
        assert [client.answer() for _ in range(3)] == [told(b"")] * 3


def test_a_chunked_request_may_come_in_two_parts_cut_anywhere(served: Served) -> None:
    body = b"some bytes in frames"
    raw = head("/take", CHUNKED) + chunked(body, 6, trailer=b"X: y\r\n") + head("/hello", method="GET")
    with served.client() as client:
        for cut in range(1, len(raw)):
            client.send(raw[:cut], raw[cut:])
            assert client.answer() == told(body), cut
            assert client.answer() == (200, b"hello"), cut


@pytest.mark.parametrize("fields", [["Content-Length: 20"], [CHUNKED]])
def test_a_request_may_come_byte_by_byte(served: Served, fields: list[str]) -> None:
    body = b"some bytes in frames"
    raw = head("/take", *fields) + (chunked(body, 6) if fields == [CHUNKED] else body)
    with served.client() as client:
        client.send(*[bytes([byte]) for byte in raw])
        assert client.answer() == told(body)


@pytest.mark.parametrize("size", [10, 100 * KIB, 2 * MIB])
def test_requests_behind_a_body_are_answered_in_turn(served: Served, size: int) -> None:
    body = body_of(size)
    hello = head("/hello", method="GET")
    requests = [
        sized("/take", body),
        hello,
        head("/take", CHUNKED) + chunked(body, 9000),
        hello,
        head("/file?count=10", method="HEAD"),
        sized("/read", body),
        hello,
    ]
    with served.client() as client:
        threading.Thread(target=client.send, args=(b"".join(requests),), daemon=True).start()
        assert client.answer() == told(body)
        assert client.answer() == (200, b"hello")
        assert client.answer() == told(body)
        assert client.answer() == (200, b"hello")
        assert client.answer(method="HEAD") == (200, b"")
        assert client.answer() == told(body)
        assert client.answer() == (200, b"hello")


@pytest.mark.parametrize("target", ["/take", "/read"])
@pytest.mark.parametrize("missing", [1, 100 * KIB])
@pytest.mark.parametrize("size", [100 * KIB + 1, 2 * MIB])
def test_a_body_cut_off_is_a_failure(served: Served, target: str, size: int, missing: int) -> None:
    with served.client() as client:
        client.send(sized(target, body_of(size))[:-missing])
    assert served.end() in {"ClientGone", "ConnectionResetError"}


@pytest.mark.parametrize("target", ["/take", "/read"])
@pytest.mark.parametrize("missing", [1, 2, 4, 5, 6, 7, 1000])
def test_a_chunked_body_cut_off_is_a_failure(served: Served, target: str, missing: int) -> None:
    with served.client() as client:
        client.send(head(target, CHUNKED), chunked(body_of(300 * KIB), 10_000)[:-missing])
    assert served.end() in {"ClientGone", "ConnectionResetError"}


@pytest.mark.parametrize("after", [0, 1, 500 * KIB])
def test_broken_frames_are_a_failure(served: Served, after: int) -> None:
    good = chunked(body_of(after), 50_000).removesuffix(b"0\r\n\r\n")
    with served.client() as client:
        client.send(head("/take", CHUNKED), good, b"not a size\r\n")
        assert client.answer()[0] == 400
        assert client.at_end()
    assert served.end() == "ClientGone"


@pytest.mark.parametrize("size", [1000, 2 * MIB])
@pytest.mark.parametrize("framed", [False, True])
def test_a_client_is_told_to_continue(served: Served, size: int, framed: bool) -> None:
    body = body_of(size)
    fields = [CHUNKED] if framed else [f"Content-Length: {size}"]
    with served.client() as client:
        client.send(head("/take", "Expect: 100-continue", *fields))
        assert client.answer() == (100, b"")
        client.send(chunked(body, 5000) if framed else body)
        assert client.answer() == told(body)
        assert client.get("/hello") == (200, b"hello")


@pytest.mark.parametrize("framed", [False, True])
def test_a_body_beyond_the_limit_is_refused(served: Served, framed: bool) -> None:
    body = body_of(600 * KIB)
    with served.client() as client:
        client.send(
            head("/take?limit=500000", CHUNKED) + chunked(body, 9000) if framed else sized("/take?limit=500000", body)
        )
        assert client.answer() == (413, b"too large")


def test_a_body_of_exactly_the_limit_is_taken(served: Served) -> None:
    body = body_of(500 * KIB)
    target = f"/take?limit={len(body)}"
    with served.client() as client:
        client.send(sized(target, body), head(target, CHUNKED), chunked(body, 9000))
        assert client.answer() == told(body)
        assert client.answer() == told(body)


@pytest.mark.parametrize("fields", [["Content-Length: 2000000"], ["Content-Length: 10"], [CHUNKED]])
def test_a_client_that_falls_silent_is_a_client_gone(served: Served, fields: list[str]) -> None:
    with served.client() as client:
        client.send(head("/take?idle=50", *fields), b"5\r\n")
        assert served.end() == "ClientGone"


@pytest.mark.parametrize("size", [1000, 2 * MIB])
def test_what_the_sink_raises_reaches_the_caller(served: Served, size: int) -> None:
    served.harbour.full = True
    with served.client() as client:
        client.send(sized("/take", body_of(size)))
        assert client.answer() == (507, b"full")


def test_many_slow_uploads_leave_threads_for_others(served: Served) -> None:
    body = body_of(2 * MIB)
    with served.client() as quick:
        slow = [served.client() for _ in range(40)]
        for client in slow:
            client.send(head("/take", CHUNKED), b"5\r\nhel")
        for _ in range(5):
            quick.send(sized("/take", body))
            assert quick.answer() == told(body)
        for client in slow:
            client.send(b"lo\r\n0\r\n\r\n")
            assert client.answer() == told(b"hello")
            client.close()


def test_the_fast_road_is_offered_to_bodies_only(wire: Served) -> None:
    with wire.client() as client:
        client.send(sized("/take", b"body"))
        client.answer()
        client.get("/hello")
    assert wire.harbour.offered.get() == {"http.response.zerocopysend", "berth.receive_into"}
    assert wire.harbour.offered.get() == {"http.response.zerocopysend"}


@pytest.mark.parametrize("full", [False, True])
def test_a_request_behind_a_refused_body_is_still_read(served: Served, full: bool) -> None:
    served.harbour.full = full
    body = body_of(300 * KIB)
    target = "/take" if full else "/take?limit=1000"
    with served.client() as client:
        client.send(head(target, CHUNKED) + chunked(body, len(body)) + head("/hello", method="GET"))
        assert client.answer() in {(413, b"too large"), (507, b"full")}
        with suppress(EOFError):  # To close is allowed, to lose a byte in between is not.
            assert client.answer() == (200, b"hello")
