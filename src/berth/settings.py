"""Settings: what an operator chooses before Berth starts. This module alone reads the environment.

Every field is `BERTH_` and its name in capitals. What changes while Berth runs is a row, not a setting.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from berth.words import listeners
from berth.words.listeners import Listener

PREFIX = "BERTH_"
SHORTEST_PASSWORD = 8

Network = IPv4Network | IPv6Network


class UnknownSettingError(ValueError):
    """An environment variable begins with `BERTH_` and is no setting."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    data: Path = Field(
        default=Path("data"), description="Folder for the embedded database and the blobs; `--data` sets it."
    )
    database_url: str = Field(
        default="",
        description="`sqlite:///file` or `postgresql+psycopg://user:password@host/name`. "
        "Empty: a SQLite file in the data folder.",
    )
    storage_url: str = Field(
        default="",
        description="Where blobs are kept: `file:///folder`, or `memory:` for tests: each process has its own, and it "
        "ends with the process. Empty: `blobs` in the data folder.",
    )
    admin_password: SecretStr | None = Field(
        default=None,
        description="Password of the first administrator, `admin`, used once when the database is new. "
        "Without it one is made up and printed once.",
    )
    external_url: str = Field(
        default="",
        description="The address clients use, such as `https://registry.example.org`. It makes the token realm and "
        "shown addresses. Empty: the address of each request.",
    )
    listeners: Annotated[tuple[Listener, ...], NoDecode] = Field(
        default=(),
        description="More addresses to listen on, as `name=address:port`, separated by commas, such as "
        "`edge=0.0.0.0:5001`. An endpoint of a registry can have one of them to itself: see "
        "[listeners](access.md#hosts-and-listeners).",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks, separated by commas, whose `X-Forwarded-For`, `-Proto` and `-Host` "
        "are believed.",
    )
    service: str = Field(default="berth", pattern=r"^[ -~]{1,200}$", description="Name of the service in tokens.")
    token_seconds: int = Field(default=300, ge=60, le=86400, description="How long a bearer token is good for.")
    refresh_days: int = Field(default=30, ge=1, le=366, description="How long a refresh token is good for.")
    session_hours: int = Field(
        default=24, ge=1, le=744, description="How long somebody stays signed in to the console."
    )
    console_over_http: bool = Field(
        default=False,
        description="Let people sign in to the console over plain HTTP from other machines too, where their password "
        "and session can be read on the way. Without it that needs TLS, or the loopback.",
    )
    confirm_by_typing: bool = Field(
        default=False, description="Whoever deletes an image in the console types its name first."
    )
    oidc_issuer: str = Field(
        default="",
        description="Address of a provider of OpenID Connect, such as `https://id.example.org`: people may sign in to "
        "the console with it. See [single sign-on](console.md#single-sign-on). Empty: passwords alone.",
    )
    oidc_client_id: str = Field(default="", max_length=255, description="What the provider calls this Berth.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="The secret that goes with it.")
    oidc_name: str = Field(
        default="single sign-on", pattern=r"^[^<>]{1,60}$", description="What the sign-in page calls the provider."
    )
    oidc_claim: str = Field(
        default="preferred_username",
        pattern=r"^[a-z_]{1,60}$",
        description="The claim of the provider that names a user who is created.",
    )
    oidc_create: bool = Field(
        default=False,
        description="Create a user, without any right, for whoever signs in with the provider for the first time.",
    )
    upload_hours: int = Field(
        default=24, ge=1, le=240, description="How long an upload may take before what came of it is dropped."
    )
    grace_hours: int = Field(
        default=48,
        ge=2,
        le=2400,
        description="How long bytes that nothing uses are kept. Longer than an upload may take.",
    )
    audit_days: int = Field(
        default=365, ge=0, le=36_500, description="How long audit events are kept. 0 keeps them for ever."
    )
    refused_pull_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description="How long it is kept which pulls the pull restriction refused, and to whom.",
    )
    trash_days: int = Field(
        default=7,
        ge=0,
        le=3650,
        description="How long what was deleted can be restored from the trash. With 0 it is gone at once.",
    )
    max_blob_bytes: int = Field(
        default=1 << 40, ge=1 << 20, description="Largest blob that is taken. The default is 1 TiB."
    )
    idle_seconds: int = Field(
        default=60,
        ge=1,
        le=3600,
        description="How long the body of a push may stand still before it is cut. Downloads are cut after 60 s.",
    )
    stop_seconds: int = Field(
        default=30, ge=1, le=3600, description="How long running requests may go on after a request to stop."
    )
    advisories_url: str = Field(
        default="https://osv-vulnerabilities.storage.googleapis.com",
        description="Where advisories are fetched from: OSV's bulk export, or a mirror of it, as `https://...` or "
        "`file:///folder`; `http://...` for a network that is yours alone. Proxies are those of the environment.",
    )
    advisories_ecosystems: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Of which ecosystems advisories are fetched, separated by commas and named as OSV names them, such "
        "as `Debian, npm`. Empty: the common ones, and those that images in this registry have packages of.",
    )
    advisories_hours: int = Field(
        default=6,
        ge=0,
        le=168,
        description="How often what has changed is fetched, in the background. With 0 it never is by itself; "
        "`berth vulndb update` fetches it and `berth vulndb import` takes it from a file.",
    )
    scanners: SecretStr | None = Field(
        default=None,
        description="Scanners of others that take the place of Berth's own, as a JSON list; see "
        "[other scanners](scanning.md#other-scanners).",
    )
    log_format: Literal["json", "text"] = Field(default="json", description="`json` or, for reading, `text`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged."
    )

    @field_validator("trusted_proxies", "advisories_ecosystems", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:  # Any: what the environment or a test gives
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("listeners", mode="before")
    @classmethod
    def _read_listeners(cls, value: Any) -> Any:  # Any: what the environment or a test gives
        return listeners.parse(value) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("it must begin with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("storage_url")
    @classmethod
    def _storage(cls, value: str) -> str:
        if value and value != "memory:" and not value.startswith("file:///"):
            raise ValueError("it must be memory: or begin with file:///")
        return value

    @field_validator("admin_password")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_PASSWORD:
            raise ValueError(f"it must have at least {SHORTEST_PASSWORD} characters")
        return value

    @field_validator("external_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return _checked_address(value)

    @field_validator("advisories_url")
    @classmethod
    def _mirror(cls, value: str) -> str:
        parts = urlsplit(value)
        served = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
        folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        if "@" in parts.netloc or not (served or folder):
            raise ValueError("it must be https:// or http:// and a host, without credentials, or begin with file:///")
        return value.rstrip("/")

    @field_validator("advisories_ecosystems")
    @classmethod
    def _whole_ecosystems(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9. -]{0,59}", each):
                raise ValueError(f"{each!r} is none; a release is not named, `Debian` has all of them")
        return tuple(dict.fromkeys(value))

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        here = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if value and (not parts.netloc or not (parts.scheme == "https" or (parts.scheme == "http" and here))):
            raise ValueError("it must begin with https://; http:// is for this machine alone")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _provider_knows_us(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_issuer needs oidc_client_id")
        return self

    @model_validator(mode="after")
    def _grace_outlives_uploads(self) -> Self:
        if self.grace_hours <= self.upload_hours:
            raise ValueError("grace_hours must be more than upload_hours, or an upload could lose what it has sent")
        return self

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data.absolute() / 'berth.db'}"

    @property
    def storage(self) -> str:
        return self.storage_url or f"file://{self.data.absolute() / 'blobs'}"


class Commands(BaseSettings):
    """What tells commands where to work and as whom. Serving has no use for it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    server: str = Field(
        default="", description="Address of the server that commands work on, such as `https://registry.example.org`."
    )
    key_file: Path | None = Field(
        default=None,
        description="File with the access key for that server: `id:secret`, or what `berth key create` prints as JSON.",
    )
    key: SecretStr | None = Field(default=None, description="The access key itself, as `id:secret`.")

    @field_validator("server")
    @classmethod
    def _address(cls, value: str) -> str:
        return _checked_address(value)


def _checked_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/")):
        raise ValueError("it must be http:// or https:// and a host, without a path")
    return value.rstrip("/")


def commands(**given: Any) -> Commands:  # Any: fields as a command line gives them
    """Where commands work, from the environment and what was given. Raises like `load`."""
    _no_unknown_names()
    return Commands(**{name: value for name, value in given.items() if value is not None})


def names_a_database() -> bool:
    """Whether the environment says which database to work on."""
    return any(os.environ.get(f"{PREFIX}{name}") for name in ("DATABASE_URL", "DATA"))


def load(**given: Any) -> Settings:  # Any: fields as a command line gives them
    """Settings from the environment and what was given.

    Raises `UnknownSettingError` for a misspelt variable and pydantic's `ValidationError` for a wrong value.
    """
    _no_unknown_names()
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _no_unknown_names() -> None:
    known = {PREFIX + name.upper() for name in [*Settings.model_fields, *Commands.model_fields]}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise UnknownSettingError(f"{name} is not a setting of Berth; `berth settings` lists them")
