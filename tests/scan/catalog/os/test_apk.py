"""Packages of Alpine: with their origin, and with the files that language packages also tell of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.inventory import Package
from tests.scan.catalog.os.reading import codes, read

PATH = "lib/apk/db/installed"
INSTALLED = """\
C:Q1dRtLUz5fBBS5cAzjFKqLZzUDBSs=
P:libcrypto1.1
V:1.1.1c-r0
A:x86_64
S:1184768
I:2760704
T:Crypto library from openssl
U:https://www.openssl.org
L:OpenSSL
o:openssl
m:Timo Teras <timo.teras@iki.fi>
t:1559228400
c:8ee5ecda5a5be6f4f2d2b8c3ff9dc4b0b6a3f0f6
D:so:libc.musl-x86_64.so.1
p:so:libcrypto.so.1.1=1.1
F:etc
F:etc/ssl
R:ct_log_list.cnf
Z:Q1olh8TpdAi2QnTl4FK3TjdUiSwTo=
F:lib
R:libcrypto.so.1.1
a:0:0:555
Z:Q1MkTrfJkbfyFRPZZK/SSBqzAgO3I=

C:Q1rXLCvHw9nRyq3TTj0XM4RiPQcPI=
P:py3-requests
V:2.22.0-r0
A:noarch
L:Apache-2.0
F:usr/lib/python3.7/site-packages/requests-2.22.0-py3.7.egg-info
R:PKG-INFO
Z:Q1rXLCvHw9nRyq3TTj0XM4RiPQcPI=
R:SOURCES.txt

"""


def test_packages_as_alpine_writes_them() -> None:
    contents = read(PATH, INSTALLED.encode())
    assert contents.gaps == ()
    assert contents.packages == (
        Package(
            kind="os",
            type="apk",
            name="libcrypto1.1",
            version="1.1.1c-r0",
            source_name="openssl",
            source_version="1.1.1c-r0",
            arch="x86_64",
            path=PATH,
            license="OpenSSL",
        ),
        Package(
            kind="os",
            type="apk",
            name="py3-requests",
            version="2.22.0-r0",
            source_name="py3-requests",
            source_version="2.22.0-r0",
            arch="noarch",
            path=PATH,
            license="Apache-2.0",
        ),
    )
    assert contents.owns == ("usr/lib/python3.7/site-packages/requests-2.22.0-py3.7.egg-info/PKG-INFO",)


def test_wolfi_keeps_it_elsewhere() -> None:
    path = "usr/lib/apk/db/installed"
    assert {each.path for each in read(path, INSTALLED.encode()).packages} == {path}


def test_a_file_in_the_root_is_owned_by_its_own_name() -> None:
    assert read(PATH, b"P:a\nV:1\nF:\nR:app.jar\n\n").owns == ("app.jar",)


def test_a_long_folder_of_many_files_costs_no_memory() -> None:
    contents = read(PATH, b"P:a\nV:1\n\nF:" + b"x" * 60_000 + b"\n" + b"R:.jar\n" * 50_000)
    assert sum(map(len, contents.owns)) < 40_000_000
    assert codes(contents) == ["truncated"]


def test_more_packages_than_any_image_has_are_left_out() -> None:
    contents = read(PATH, b"P:a\nV:1\n\n" * 200_001)
    assert (len(contents.packages), codes(contents)) == (200_000, ["truncated"])


def test_the_last_package_needs_no_blank_line() -> None:
    assert [each.name for each in read(PATH, b"P:a\nV:1\n\nP:b\nV:2\n").packages] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    ["P:a\nV:1\n\nP:b\n\n", "P:a\nV:1\n\nthis is broken\n", "P:a\nV:1\n\nL:MIT\n", "P:a\nV:1\n\nP:b\nV:2"],
    ids=["no version", "no field", "no name", "cut"],
)
def test_damage_is_told_and_what_is_whole_stays(text: str) -> None:
    contents = read(PATH, text.encode())
    assert contents.packages[0].name == "a"
    assert codes(contents) == ["damaged"]


def test_a_database_cut_anywhere_keeps_what_is_before() -> None:
    body = INSTALLED.encode()
    whole = read(PATH, body).packages
    for end in range(1, len(body)):
        contents = read(PATH, body[:end])
        complete = body[:end].count(b"\n\n")
        assert contents.packages[:complete] == whole[:complete]
        assert contents.gaps or body[end - 1 : end] == b"\n"


@given(st.binary(max_size=2000))
def test_random_bytes_never_raise(body: bytes) -> None:
    read(PATH, body)


def test_bytes_that_are_no_database_are_damage() -> None:
    assert codes(read(PATH, bytes(range(1, 256)) * 50)) == ["damaged"]
