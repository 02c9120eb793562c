from tests.clocked import clock, site

__all__ = ["clock", "site"]
