"""Who the credentials of a request speak for, and their own password."""

from fastapi import APIRouter

from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes.people import Ended, Me, OwnPassword
from berth.people import own_password
from berth.words.errors import Denied

router = APIRouter(tags=["me"])


@router.get("/me", name="me.show")
def show_me(caller: TheCaller) -> Me:
    """Show who is signed in."""
    who = caller.principal
    return Me(
        name=who.name,
        administrator=who.administrator,
        key=who.key_id,
        scopes=None if who.scopes is None else [str(scope) for scope in who.scopes],
        expires_at=who.good_until,
    )


@router.post("/me/password", name="user.change-password")
def change_own_password(given: OwnPassword, site: TheSite, caller: TheCaller) -> Ended:
    """Change your own password. Your keys, tokens and sessions end at once."""
    if caller.principal.key_id is not None:
        raise Denied("a key may not change the password of its owner; sign in with the password")
    return Ended(keys_ended=own_password.change(site, caller.actor, caller.principal.name, given.old, given.new))
