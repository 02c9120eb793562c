"""What has run out goes: tokens, sessions and failures are otherwise only looked at when somebody signs in."""

from berth.jobs import job
from berth.people import refresh, sessions, throttle
from berth.site import Site


@job("people.purge_expired")
def purge(site: Site) -> None:
    with site.db.write(durable=False) as tx:
        throttle.purge(tx, site.now())
        refresh.purge(tx, site.now())
        sessions.purge(tx, site.now())
