"""`berth settings` and `berth migrate`, and what is said of settings that are wrong."""

from pathlib import Path

import pytest

from berth.cli.in_force import shown
from berth.settings import Settings, load
from tests.cli.conftest import Command


def values(berth: Command) -> dict[str, object]:
    rows = berth.succeeds("settings", "--output", "json").json
    return {row["setting"]: row["value"] for row in rows}


def test_every_setting_is_shown_as_it_works(berth: Command, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("BERTH_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    found = values(berth)
    assert found.keys() == {f"BERTH_{name.upper()}" for name in Settings.model_fields}
    assert found["BERTH_DATABASE_URL"] == database_url
    assert found["BERTH_TRUSTED_PROXIES"] == ["10.0.0.0/8", "192.0.2.1/32"]
    assert found["BERTH_TOKEN_SECONDS"] == 300


def test_it_is_told_what_was_set(berth: Command) -> None:
    rows = berth.succeeds("settings", "--output", "json").json
    assert {row["setting"] for row in rows if row["set"]} == {"BERTH_DATABASE_URL", "BERTH_STORAGE_URL"}


def test_the_data_folder_makes_the_addresses(berth: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BERTH_DATABASE_URL")
    monkeypatch.delenv("BERTH_STORAGE_URL")
    rows = berth.succeeds("settings", "--data", str(tmp_path), "--output", "json").json
    found = {row["setting"]: row["value"] for row in rows}
    assert found["BERTH_DATABASE_URL"] == f"sqlite:///{tmp_path / 'berth.db'}"
    assert found["BERTH_STORAGE_URL"] == f"file://{tmp_path / 'blobs'}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://berth:hush@host/name",
        "postgresql+psycopg://berth:a/hush@b@host/name",
        "postgresql+psycopg://berth:hush:hush@host/name?sslmode=require",
        "postgresql+psycopg://:hush@host/name",
        "postgresql+psycopg://berth@host/name?password=hush&sslmode=require",
        "postgresql+psycopg://berth@host/name?sslmode=require&sslPassword=hush",
    ],
)
def test_a_password_in_an_address_is_not_shown(url: str) -> None:
    text = str(shown(load(database_url=url), "database_url"))
    assert "hush" not in text
    assert "********" in text
    assert "host/name" in text


def test_the_first_password_is_not_shown(berth: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_ADMIN_PASSWORD", "hush, hush")
    for words in (["settings"], ["settings", "--output", "json"]):
        assert "hush" not in berth.succeeds(*words).out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BERTH_DATABASE_URL", "mysql://host/name"),
        ("BERTH_DATABASE_URL", "nonsense"),
        ("BERTH_STORAGE_URL", "ftp://host"),
        ("BERTH_TOKEN_SECONDS", "soon"),
        ("BERTH_TRUSTED_PROXIES", "everyone"),
        ("BERTH_EXTERNAL_URL", "host"),
        ("BERTH_ADMIN_PASSWORD", "short"),
        ("BERTH_COLOUR", "blue"),
    ],
)
def test_a_setting_that_is_wrong_is_named_in_one_line(
    berth: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    for words in (["settings"], ["user", "list"]):
        done = berth(*words)
        assert done.code == 2
        assert name in done.line


def test_settings_that_do_not_go_together_are_told(berth: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_GRACE_HOURS", "2")
    assert berth("settings").line.startswith("berth: grace_hours must be more than upload_hours")


@pytest.mark.parametrize("url", ["sqlite:////dev/null/x", "postgresql+psycopg://127.0.0.1:1/x"])
def test_a_database_out_of_reach_is_one_line(berth: Command, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("BERTH_DATABASE_URL", url)
    done = berth("user", "list")
    assert done.code == 1
    assert done.line.startswith("berth: ")


def test_a_file_that_is_no_database_is_one_line(
    berth: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "letter").write_text("Dear reader, this is no database. " * 100)
    monkeypatch.setenv("BERTH_DATABASE_URL", f"sqlite:///{tmp_path / 'letter'}")
    assert berth("migrate").line == "berth: the database cannot be used: file is not a database"


def test_an_empty_database_is_migrated(
    berth: Command, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv("BERTH_DATABASE_URL", empty_database_url)
    for _ in range(2):
        berth.succeeds("migrate")
    assert berth.succeeds("user", "list", "--output", "json").json == []
