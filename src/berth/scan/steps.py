"""Long work in small transactions, one after another, with room for others in between."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from berth.site import Site


@contextmanager
def write(site: Site, *, durable: bool = False) -> Iterator[Connection]:
    """One of them, and then a rest where there is one writer."""
    began = time.monotonic()
    with site.db.write(durable=durable) as tx:
        yield tx
    site.db.give_way(began)
