"""What happens to a connection when the answer comes before the body."""

from contextlib import suppress

import pytest

from tests.doors.wire.serving import Served, head

KIB, MIB = 1 << 10, 1 << 20


def test_the_rest_of_a_short_body_is_read_and_dropped(served: Served) -> None:
    with served.client() as client:
        client.send(head("/404", "Content-Length: 50000"))
        assert client.answer() == (404, b"nothing here")
        client.send(b"x" * 50_000)
        assert client.get("/hello") == (200, b"hello")


def test_a_long_body_ends_the_connection_but_not_before_the_answer_is_read(wire: Served) -> None:
    with wire.client() as client:
        client.send(head("/404", "Content-Length: 20000000"), b"x" * 20_000_000)
        assert client.answer() == (404, b"nothing here")
        assert client.at_end()


@pytest.mark.parametrize("field", ["Content-Length: 20000000", "Content-Length: 10", "Transfer-Encoding: chunked"])
def test_a_client_that_was_not_told_to_continue_gets_the_last_answer(wire: Served, field: str) -> None:
    with wire.client() as client:
        client.send(head("/404", "Expect: 100-continue", field))
        status, fields = client.answer_head()
        assert (status, fields["connection"]) == (404, "close")
        assert client.read(12) == b"nothing here"
        client.send(b"x" * 10)
        assert client.at_end()


def test_a_chunked_body_behind_an_answer_is_not_the_next_request(wire: Served) -> None:
    smuggled = b"29\r\n" + head("/hello", method="GET") + b"\r\n0\r\n\r\n"
    with wire.client() as client:
        client.send(head("/404", "Transfer-Encoding: chunked"))
        assert client.answer() == (404, b"nothing here")
        with suppress(ConnectionError):  # The server may have closed by now.
            client.send(smuggled)
        assert client.at_end()


def test_a_client_that_never_stops_is_cut_off(wire: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berth.doors.wire.protocol.LINGER_SECONDS", 0.05)
    with wire.client() as client:
        client.send(head("/404", "Content-Length: 20000000"))
        assert client.answer() == (404, b"nothing here")
        assert client.at_end()
        with pytest.raises(ConnectionError):
            client.send(*[b"x" * MIB] * 20_000)
