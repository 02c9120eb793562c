"""What is a secret, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.secrets import files
from tests.scan.secrets import shapes
from tests.scan.secrets.shapes import private_key, word


def rules(text: str) -> list[str]:
    return [secret.rule for secret in files.find("app/.env", text.encode())]


TOKENS = [
    ("aws-access-key-id", shapes.AWS_ID),
    ("aws-access-key-id", shapes.AWS_SESSION_ID),
    ("github-pat", shapes.GITHUB),
    ("github-fine-grained-pat", shapes.GITHUB_FINE),
    ("github-oauth", "gho" + "_" + word(36)),
    ("github-app-token", "ghs" + "_" + word(36)),
    ("github-app-token", "ghu" + "_" + word(36)),
    ("github-refresh-token", "ghr" + "_" + word(76)),
    ("gitlab-pat", shapes.GITLAB),
    ("gitlab-pat", shapes.GITLAB_ROUTABLE),
]


@pytest.mark.parametrize(("rule", "token"), TOKENS)
@pytest.mark.parametrize(
    "around", ["{}", "TOKEN={}\n", '"{}"', "https://user:{}@host/", "x: {}, y", "({})", "'{}';", "\t{}\r\n"]
)
def test_a_token_is_found_wherever_it_stands(rule: str, token: str, around: str) -> None:
    assert rules(around.format(token)) == [rule]


@pytest.mark.parametrize(("rule", "token"), TOKENS)
def test_what_is_a_piece_of_something_longer_or_cut_short_is_none(rule: str, token: str) -> None:
    assert rules("x" + token) == [], rule
    assert rules(token[:20] if "gitlab" not in rule else token[:25]) in ([], [rule] if len(token) == 20 else [])
    assert rules(token.upper() if "aws" not in rule else token.lower()) == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "AKIA" + "X" * 16,
        "AKIA" + word(17).upper(),
        "ghp_" + "x" * 36,
        "ghp_" + word(35),
        "ghp_ " + word(36),
        "GHP_" + word(36),
        "github_pat_" + word(82),
        "glpat-" + word(19),
        "glpat-" + "x" * 20,
        "gitlab-pat-" + word(20),
    ],
)
def test_placeholders_and_near_misses_are_none(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize("name", ["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "aws_secret_key"])
@pytest.mark.parametrize("form", ["{} = {}", "{}={}", '"{}": "{}"', "{}: '{}'", "{} => {}"])
def test_the_secret_half_of_an_aws_key_is_known_by_its_name(name: str, form: str) -> None:
    assert rules(form.format(name, shapes.AWS_KEY)) == ["aws-secret-access-key"]


def test_a_hash_or_an_example_is_no_aws_key() -> None:
    assert rules("sha1 = " + shapes.AWS_KEY) == []
    assert rules("aws_secret_access_key = " + shapes.AWS_KEY + "A") == []
    assert rules("aws_secret_access_key = " + shapes.AWS_KEY[:33] + "EXAMPLE") == []
    assert rules("aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}") == []


KINDS = ["RSA PRIVATE", "EC PRIVATE", "DSA PRIVATE", "OPENSSH PRIVATE", "PRIVATE", "ENCRYPTED PRIVATE"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\\n", "\\\\n", "\n    "])
def test_a_private_key_is_found_however_its_lines_end(kind: str, newline: str) -> None:
    assert rules(private_key(kind, newline)) == ["private-key"]


def test_a_private_key_with_fields_before_its_body_is_found() -> None:
    fields = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n"
    assert rules(private_key().replace("-----\n", "-----" + fields, 1)) == ["private-key"]
    pgp = private_key("PGP PRIVATE", block=" BLOCK").replace("-----\n", "-----\nVersion: GnuPG v2\n\n", 1)
    assert rules(pgp) == ["private-key"]


def test_a_short_key_is_found_and_a_shorter_one_is_no_key() -> None:
    assert rules(private_key("PRIVATE", length=24)) == ["private-key"]
    assert rules(private_key("PRIVATE", length=20)) == []


def edge(word: str) -> str:
    return f"-----{word} RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        edge("BEGIN"),
        edge("BEGIN") + "\n...\n" + edge("END"),
        '"' + edge("BEGIN") + '\\n" + body + "\\n' + edge("END") + '\\n"',
        private_key().rpartition("-----END")[0],
        private_key("RSA PUBLIC"),
        private_key("RSA PRIVATE").replace("BEGIN", "START"),
        edge("BEGIN") + "\n" + "A" * 100 + "\n" + edge("END"),
        edge("BEGIN") + "\nthis is what a private key looks like, mostly\n" + edge("END"),
    ],
)
def test_what_only_speaks_of_a_private_key_is_none(text: str) -> None:
    assert rules(text) == []


def test_nothing_of_a_secret_is_kept() -> None:
    for _, token in TOKENS:
        (found,) = files.find("x", token.encode())
        hidden = token.removeprefix(found.masked.rstrip("*"))
        assert len(hidden) >= 16
        assert hidden not in repr(found)
        assert set(found.masked[len(token) - len(hidden) :]) == {"*"}
    (key,) = files.find("x", private_key().encode())
    assert key.masked == "-----BEGIN RSA PRIVATE" + " KEY-----"
    (aws,) = files.find("x", ("aws_secret_access_key=" + shapes.AWS_KEY).encode())
    assert aws.masked == "aws_secret_access_key" + "*" * 40


def test_levels_are_those_of_the_products_scale() -> None:
    found = files.find("x", f"{shapes.AWS_ID}\n{shapes.GITHUB}\n{shapes.GITLAB}\n{private_key()}".encode())
    assert [secret.level for secret in found] == ["critical"] * 3 + ["high"]


def test_lines_are_counted_from_one() -> None:
    text = f"\n{shapes.GITHUB} {shapes.GITLAB}\n\n{private_key()}\n{shapes.AWS_ID}"
    assert [secret.line for secret in files.find("x", text.encode())] == [2, 2, 4, 32]


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN PRIVATE KEY-----" * 100_000,
        (b"-----BEGIN PRIVATE KEY-----" + b"A" * 70_000) * 40,
        b"ghp_" + b"A1b2C3" * 400_000,
        b"ghp_" * 700_000,
        b"glpat-" * 400_000,
        b"AKIA" * 700_000,
        b"aws_secret_access_key" + b" " * 2_800_000,
        b"aws_secret_key = " * 200_000,
        (b"github_pat_" + b"a1" * 11 + b"_") * 80_000,
        b"-----BEGIN " + b"A " * 1_400_000 + b"PRIVATE KEY-----",
    ],
)
def test_no_text_takes_long(text: bytes) -> None:
    started = time.process_time()
    files.find("x", text)
    assert time.process_time() - started < 5, "it should be a fraction of a second"


@given(st.binary(max_size=500), st.sampled_from([token for _, token in TOKENS]), st.binary(max_size=100))
def test_no_bytes_around_a_secret_are_too_strange(before: bytes, token: str, after: bytes) -> None:
    found = files.find("x", before + b" " + token.encode() + b" " + after)
    assert len(found) == (b"\0" not in before + after)
