"""What an adapter is given is enough to pull the image with, wherever it is sent for it."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from berth.app import application
from berth.db.tables import registry
from berth.scan import working
from berth.settings import Settings
from berth.site import Site, open_site
from berth.words.policies import PullPolicy
from tests import make, sites
from tests.inside import Inside
from tests.make import Target
from tests.scan import images
from tests.scan.external.adapters import Plan, Running, metadata
from tests.scan.test_scanning import check

Start = Callable[[Plan], Running]


def site_of(adapter: Running, registry_url: str, database_url: str, folder: Path) -> Site:
    scanner = {"kind": "harbor", "url": adapter.url, "registry_url": registry_url, "pull_as": "adapter"}
    return open_site(
        Settings(
            data=folder, database_url=database_url, storage_url="memory:", scanners=SecretStr(json.dumps([scanner]))
        )
    )


def restricted(site: Site) -> Target:
    web = make.image(site, "main/apps/web")
    with site.db.write() as tx:
        tx.execute(registry.update().values(private_host="main.example.org"))
    make.choose(web, policy_pull=PullPolicy(restrict_unscanned=True).to_json())
    sites.grant(site, sites.person(site, "adapter"), web.place, "pull")
    return web


@pytest.mark.parametrize("wanted", ["Basic", "Bearer"])
@pytest.mark.parametrize("host", ["registry.example.org", "main.example.org"])
def test_an_image_that_waits_for_its_check_is_pulled_to_be_checked(
    adapter: Start, database_url: str, tmp_path: Path, host: str, wanted: str
) -> None:
    running = adapter(Plan(metadata=[metadata(**{"registry-authorization-type": wanted})]))
    with closing(site_of(running, f"http://{host}", database_url, tmp_path)) as site:
        web = restricted(site)
        pushed = images.push(web, images.minbase(), tag="v1")
        check(web, pushed)
        working.run_all(site)
        asked = json.loads(next(each.body for each in running.requests() if each.method == "POST"))
        headers = {"Authorization": asked["registry"]["authorization"]}
        address = f"/v2/{asked['artifact']['repository']}/manifests/{asked['artifact']['digest']}"
        transport = Inside(application(site))
        with httpx.Client(transport=transport, base_url=asked["registry"]["url"]) as client:
            assert client.get(address, headers=headers).content == pushed.body
