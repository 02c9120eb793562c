"""A command on a database beside which nothing runs."""

from tests import make, sites
from tests.cli.conftest import Command

JSON = ("--output", "json")


def test_what_takes_long_is_done_by_the_command_that_waits_for_it(berth: Command, database_url: str) -> None:
    with sites.opened(database_url, sites.Clock()) as site:
        web = make.image(site, "main/apps/web")
        digest = str(make.manifest(web, b"a layer", tag="v1").digest)
    berth.succeeds("digest", "delete", "main/apps/web", digest)
    assert [entry["digest"] for entry in berth.succeeds("trash", "list", "main/apps", *JSON).json] == [digest]


def test_who_does_not_wait_leaves_it_to_a_worker(berth: Command, database_url: str) -> None:
    with sites.opened(database_url, sites.Clock()) as site:
        web = make.image(site, "main/apps/web")
        make.manifest(web, b"a layer", tag="v1")
    operation = berth.succeeds("image", "delete", "main/apps/web", "--no-wait").out.split()[-1]
    assert berth.succeeds("operation", "show", operation, *JSON).json["state"] == "queued"
    berth.succeeds("operation", "wait", operation)
    assert berth("image", "delete", "main/apps/web").code == 3
