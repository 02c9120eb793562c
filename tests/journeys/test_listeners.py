"""An endpoint with a port to itself, on real sockets and in several processes."""

from pathlib import Path

import httpx
import pytest

from tests.client import Client
from tests.serving import ADMIN, PASSWORD, free_port, served


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_registry_is_reached_by_a_port_of_its_own(data: Path, workers: str) -> None:
    port = free_port()
    settings = {"BERTH_LISTENERS": f"edge=127.0.0.1:{port}"}
    with served(data, settings=settings, words=("--workers", workers)) as server:
        server.berth("registry", "edit", "main", "--private-listener", "edge")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            here = Client(http, ADMIN, PASSWORD, "bearer").image("apps/hello")
            pushed = here.push_image("v1")
        assert server.client().image("main/apps/hello").get("v1").content == pushed.body
        shown = server.http.get("/api/v1/registries/main/repositories/apps/images/hello", auth=(ADMIN, PASSWORD)).json()
        assert shown["endpoints"] == {"private": f"127.0.0.1:{port}/apps/hello", "public": None}
