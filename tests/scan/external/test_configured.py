"""What an operator writes in the setting of a scanner."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.external import configured
from berth.scan.external.configured import Grype, Harbor, Program, Trivy

SHA256 = "ab" * 32
TRIVY = {"kind": "trivy", "binary": "/usr/bin/trivy", "cache": "/var/cache/trivy"}
GRYPE = {"kind": "grype", "binary": "/usr/bin/grype", "cache": "/var/cache/grype"}
HARBOR = {"kind": "harbor", "url": "https://adapter:8080"}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"


def test_a_trivy_of_its_own_has_a_binary_and_a_database() -> None:
    assert configured.parse(TRIVY) == Trivy(
        "trivy", Program(Path("/usr/bin/trivy")), cache=Path("/var/cache/trivy"), timeout_seconds=600
    )


def test_a_trivy_that_asks_a_server_needs_no_database() -> None:
    written = {
        "name": "central",
        "kind": "trivy",
        "binary": "/usr/bin/trivy",
        "server": "https://trivy.example:4954/",
        "token": "t0ken",
        "sha256": f"sha256:{SHA256.upper()}".replace("SHA256", "sha256"),
        "user": "scanner",
        "timeout_seconds": 60,
        "cache": None,
    }
    assert configured.parse(written) == Trivy(
        name="central",
        program=Program(Path("/usr/bin/trivy"), SHA256, "scanner"),
        server="https://trivy.example:4954",
        token="t0ken",
        timeout_seconds=60,
    )


def test_a_grype_has_a_binary_and_a_database() -> None:
    assert configured.parse(GRYPE) == Grype("grype", Program(Path("/usr/bin/grype")), Path("/var/cache/grype"))


@pytest.mark.parametrize("ca", ["/etc/adapter.pem", CERTIFICATE])
def test_an_adapter_has_an_address(ca: str) -> None:
    written = HARBOR | {"authorization": "Bearer t0ken", "ca": ca}
    assert configured.parse(written) == Harbor("harbor", "https://adapter:8080", "Bearer t0ken", ca)


@pytest.mark.parametrize(
    "written", [TRIVY | {"server": "https://trivy", "token": "t0ken"}, HARBOR | {"authorization": "Bearer t0ken"}]
)
def test_what_is_printed_of_a_scanner_has_no_secret_in_it(written: dict[str, Any]) -> None:  # Any: JSON
    assert "t0ken" not in repr(configured.parse(written))


WRONG: list[tuple[str, dict[str, Any]]] = [  # Any: JSON
    ("kind", {}),
    ("kind", {"kind": "clair"}),
    ("kind", {"kind": ["trivy"]}),
    ("name", TRIVY | {"name": "Trivy!"}),
    ("name", TRIVY | {"name": "builtin"}),
    ("name", TRIVY | {"name": ""}),
    ("binary", {"kind": "trivy", "cache": "/c"}),
    ("binary", TRIVY | {"binary": "trivy"}),
    ("binary", TRIVY | {"binary": "/usr/bin/\0trivy"}),
    ("binary", TRIVY | {"binary": ["/usr/bin/trivy", "--debug"]}),
    ("cache", {"kind": "trivy", "binary": "/usr/bin/trivy"}),
    ("cache", {"kind": "grype", "binary": "/usr/bin/grype"}),
    ("cache", GRYPE | {"cache": "cache"}),
    ("token", TRIVY | {"token": "t0ken"}),
    ("token", TRIVY | {"server": "http://s", "token": "a\nb"}),
    ("server", TRIVY | {"server": "trivy:4954"}),
    ("server", TRIVY | {"server": "ftp://trivy"}),
    ("server", GRYPE | {"server": "http://grype"}),
    ("sha256", TRIVY | {"sha256": "abc"}),
    ("user", TRIVY | {"user": "root; id"}),
    ("user", TRIVY | {"user": 0}),
    ("timeout_seconds", TRIVY | {"timeout_seconds": 0}),
    ("timeout_seconds", TRIVY | {"timeout_seconds": True}),
    ("timeout_seconds", TRIVY | {"timeout_seconds": "600"}),
    ("timeout_seconds", TRIVY | {"timeout_seconds": 1e9}),
    ("timeout_seconds", TRIVY | {"timeout_seconds": float("nan")}),
    ("url", {"kind": "harbor"}),
    ("url", HARBOR | {"url": "https://user:t0ken@adapter"}),
    ("url", HARBOR | {"url": "https://adapter?x=1"}),
    ("url", HARBOR | {"url": "https://adapter:99999"}),
    ("url", HARBOR | {"url": "https://[::1"}),
    ("url", HARBOR | {"url": "https://"}),
    ("authorization", HARBOR | {"authorization": "Bearer t0ken\r\nX: y"}),
    ("ca", HARBOR | {"ca": "adapter.pem"}),
    ("binary", HARBOR | {"binary": "/usr/bin/trivy"}),
    ("colour", HARBOR | {"colour": "blue"}),
]


@pytest.mark.parametrize(("field", "written"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_named_by_its_field(field: str, written: dict[str, Any]) -> None:  # Any: JSON
    with pytest.raises(ValueError, match=f"^{field}: ") as refused:
        configured.parse(written)
    assert "t0ken" not in str(refused.value)


@pytest.mark.parametrize("written", [None, [], "trivy", 7])
def test_a_scanner_is_an_object(written: object) -> None:
    with pytest.raises(ValueError, match="object"):
        configured.parse(written)


FIELDS = ["kind", "name", "binary", "server", "token", "sha256", "cache", "user", "timeout_seconds", "url", "ca"]
VALUES = st.none() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.text(max_size=3), max_size=2)


@given(
    st.sampled_from([TRIVY, GRYPE, HARBOR]),
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), VALUES, max_size=4),
)
def test_whatever_is_written_is_a_scanner_or_refused_in_words(
    whole: dict[str, Any], changes: dict[str, Any]
) -> None:  # Any: JSON
    try:
        made = configured.parse(whole | changes)
    except ValueError as refused:
        text = str(refused)
    else:
        text = repr(made)
    assert text
