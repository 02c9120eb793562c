"""The API does what its own document says, for what the document allows and for what it forbids.

Cases come from schemathesis. For each page they run as an administrator on a site of their own, which has one of
everything; in the long run on both databases.
"""

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from starlette.types import ASGIApp, Receive, Scope, Send

from berth.app import application
from berth.doors.api import routes
from berth.settings import Settings
from berth.site import Site, open_site
from tests import databases, make, sites
from tests.long import long

# The document cannot tell which cursor a list has given out or which version is the one there is now, and that a
# person has a password and a robot none.
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "403", "404", "409", "412", "423"]},
    "missing_required_header": {"expected-statuses": ["400", "428"]},
}


def document() -> dict[str, Any]:
    """Without what it says of signing in, which tests of their own hold: whoever guesses is slowed down."""
    found = dict(routes.application().openapi())
    del found["security"]
    return found


class SignedIn:
    """The application, as an administrator's client that always sends the same key."""

    def __init__(self, site: Site) -> None:
        self._app = application(site)
        key, secret = sites.key(site, sites.robot(site, "operator", administrator=True))
        self._header = b"Basic " + base64.b64encode(f"{key.id}:{secret}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
            scope = {**scope, "headers": [*others, (b"authorization", self._header)]}
        await self._app(scope, receive, send)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=long)])
def database_url(request: pytest.FixtureRequest) -> str:
    return databases.url_of(request)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[ASGIApp]:
    chosen = Settings(
        data=tmp_path,
        database_url=database_url,
        storage_url="memory:",
        log_level="error",
    )
    with closing(open_site(chosen)) as site:
        web = make.image(site, "main/apps/shop/web")
        make.index(web, [make.manifest(web, b"a layer", tag="v1.2")], tag="latest")
        bob = sites.robot(site, "alice")
        sites.grant(site, bob, web.place, "writer")
        sites.key(site, bob)
        yield SignedIn(site)


schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict({"checks": CHECKS}))


@schema.parametrize()
@settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_the_api_does_what_its_document_says(case: schemathesis.Case[Any], app: ASGIApp) -> None:
    case.call_and_validate(app=app)
