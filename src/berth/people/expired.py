"""What has run out goes: tokens, sessions and failures are otherwise only looked at when somebody signs in."""

from berth.jobs import job
from berth.people import refresh, sessions, throttle
from berth.site import Site

AT_ONCE = 500


@job("people.purge_expired")
def purge(site: Site) -> None:
    now = site.now()
    site.db.in_parts(lambda tx: throttle.purge(tx, now, AT_ONCE), AT_ONCE)
    site.db.in_parts(lambda tx: refresh.purge(tx, now, AT_ONCE), AT_ONCE)
    site.db.in_parts(lambda tx: sessions.purge(tx, now, AT_ONCE), AT_ONCE)
