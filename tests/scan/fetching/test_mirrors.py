"""What an address means, and a mirror that is a folder."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from berth.scan.fetching import mirrors
from berth.scan.fetching.bucket import Bucket
from berth.scan.fetching.failures import Missing, NotFetched
from berth.scan.fetching.folder import Folder
from berth.scan.fetching.pace import Pace
from berth.settings import Settings


def test_an_address_is_a_server_or_a_folder(tmp_path: Path) -> None:
    for address, kind in (("https://example.org/osv", Bucket), (tmp_path.as_uri(), Folder)):
        mirror = mirrors.opened(address, Pace())
        assert isinstance(mirror, kind)
        mirror.close()


def test_a_folder_with_a_space_in_its_name_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "a mirror" / "Rocky Linux"
    folder.mkdir(parents=True)
    (folder / "all.zip").write_bytes(b"here")
    mirror = mirrors.opened((tmp_path / "a mirror").as_uri(), Pace())
    mirror.fetch("Rocky Linux/all.zip", tmp_path / "fetched", 10)
    assert (tmp_path / "fetched").read_bytes() == b"here"


def test_a_file_of_a_folder_has_limits_and_is_not_copied_twice(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    folder = Folder(tmp_path)
    tag = folder.fetch("a", tmp_path / "fetched", 5)
    assert tag
    assert folder.fetch("a", tmp_path / "fetched", 5, tag) is None
    with pytest.raises(NotFetched, match="5 bytes, more than 4"):
        folder.fetch("a", tmp_path / "fetched", 4)
    with pytest.raises(Missing):
        folder.fetch("b", tmp_path / "fetched", 4)


@pytest.mark.parametrize(
    "address",
    ["", "osv", "ftp://example.org", "https://", "https://me:secret@example.org", "file://host/a", "https://a/?b=c"],
)
def test_an_address_that_means_nothing_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValidationError, match="it must be https://"):
        Settings(advisories_url=address)


@pytest.mark.parametrize("name", ["Debian:12", "../npm", "npm/x", "."])
def test_a_name_that_is_no_ecosystem_is_refused_at_the_start(name: str) -> None:
    with pytest.raises(ValidationError, match="is none"):
        Settings(advisories_ecosystems=("npm", name))


def test_names_are_given_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_ADVISORIES_ECOSYSTEMS", "Debian, Rocky Linux,crates.io,")
    assert Settings().advisories_ecosystems == ("Debian", "Rocky Linux", "crates.io")
