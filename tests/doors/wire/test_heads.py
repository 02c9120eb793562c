import pytest

from berth.doors.wire import protocol
from tests.doors.wire.serving import Served, head, told

HELLO = head("/hello", method="GET")


def test_a_head_may_be_cut_at_every_byte(served: Served) -> None:
    with served.client() as client:
        for cut in range(1, len(HELLO)):
            client.send(HELLO[:cut], HELLO[cut:])
            assert client.answer() == (200, b"hello"), cut


def test_empty_lines_before_a_request_are_passed_over(served: Served) -> None:
    with served.client() as client:
        client.send(b"\r\n\r\n", HELLO, b"\r\n" + HELLO + b"\r\n\r\n\r\n" + HELLO)
        assert [client.answer() for _ in range(3)] == [(200, b"hello")] * 3


def test_many_requests_at_once_are_answered_in_turn(served: Served) -> None:
    with served.client() as client:
        client.send(HELLO * 500)
        assert [client.answer() for _ in range(500)] == [(200, b"hello")] * 500


@pytest.mark.parametrize("rest", [b"", b"\r\n\r\n"])
@pytest.mark.parametrize("piece", [1000, 1 << 20])
def test_a_head_beyond_its_bound_is_refused(wire: Served, piece: int, rest: bytes) -> None:
    raw = HELLO.removesuffix(b"\r\n") + b"X-Long: " + b"x" * protocol.LONGEST_HEAD + rest
    with wire.client() as client:
        client.send(*[raw[at : at + piece] for at in range(0, len(raw), piece)])
        assert client.answer()[0] == 431
        assert client.at_end()


def test_a_head_just_below_its_bound_is_read(wire: Served) -> None:
    filler = "x" * (protocol.LONGEST_HEAD - len(head("/hello", "X-Long: ", method="GET")))
    with wire.client() as client:
        assert client.get("/hello", f"X-Long: {filler}") == (200, b"hello")
        assert client.get("/hello", f"X-Long: {filler}") == (200, b"hello")


@pytest.mark.parametrize("began", [b"", b"GET / HT", HELLO[:-2], HELLO + HELLO[:-1]])
def test_a_slow_head_ends_the_connection(wire: Served, began: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first head must be in time even on a busy machine.
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 2.0 if began.startswith(HELLO) else 0.1)
    with wire.client() as client:
        client.send(began)
        if began.startswith(HELLO):
            assert client.answer() == (200, b"hello")
        assert client.at_end()


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"CONNECT berth:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        head("/take", "Transfer-Encoding: chunked", "Content-Length: 3"),
        head("/take", "Transfer-Encoding: gzip, chunked"),
        head("/take", "Transfer-Encoding: identity"),
        head("/take", "Content-Length: 3", "Content-Length: 3"),
        head("/take", "Content-Length: 3, 3"),
        head("/take", "Content-Length: +3"),
        head("/take", "Content-Length : 3"),
    ],
)
def test_a_head_that_could_be_read_two_ways_is_refused(wire: Served, raw: bytes) -> None:
    with wire.client() as client:
        client.send(raw)
        assert client.answer()[0] == 400
        assert client.at_end()


@pytest.mark.parametrize("protocol_name", ["h2c", "websocket", "TLS/1.0"])
def test_a_wish_to_speak_another_protocol_is_ignored_and_the_body_arrives(wire: Served, protocol_name: str) -> None:
    body = b"a body that is not lost"
    fields = [f"Upgrade: {protocol_name}", "Connection: Upgrade"]
    with wire.client() as client:
        for target in ["/take", "/read"]:
            client.send(head(target, *fields, f"Content-Length: {len(body)}") + body)
            assert client.answer() == told(body)
        assert client.get("/hello", *fields) == (200, b"hello")
        assert client.get("/hello") == (200, b"hello")


def test_a_slow_body_does_not_hold_a_connection_for_ever(wire: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berth.doors.wire.cycle.IDLE_SECONDS", 0.1)
    with wire.client() as client:
        client.send(head("/read", "Content-Length: 10"), b"12345")
        assert client.at_end()
    assert wire.end() == "ConnectionResetError"
