"""What a client hears when the disk is full."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from berth.doors import shortage
from tests import documents
from tests.client import code
from tests.doors.oci import harbour as harbours
from tests.doors.oci.harbour import PRIVATE, Dock, Harbour


@pytest.fixture
def harbour(sqlite_url: str, tmp_path: Path) -> Iterator[Harbour]:
    """One of its own, for its database will be full."""
    with harbours.opened(sqlite_url, tmp_path, log_level="error") as opened:
        yield opened


def limit_pages(harbour: Harbour, more: int) -> None:
    with harbour.site.db.write() as tx:
        pages = tx.scalar(text("PRAGMA page_count")) or 0
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")


def test_a_full_database_is_told_as_such_and_works_again_when_there_is_room(harbour: Harbour) -> None:
    dock = Dock(harbour, harbour.repository(), harbour.somebody((PRIVATE, "owner")))
    image = dock.image()
    image.push_image("v1")
    large = documents.index([], annotations={"large": "x" * 1_000_000})
    limit_pages(harbour, 0)
    answer = image.put("large", large)
    assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
    assert "no room left" in answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert image.get("v1").status_code == 200
    assert image.get("large").status_code == 404
    limit_pages(harbour, 10_000)
    assert image.put("large", large).status_code == 201


def test_a_damaged_database_is_told_as_such_on_the_way_of_a_pull(harbour: Harbour) -> None:
    dock = Dock(harbour, harbour.repository(), harbour.somebody((PRIVATE, "owner")))
    image = dock.image()
    image.push_image("v1")
    with harbour.site.db.write(durable=False) as tx:
        path = Path(tx.engine.url.database or "")
    with harbour.site.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(100)  # behind the header, so that it is a database still
        file.write(b"\xff" * (size - 100))
    answer = image.get("v1")
    assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
    assert "damaged" in answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_a_full_disk_is_no_defect() -> None:
    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  closed below, after it has failed
    with full, pytest.raises(OSError, match="No space left") as failed:
        full.write(b"x")
    assert shortage.of(failed.value) == "the storage has no room left"
    assert shortage.of(OSError(errno.EROFS, "")) == "the storage cannot be written to"
    assert shortage.of(OSError(errno.EBADF, "")) is None
    assert shortage.of(KeyError()) is None
