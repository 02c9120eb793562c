"""The Bearer challenge: where a client gets a token, and for what (distribution's token specification)."""

from starlette.types import Scope

from berth.doors import addresses
from berth.doors.http import Query
from berth.doors.oci import routes, token
from berth.settings import Settings
from berth.words.errors import FieldInvalid, Refusal, TokenTooNarrow


def of(scope: Scope, settings: Settings, refusal: Refusal, *, own_host: bool) -> str:
    """The value of `WWW-Authenticate`. Clients read one header, so there is one.

    At an `own_host` of a registry names are shorter, so the token is had there too.
    """
    url = addresses.requested_url(settings, scope) if own_host else addresses.external_url(settings, scope)
    fields = {"realm": url + token.PATH, "service": settings.service}
    wanted = _scopes(scope)
    if wanted:
        fields["scope"] = wanted
    if isinstance(refusal, TokenTooNarrow):
        fields["error"] = "insufficient_scope"
    return "Bearer " + ",".join(f'{name}="{_quotable(value)}"' for name, value in fields.items())


def _scopes(scope: Scope) -> str:
    """What a token must be asked for to do this; a mount names its source too."""
    if scope["path"] == "/v2/_catalog":
        return "registry:catalog:*"
    route = routes.find(scope["path"])
    if route is None:
        return ""
    words = {"pull": "pull", "push": "pull,push", "delete": "delete"}
    wanted = f"repository:{route.name}:{words[routes.action(route.kind, scope['method'])]}"
    source = _source(scope) if route.kind is routes.Kind.UPLOADS else None
    return f"{wanted} repository:{source}:pull" if source and " " not in source else wanted


def _source(scope: Scope) -> str | None:
    """Where a mount takes its blob from."""
    try:
        return Query(scope.get("query_string", b"")).get("from")
    except FieldInvalid:
        return None


def _quotable(value: str) -> str:
    """Only what may stand in a quoted string, and in a header."""
    return "".join(letter for letter in value if letter.isascii() and letter.isprintable() and letter not in '"\\')
