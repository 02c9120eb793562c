"""A provider of OpenID Connect: people prove to it who they are, and it tells us (authorization code flow with PKCE).

Its documents and keys are kept for an hour, and its keys fetched anew when a token is signed with an unknown one.
"""

import time
from dataclasses import dataclass, field
from threading import Lock
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
from berth.words.errors import Unauthenticated

SCOPE = "openid profile"
SECONDS = 10.0
KEPT = 3600.0
SKEW = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""None of these is made with a secret that we share."""
AWAY = "the sign-in provider could not be reached, or answered in a way that cannot be used"

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

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._facts: Claims = {}
        self._keys: KeySet | None = None
        self._until = 0.0

    def begin(self, journey: Journey, back: str) -> str:
        """The address that the browser goes to; from there it comes to `back`. Raises `Unauthenticated`."""
        with self._client(back) as client:
            address, _state = client.create_authorization_url(
                self._fact("authorization_endpoint"),
                state=journey.state,
                nonce=journey.nonce,
                code_verifier=journey.verifier,
            )
            return str(address)

    def finish(self, journey: Journey, back: str, arrived: str) -> Claims:
        """Who somebody is who came back with this query string. Raises `Unauthenticated`."""
        try:
            with self._client(back) as client:
                token = client.fetch_token(
                    self._fact("token_endpoint"),
                    authorization_response=f"{back}?{arrived}",
                    state=journey.state,
                    code_verifier=journey.verifier,
                )
        except OAuthError as error:
            raise Unauthenticated(f"the sign-in provider said no: {error.error}") from None
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
            timeout=SECONDS,
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
            raise Unauthenticated("the sign-in provider sent a token that is not good") from None
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise Unauthenticated("the sign-in provider sent a token for somebody else")
        return claims

    def _decoded(self, token: str) -> Claims:
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            self._until = 0.0  # it may have other keys by now
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
        """Read what the provider says of itself (OpenID Connect Discovery, 4)."""
        with self._lock:
            if time.monotonic() < self._until:
                return
            try:
                with httpx2.Client(timeout=SECONDS) as client:
                    facts = _json(client, f"{self._settings.oidc_issuer}/.well-known/openid-configuration")
                    keys = _json(client, str(facts["jwks_uri"]))
                self._is_it(facts)
                self._facts, self._keys = facts, KeySet.import_key_set(cast("KeySetSerialization", keys))
            except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError):
                log.exception("provider unusable", issuer=urlsplit(self._settings.oidc_issuer).netloc)
                raise Unauthenticated(AWAY) from None
            self._until = time.monotonic() + KEPT

    def _is_it(self, facts: Claims) -> None:
        if str(facts["issuer"]).rstrip("/") != self._settings.oidc_issuer:
            raise ValueError(f"it calls itself {facts['issuer']}")


def _json(client: httpx2.Client, address: str) -> Claims:
    answer = client.get(address)
    answer.raise_for_status()
    found: Claims = answer.json()
    return found
