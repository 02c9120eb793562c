"""Secrets in the config of an image."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.secrets import config
from tests.scan.secrets.shapes import AWS_KEY, GITHUB, GITLAB, private_key

LIMIT = 1 << 20


def found(document: Any) -> list[tuple[str, str, int]]:  # Any: a JSON value
    secrets, gaps = config.find(json.dumps(document).encode(), LIMIT)
    assert not gaps
    return [(secret.rule, secret.path, secret.line) for secret in secrets]


def test_the_environment_and_the_history_are_searched() -> None:
    document = {
        "config": {"Env": ["PATH=/bin", f"TOKEN={GITHUB}", f"AWS_SECRET_ACCESS_KEY={AWS_KEY}", "KEY=" + private_key()]},
        "history": [{"created_by": "/bin/sh"}, {"created_by": f"RUN curl -H 'PRIVATE-TOKEN: {GITLAB}' x"}],
    }
    assert found(document) == [
        ("gitlab-pat", "config:history/1", 0),
        ("github-pat", "config:env/TOKEN", 0),
        ("aws-secret-access-key", "config:env/AWS_SECRET_ACCESS_KEY", 0),
        ("private-key", "config:env/KEY", 0),
    ]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"config": None, "history": None},
        {"config": {"Env": None}},
        {"config": {"Env": [1, None, {}]}, "history": [1, {"created_by": 3}, None]},
        {"config": [], "history": {}},
    ],
)
def test_a_config_of_another_shape_holds_no_secrets(document: Any) -> None:  # Any: a JSON value
    assert found(document) == []


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_a_config_that_is_no_json_is_told_as_not_searched(text: bytes) -> None:
    secrets, gaps = config.find(text, LIMIT)
    assert (secrets, [gap.code for gap in gaps]) == ([], ["damaged"])


def test_a_config_that_is_too_long_is_told_as_not_searched() -> None:
    assert [gap.code for gap in config.find(b" " * (LIMIT + 1), LIMIT)[1]] == ["truncated"]


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["config", "Env", "history", "created_by"]), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_the_config_is_it_can_be_searched(document: Any) -> None:  # Any: a JSON value
    assert found(document) == []
