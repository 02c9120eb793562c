import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.words import names
from berth.words.errors import DigestInvalid, FieldInvalid, NameInvalid, TagInvalid
from berth.words.names import ImagePath

HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize("name", ["abc", "a12", "a" * 25])
def test_registry_names_that_follow_the_rule(name: str) -> None:
    assert names.registry(name) == name


@pytest.mark.parametrize("name", ["", "ab", "1ab", "a" * 26, "Abc", "a-b", "abc\n", "abç", "../x"])
def test_registry_names_that_break_it(name: str) -> None:
    with pytest.raises(NameInvalid):
        names.registry(name)


@pytest.mark.parametrize("name", ["abc", "a-b", "0-9", "a--b", "a" * 30])
def test_repository_names_that_follow_the_rule(name: str) -> None:
    assert names.repository(name) == name


@pytest.mark.parametrize("name", ["", "ab", "-ab", "ab-", "a" * 31, "a_b", "a.b", "A-B", "abc\n"])
def test_repository_names_that_break_it(name: str) -> None:
    with pytest.raises(NameInvalid):
        names.repository(name)


@pytest.mark.parametrize(
    "text", ["main/apps/web", "main/apps/team/web", "main/apps/blobs/uploads", "main/apps/a__b/c--d/e.f"]
)
def test_an_image_path_keeps_its_slashes(text: str) -> None:
    assert str(names.image_path(text)) == text


@pytest.mark.parametrize(
    "text",
    ["main/apps", "main", "", "/main/apps/web", "main/apps/", "main//web/x", "main/apps/a/../b", "main/apps/.web",
     "main/apps/web-", "main/apps/a___b", "main/apps/Web", "main/apps/" + "a" * 250, "main/apps/a//b",
     "main/apps/w\x00"],
)  # fmt: skip
def test_paths_that_cannot_be_an_image(text: str) -> None:
    with pytest.raises(NameInvalid):
        names.image_path(text)


def test_a_host_can_name_the_registry() -> None:
    assert names.image_path("apps/team/web", registry_name="main") == ImagePath("main", "apps", "team/web")


def test_the_message_for_too_few_parts_says_what_is_wanted() -> None:
    with pytest.raises(NameInvalid, match="registry/repository/image"):
        names.image_path("library/web")


@given(st.text(max_size=300))
def test_no_text_makes_an_image_path_that_reads_differently(text: str) -> None:
    try:
        path = names.image_path(text)
    except NameInvalid:
        return
    assert str(path) == text
    assert len(text) <= 255
    assert ".." not in text.split("/")


@pytest.mark.parametrize("text", ["v1", "_x", "A.b-c_d", "a" * 128])
def test_tags(text: str) -> None:
    assert names.reference(text) == text


@pytest.mark.parametrize("text", ["", ".x", "-x", "a" * 129, "a/b", "a b", "é", "v1\n"])
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(TagInvalid):
        names.reference(text)


@pytest.mark.parametrize(
    "text", ["sha256:", f"sha256:{HEX[:-1]}", f"sha256:{HEX.upper()}", f"md5:{HEX}", f"sha512:{HEX}", ":"]
)
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(DigestInvalid):
        names.reference(text)


def test_numbers_in_tags_sort_by_their_value() -> None:
    wanted = ["1.9.0", "1.10.0", "6.0.8", "6.0.9", "6.0.10", "6.0.010", "latest", "v2", "v10"]
    assert sorted(wanted, key=names.natural) in (wanted, [*wanted[:4], "6.0.010", "6.0.10", *wanted[6:]])


@given(
    st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}", fullmatch=True),
)
def test_different_tags_have_different_places_in_natural_order(one: str, other: str) -> None:
    assert (names.natural(one) == names.natural(other)) == (one == other)
    assert len(names.natural(one)) <= 600


@pytest.mark.parametrize("ending", ["", ".sig", ".att", ".sbom"])
def test_fallback_names_tell_their_subject(ending: str) -> None:
    assert str(names.fallback_subject(f"sha256-{HEX}{ending}")) == f"sha256:{HEX}"


@pytest.mark.parametrize(
    "name", [f"sha256-{HEX}.txt", f"sha256-{HEX[:-1]}", f"sha512-{HEX}", f"x-sha256-{HEX}", "latest"]
)
def test_other_names_are_no_fallback_names(name: str) -> None:
    assert names.fallback_subject(name) is None


@pytest.mark.parametrize(
    "text", ["registry.example.org", "localhost:5000", "a", "127.0.0.1:80", "Registry.Example.ORG"]
)
def test_hosts(text: str) -> None:
    assert names.host(text) == text.lower()


@pytest.mark.parametrize("text", ["", "http://a", "a/b", "a b", "-a", "a..b", "a:port", "a" * 300])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(FieldInvalid, match="host"):
        names.host(text)
