"""Where a request comes from, and by which address Berth was reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from berth.doors import addresses
from berth.settings import Settings, load

TRUSTING = load(trusted_proxies="10.0.0.0/8,192.0.2.7,2001:db8::/32")
ALONE = load()


def request(*headers: tuple[str, str], peer: str | None = "10.0.0.1", scheme: str = "http") -> Scope:
    return {
        "type": "http",
        "scheme": scheme,
        "client": None if peer is None else (peer, 4711),
        "server": ("127.0.0.1", 5000),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }


def client(*forwarded: str, peer: str | None = "10.0.0.1", settings: Settings = TRUSTING) -> str:
    return addresses.client(settings, request(*(("X-Forwarded-For", line) for line in forwarded), peer=peer))


def test_a_stranger_cannot_say_who_they_are() -> None:
    assert client("1.2.3.4", peer="203.0.113.9") == "203.0.113.9"
    assert client("1.2.3.4", settings=ALONE) == "10.0.0.1"


def test_a_trusted_proxy_says_who_the_client_is() -> None:
    assert client("1.2.3.4") == "1.2.3.4"
    assert client() == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        (["6.6.6.6, 1.2.3.4, 10.1.2.3"], "1.2.3.4"),
        (["6.6.6.6", "1.2.3.4", "10.1.2.3, 192.0.2.7"], "1.2.3.4"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (["1.2.3.4:5678"], "1.2.3.4"),
        (["[2001:470::1]:443"], "2001:470::1"),
        (["2001:470::1"], "2001:470::1"),
        (["::ffff:1.2.3.4"], "1.2.3.4"),
        (["1.2.3.4, unknown"], "10.0.0.1"),
        (["1.2.3.4, , 10.2.2.2"], "10.2.2.2"),
        (["  1.2.3.4  "], "1.2.3.4"),
        ([""], "10.0.0.1"),
    ],
)
def test_the_client_is_the_rightmost_address_nobody_vouches_for(forwarded: list[str], expected: str) -> None:
    assert client(*forwarded) == expected


def test_a_proxy_may_reach_us_by_an_ipv4_address_written_as_ipv6() -> None:
    assert client("1.2.3.4", peer="::ffff:10.0.0.1") == "1.2.3.4"


def test_a_unix_socket_has_no_address() -> None:
    assert client("1.2.3.4", peer=None) == ""


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=40), max_size=5))
def test_any_header_gives_an_address(lines: list[str]) -> None:
    assert client(*lines)


FORWARDED = (("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "Registry.Example.org"), ("Host", "inside:5000"))


def test_the_external_address_is_what_the_client_used() -> None:
    assert addresses.external_url(TRUSTING, request(*FORWARDED)) == "https://registry.example.org"
    assert addresses.external_url(ALONE, request(*FORWARDED)) == "http://inside:5000"
    assert addresses.external_url(TRUSTING, request(*FORWARDED, peer="203.0.113.9")) == "http://inside:5000"


def test_the_external_address_that_was_set_wins() -> None:
    settings = load(external_url="https://hub.example.org/", trusted_proxies="10.0.0.0/8")
    assert addresses.external_url(settings, request(*FORWARDED)) == "https://hub.example.org"


@pytest.mark.parametrize("host", ["", "a b", "evil.org/path", 'x"y', "[::1", "x" * 300, "a:b", "ho\xfft"])
def test_a_host_that_cannot_be_is_passed_over(host: str) -> None:
    assert addresses.host(ALONE, request(("Host", host))) == ""
    assert addresses.external_url(ALONE, request(("Host", host))) == "http://127.0.0.1:5000"
    assert addresses.host(TRUSTING, request(("X-Forwarded-Host", host), ("Host", "inside"))) == "inside"


@pytest.mark.parametrize("host", ["localhost:5000", "a.b-c.example", "127.0.0.1", "[::1]:5000", "my_host"])
def test_a_host_that_can_be_is_taken(host: str) -> None:
    assert addresses.host(ALONE, request(("Host", host))) == host


def test_a_scheme_that_cannot_be_is_passed_over() -> None:
    assert addresses.scheme(TRUSTING, request(("X-Forwarded-Proto", "gopher"), scheme="https")) == "https"
    assert addresses.scheme(TRUSTING, request(("X-Forwarded-Proto", "http, https"))) == "https"
