"""A provider of OpenID Connect: people prove to it who they are, and it tells us (authorization code flow with PKCE).

Its documents and keys are kept for an hour, and its keys fetched anew when a token is signed with an unknown one. One
that does not answer is left alone for half a minute: anybody can ask for it, and threads wait while it is asked.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
import structlog
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from berth.settings import Settings
from berth.words.errors import TooManyAttempts, Unauthenticated

SCOPE = "openid profile"
SECONDS = 10.0
KEPT = 3600.0
LEFT_ALONE = 30.0
"""Seconds after a failure in which it is not asked again."""
PATIENCE = 1.0
"""Seconds to wait for another who asks it already; when people begin to sign in, several do at once."""
AT_ONCE = 6
"""Threads that may wait for it, of those that all doors share."""
SKEW = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""None of these is made with a secret that we share."""
AWAY = "the sign-in provider could not be reached, or answered in a way that cannot be used"
SAID_NO = "the sign-in provider said no"
NOT_GOOD = "the sign-in provider sent a token that is not good"
FOR_ANOTHER = "the sign-in provider sent a token for somebody else"

Claims = dict[str, Any]  # Any: JSON values

log = structlog.get_logger("berth.people")


@dataclass(frozen=True)
class Journey:
    """What is remembered of somebody who is on their way to the provider and back."""

    state: str = field(default_factory=lambda: generate_token(32))
    nonce: str = field(default_factory=lambda: generate_token(32))
    verifier: str = field(default_factory=lambda: generate_token(48))


class Provider:
    """One per process."""

    def __init__(
        self, settings: Settings, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._seconds = seconds
        self._clock = clock
        self._turns = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._facts: Claims = {}
        self._keys: KeySet | None = None
        self._until = clock()
        self._away_until = clock()

    def begin(self, journey: Journey, back: str) -> str:
        """The address that the browser goes to; from there it comes to `back`.

        Raises `Unauthenticated`, `TooManyAttempts`.
        """
        with self._client(back) as client:
            address, _state = client.create_authorization_url(
                self._fact("authorization_endpoint"),
                state=journey.state,
                nonce=journey.nonce,
                code_verifier=journey.verifier,
            )
            return str(address)

    def finish(self, journey: Journey, back: str, arrived: str) -> Claims:
        """Who somebody is who came back with this query string. Raises `Unauthenticated`, `TooManyAttempts`."""
        endpoint = self._fact("token_endpoint")
        try:
            with self._turn(), self._client(back) as client:
                token = client.fetch_token(
                    endpoint,
                    authorization_response=f"{back}?{arrived}",
                    state=journey.state,
                    code_verifier=journey.verifier,
                )
        except OAuthError as error:
            raise Unauthenticated(f"{SAID_NO}: {error.error}") from None
        except (httpx2.HTTPError, ValueError, KeyError):
            log.exception("provider failed")
            raise Unauthenticated(AWAY) from None
        return self._verified(str(token.get("id_token", "")), journey.nonce)

    def _client(self, back: str) -> OAuth2Client:
        secret = self._settings.oidc_client_secret
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=self._seconds,
        )

    def _verified(self, token: str, nonce: str) -> Claims:
        """The claims of an ID token (OpenID Connect Core, 3.1.3.7)."""
        try:
            claims = self._decoded(token)
            rules = jwt.JWTClaimsRegistry(
                leeway=SKEW,
                iss={"essential": True, "value": self._fact("issuer")},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            log.warning("provider sent a token that is not good", reason=str(error))
            raise Unauthenticated(NOT_GOOD) from None
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise Unauthenticated(FOR_ANOTHER)
        return claims

    def _decoded(self, token: str) -> Claims:
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            self._until = self._clock()  # it may have other keys by now
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims

    def _key_set(self) -> KeySet:
        self._learn()
        if self._keys is None:
            raise Unauthenticated(AWAY)
        return self._keys

    def _fact(self, name: str) -> str:
        self._learn()
        value = self._facts.get(name)
        if not isinstance(value, str):
            raise Unauthenticated(AWAY)
        return value

    def _learn(self) -> None:
        """Have at hand what the provider says of itself. Raises `Unauthenticated`, `TooManyAttempts`."""
        if self._clock() < self._until:
            return
        self._refuse_away()
        with self._turn():
            if not self._lock.acquire(timeout=PATIENCE):
                if self._keys is None:
                    raise Unauthenticated(AWAY)
                return  # somebody renews it; what was true a moment ago will do
            try:
                self._refuse_away()
                if self._clock() >= self._until:
                    self._fetch()
            finally:
                self._lock.release()

    def _refuse_away(self) -> None:
        if self._clock() < self._away_until:
            raise Unauthenticated(AWAY)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise TooManyAttempts(retry_after=1)
        try:
            yield
        finally:
            self._turns.release()

    def _fetch(self) -> None:
        """Read what the provider says of itself (OpenID Connect Discovery, 4)."""
        try:
            with httpx2.Client(timeout=self._seconds) as client:
                facts = _json(client, f"{self._settings.oidc_issuer}/.well-known/openid-configuration")
                keys = _json(client, str(facts["jwks_uri"]))
            self._is_it(facts)
            self._facts, self._keys = facts, KeySet.import_key_set(cast("KeySetSerialization", keys))
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError):
            log.exception("provider unusable", issuer=urlsplit(self._settings.oidc_issuer).netloc)
            self._away_until = self._clock() + LEFT_ALONE
            raise Unauthenticated(AWAY) from None
        self._until = self._clock() + KEPT

    def _is_it(self, facts: Claims) -> None:
        if str(facts["issuer"]).rstrip("/") != self._settings.oidc_issuer:
            raise ValueError(f"it calls itself {facts['issuer']}")


def _json(client: httpx2.Client, address: str) -> Claims:
    answer = client.get(address)
    answer.raise_for_status()
    found: Claims = answer.json()
    return found
