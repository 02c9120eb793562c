"""What `/readyz` says of what Berth stands on."""

import json
from pathlib import Path

from berth.doors import ops
from berth.site import Site
from tests import sites


def checks(site: Site) -> tuple[int, dict[str, str]]:
    answer = ops.readyz(site)
    return answer.status, json.loads(answer.body)["checks"]


def test_all_is_well(site: Site) -> None:
    assert checks(site) == (200, {"database": "ok", "storage": "ok"})


def test_a_database_whose_file_was_deleted_is_not_ready(sqlite_url: str) -> None:
    """The open file can still be read and written, and all of it goes with the last process that has it open."""
    with sites.opened(sqlite_url, sites.Clock()) as site:
        site.db.check()
        Path(site.db.url.database or "").unlink()
        assert checks(site) == (503, {"database": "failed", "storage": "ok"})
