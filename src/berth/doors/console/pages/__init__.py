"""The pages, a family in each module; each names its addresses in ROUTES, and the first that fits answers."""

from berth.doors.console.pages import (
    account,
    activity,
    affected,
    audit,
    checking,
    deleting,
    grants,
    home,
    image,
    image_edit,
    images,
    keys,
    locking,
    naming,
    places,
    places_edit,
    policy_test,
    search,
    settings,
    sign_in,
    single_sign_on,
    tags,
    trash,
    users,
    vulnerabilities,
)
from berth.doors.console.routes import Route

FAMILIES = (
    sign_in,
    single_sign_on,
    home,
    search,
    activity,
    affected,
    trash,
    keys,
    users,
    audit,
    settings,
    account,
    grants,
    places_edit,
    places,
    images,
    naming,
    locking,
    checking,
    deleting,
    vulnerabilities,
    policy_test,
    image_edit,
    tags,
    image,
)


def routes() -> list[Route]:
    return [route for family in FAMILIES for route in family.ROUTES]
