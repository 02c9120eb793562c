from tests.registry.conftest import clock, site, web

__all__ = ["clock", "site", "web"]
