"""What has run out goes, however much it is, and nothing else does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, insert, select

from berth.db.tables import account, refresh_token, session, throttle
from berth.people import expired
from berth.site import Site
from tests import sites
from tests.sites import Clock

MANY = 2 * expired.AT_ONCE + 1


def made(site: Site, table: Table, many: int, **values: Any) -> None:  # Any: column values
    rows = [{table.primary_key.columns[0].name: str(uuid4()), **values} for _ in range(many)]
    with site.db.write() as tx:
        tx.execute(insert(table), rows)


def test_what_has_run_out_goes_and_the_rest_stays(site: Site, clock: Clock) -> None:
    name = sites.person(site, "ann").name
    with site.db.read() as tx:
        ann = tx.execute(select(account.c.id, account.c.epoch).where(account.c.name == name)).one()
    mine = {"account_id": ann.id, "created_at": clock.at}
    signed = {**mine, "epoch": ann.epoch, "address": "", "agent": ""}
    hour = timedelta(hours=1)
    for many, at in ((MANY, clock.at), (1, clock.at + hour)):
        made(site, throttle, many, failures=1, until=at, failed_at=at - hour)
        made(site, refresh_token, many, **mine, service="berth", expires_at=at)
        made(site, session, many, **signed, expires_at=at)
    made(site, session, 1, **{**signed, "epoch": "old"}, expires_at=clock.at + hour)
    clock.forward(seconds=1)
    expired.purge.run(site)
    with site.db.read() as tx:
        left = [tx.execute(select(table)).all() for table in (throttle, refresh_token, session)]
    assert [len(each) for each in left] == [1, 1, 1]
    assert left[2][0].epoch == ann.epoch
