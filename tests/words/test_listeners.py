import pytest

from berth.words import listeners
from berth.words.listeners import Listener


def test_listeners_are_read_as_they_are_written() -> None:
    found = listeners.parse("edge=0.0.0.0:5001, inside=[::1]:5002,")
    assert found == (Listener("edge", "0.0.0.0", 5001), Listener("inside", "::1", 5002))  # noqa: S104  what is read
    assert ",".join(map(str, found)) == "edge=0.0.0.0:5001,inside=[::1]:5002"
    assert listeners.parse("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edge", "does not read name=address:port"),
        ("edge=127.0.0.1", "does not read name=address:port"),
        ("edge=::1:5001", "does not read name=address:port"),
        ("Edge=127.0.0.1:5001", "lower-case letters"),
        ("edge=127.0.0.1:0", "no port"),
        ("edge=127.0.0.1:70000", "no port"),
        ("edge=localhost:5001", "not an IP address"),
        ("a=127.0.0.1:1,a=127.0.0.1:2", "the same name"),
        ("a=127.0.0.1:1,b=127.0.0.2:1", "the same port"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        listeners.parse(text)


def test_a_connection_came_in_by_port_and_address() -> None:
    one = Listener("edge", "127.0.0.2", 5001)
    assert one.took("127.0.0.2", 5001)
    assert not one.took("127.0.0.1", 5001)
    assert not one.took("127.0.0.2", 5002)
    assert Listener("edge", "::", 5001).took("127.0.0.1", 5001)
