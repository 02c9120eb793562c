"""Updates of a whole Berth: by itself, by the API and by the command, and without a network."""

from pathlib import Path

import httpx
import pytest

from tests.scan.advisories.osv import affected, record
from tests.scan.fetching import export
from tests.scan.fetching.export import Export
from tests.serving import ADMIN, PASSWORD, Server, free_port, served, wait_for

ADVISORIES = "/api/v1/advisories"
ME = httpx.BasicAuth(ADMIN, PASSWORD)


@pytest.fixture
def published(tmp_path: Path) -> Export:
    made = Export(tmp_path / "export")
    made.put("npm", record("GHSA-1", affected("npm", "left-pad", ("introduced", "0"))))
    made.publish()
    return made


def settings(url: str, hours: int) -> dict[str, str]:
    return {
        "BERTH_ADVISORIES_URL": url,
        "BERTH_ADVISORIES_ECOSYSTEMS": "npm",
        "BERTH_ADVISORIES_HOURS": str(hours),
    }


def shown(server: Server) -> dict[str, object]:
    found: dict[str, object] = server.http.get(ADVISORIES, auth=ME).json()
    return found


def test_a_new_berth_fetches_advisories_by_itself(published: Export, tmp_path: Path) -> None:
    with export.served(published.folder) as source, served(tmp_path / "a", settings=settings(source.url, 6)) as server:
        wait_for(lambda: shown(server)["current"] is not None)
        assert source.asked == ["npm/all.zip"]
        assert shown(server)["update_failed"] == ""


def test_whoever_runs_it_asks_by_api_or_by_command_and_nobody_else(published: Export, tmp_path: Path) -> None:
    with export.served(published.folder) as source, served(tmp_path / "a", settings=settings(source.url, 0)) as server:
        assert server.http.post(f"{ADVISORIES}/update").status_code == 401
        carol = {"name": "carol", "password": PASSWORD}
        assert server.http.post("/api/v1/users", json=carol, auth=ME).status_code == 201
        assert server.http.post(f"{ADVISORIES}/update", auth=("carol", PASSWORD)).status_code == 403
        assert source.asked == []
        started = server.http.post(f"{ADVISORIES}/update", auth=ME)
        assert (started.status_code, started.json()["kind"]) == (202, "update advisories")
        wait_for(lambda: server.http.get(started.headers["Location"], auth=ME).json()["state"] == "done")
        assert "advisories updated" in server.berth("vulndb", "update")
        assert source.asked == ["npm/all.zip", "npm/modified_id.csv"]


def test_without_a_network_it_serves_and_says_what_failed(tmp_path: Path) -> None:
    with served(tmp_path / "a", settings=settings(f"http://127.0.0.1:{free_port()}", 6)) as server:
        wait_for(lambda: shown(server)["update_failed"] != "")
        assert "cannot be reached" in str(shown(server)["update_failed"])
        assert shown(server)["current"] is None
        assert server.log.count("advisories not updated") == 1
        assert "Traceback" not in server.log
