"""A test that cannot run says so, and in CI that is a failure."""

import pytest

from tests import packages, programs


def test_a_test_without_its_program_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        programs.need("no-such-program")


def test_in_ci_a_test_without_its_program_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        programs.need("no-such-program")


def test_what_not_every_stable_debian_has_is_skipped_in_ci_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not on PATH"):
        programs.where_installed("no-such-program")


@pytest.mark.parametrize(
    ("released", "taken"), [({"b", "c"}, "b"), ({"c"}, "c"), (set(), "c")], ids=["both", "one", "none"]
)
def test_of_packages_that_stand_for_each_other_the_first_is_installed_that_there_is(
    monkeypatch: pytest.MonkeyPatch, released: set[str], taken: str
) -> None:
    monkeypatch.setattr(packages, "is_released", released.__contains__)
    assert packages.chosen("a | b | c") == taken
