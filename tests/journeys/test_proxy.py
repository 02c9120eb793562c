"""Behind a proxy that ends TLS: clients are sent for their tokens to where they came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.client import Client, challenge
from tests.journeys import tls
from tests.journeys.conftest import prepared
from tests.journeys.tls import Proxy
from tests.journeys.tools import Layout, Tools
from tests.serving import ADMIN, PASSWORD, REPOSITORY, Server, served


@dataclass(frozen=True)
class Fronted:
    server: Server
    proxy: Proxy
    client: Client


@pytest.fixture(scope="module", params=["trusted proxy", "external url"])
def fronted(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fronted]:
    proxy = tls.prepare(tmp_path_factory.mktemp("proxy") / "nginx")
    settings = {
        "trusted proxy": {"BERTH_TRUSTED_PROXIES": "127.0.0.0/8"},
        "external url": {"BERTH_EXTERNAL_URL": proxy.url},
    }[request.param]
    folder = prepared(sqlite_template, tmp_path_factory.mktemp("fronted"))
    with (
        served(folder, settings=settings) as server,
        tls.running(proxy, server.port),
        httpx.Client(base_url=proxy.url, verify=proxy.trust) as http,
    ):
        yield Fronted(server, proxy, Client(http, ADMIN, PASSWORD, "bearer"))


def test_the_challenge_leads_back_to_the_proxy(fronted: Fronted) -> None:
    assert challenge(fronted.client.http.get("/v2/"))["realm"] == f"{fronted.proxy.url}/v2/token"


def test_a_direct_client_is_led_to_the_external_address_or_stays_where_it_is(fronted: Fronted) -> None:
    realm = challenge(httpx.get(f"{fronted.server.url}/v2/"))["realm"]
    expected = fronted.server.settings.get("BERTH_EXTERNAL_URL", fronted.server.url)
    assert realm == f"{expected}/v2/token"


def test_skopeo_pushes_and_pulls_through_it(fronted: Fronted, tmp_path: Path) -> None:
    pushed = fronted.client.image(f"{REPOSITORY}/source").push_image("v1")
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    (certificates / "ca.crt").write_bytes(fronted.proxy.certificate.read_bytes())
    here = Tools(tmp_path, fronted.proxy.host)
    here.sign_in("skopeo", f"--cert-dir={certificates}")
    source, target = (f"docker://{here.host}/{REPOSITORY}/{name}:v1" for name in ("source", "target"))
    trusting = (f"--src-cert-dir={certificates}", f"--dest-cert-dir={certificates}")
    here.skopeo("copy", "--preserve-digests", *trusting, source, target)
    here.skopeo("copy", "--preserve-digests", trusting[0], target, f"oci:{tmp_path}/down:v1")
    assert pushed.digest in Layout(tmp_path / "down").digests()


def test_large_bodies_pass_both_ways(fronted: Fronted) -> None:
    content = bytes(range(256)) * 40_000
    image = fronted.client.image(f"{REPOSITORY}/large")
    answer = image.push_stream([content[start : start + 1_000_000] for start in range(0, len(content), 1_000_000)])
    assert answer.status_code == 201
    assert image.client.ask("GET", answer.headers["location"]).content == content
