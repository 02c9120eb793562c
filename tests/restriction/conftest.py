import pytest

from berth.site import Site
from tests import make
from tests.clocked import clock, site
from tests.make import Target

__all__ = ["clock", "site"]


@pytest.fixture
def target(site: Site) -> Target:
    return make.image(site, "main/apps/web")
