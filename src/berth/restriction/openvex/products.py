"""What the products of a document are here, within the place it is taken for: digests, images, or packages alone."""

from dataclasses import dataclass, field, replace
from typing import Any

from packageurl import PackageURL
from sqlalchemy import ColumnElement, Connection, Select, String, and_, literal, select

from berth.db.tables import image, manifest, registry, repository, tag
from berth.people.access import Place
from berth.registry import images
from berth.restriction import packages
from berth.restriction.openvex import purls
from berth.restriction.openvex.statements import Component
from berth.restriction.packages import Built
from berth.restriction.scopes import Scope

IMAGES = ("oci", "docker")
MOST = 100
"""Images that one product may mean."""
NOT_HERE = "there is no such image or digest in this place"
NO_NAME = "it is no package URL, no hash and no name of an image"
NO_PACKAGE = "it is no package URL of a package"


@dataclass(frozen=True)
class Target:
    """Where a statement counts here, and of which package."""

    scope: Scope
    package: str = ""
    package_version: str = ""


@dataclass(frozen=True)
class Found:
    targets: tuple[Target, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    """Products and parts of them that mean nothing here, each with the reason."""


@dataclass
class Known:
    """What was looked up for other statements of the same document: most of them name the same."""

    scopes: dict[Component, list[Scope]] = field(default_factory=dict)
    targets: dict[tuple[str, ...], Target] = field(default_factory=dict)
    built: dict[int, Built] = field(default_factory=dict)


def find(tx: Connection, within: Scope, product: Component, vulnerability: str, known: Known) -> Found:
    """A product with its parts: they narrow it down to packages."""
    url = purls.parsed(product.purl)
    if url is not None and url.type not in IMAGES:
        name, version = purls.package(url)
        return Found((_target(tx, known, within, vulnerability, name, version),))
    alone = replace(product, parts=())
    if alone not in known.scopes:
        known.scopes[alone] = _scopes(tx, within, product, url)
    scopes = known.scopes[alone]
    if not scopes:
        is_name = url is not None or product.digests or _names_an_image(product.id)
        return Found(unknown=((str(product), NOT_HERE if is_name else NO_NAME),))
    if not product.parts:
        return Found(tuple(Target(scope) for scope in scopes))
    targets: list[Target] = []
    unknown: list[tuple[str, str]] = []
    for part in product.parts:
        of_part = purls.parsed(part.purl)
        if of_part is None or of_part.type in IMAGES:
            unknown.append((f"{product} {part}", NO_PACKAGE))
        else:
            targets += [_target(tx, known, scope, vulnerability, *purls.package(of_part)) for scope in scopes]
    return Found(tuple(targets), tuple(unknown))


def _target(tx: Connection, known: Known, scope: Scope, vulnerability: str, name: str, version: str) -> Target:
    key = (str(scope), vulnerability.lower(), name, version)
    if key not in known.targets:
        found = packages.as_advised(tx, scope, vulnerability, name, version, known=known.built)
        known.targets[key] = Target(scope, *found)
    return known.targets[key]


def _scopes(tx: Connection, within: Scope, product: Component, url: PackageURL | None) -> list[Scope]:
    if url is not None:
        return _of_url(tx, within, url)
    if product.digests:
        return _of_digest(tx, within, product.digests[0])
    path, _, digest = product.id.partition("@")
    if digest:
        named = _of_digest(tx, within, digest)
        return [each for each in named if _says(path, each)] if path else named
    if product.id.startswith(("sha256:", "sha512:")):
        return _of_digest(tx, within, product.id)
    return _of_path(tx, within, product.id) if _names_an_image(product.id) else []


def _of_url(tx: Connection, within: Scope, url: PackageURL) -> list[Scope]:
    qualifiers = url.qualifiers if isinstance(url.qualifiers, dict) else {}
    where, label, version = qualifiers.get("repository_url", ""), qualifiers.get("tag", ""), url.version or ""
    if ":" in version:
        named = _of_digest(tx, within, version)
        return [each for each in named if not where or _says(where, each) or _says(f"{where}/{url.name}", each)]
    label = label or version
    suffix = f":{label}" if label else ""
    if not where:
        return _of_name(tx, within, url.name, label)
    return _of_path(tx, within, where + suffix) or _of_path(tx, within, f"{where}/{url.name}{suffix}")


def _of_digest(tx: Connection, within: Scope, digest: str) -> list[Scope]:
    return _some(tx, within, _held().where(manifest.c.digest == digest, manifest.c.state == "active"))


def _of_name(tx: Connection, within: Scope, name: str, label: str) -> list[Scope]:
    """Images whose last part is this."""
    same = (image.c.name == name) | image.c.name.endswith(f"/{name}", autoescape=True)
    return _some(tx, within, _labelled(label).where(same))


def _of_path(tx: Connection, within: Scope, text: str) -> list[Scope]:
    """With a host before it or not, and with the registry in its path or only in its host."""
    text, _, label = _untagged(text.partition("://")[2] if "://" in text else text)
    parts = text.split("/")
    above = within.place.registry_name
    for path in (parts, parts[1:], [above, *parts[1:]]):
        found = _exactly(tx, within, path, label)
        if found:
            return found
    return []


def _exactly(tx: Connection, within: Scope, path: list[str], label: str) -> list[Scope]:
    """An image; or, without a tag, the place that a document is taken for, or a repository in it."""
    if path and path == str(within).split("/") and not label:
        return [within]
    if len(path) < 2 or path[0] != within.place.registry_name:  # noqa: PLR2004  registry and repository
        return []
    here = repository.c.name == path[1]
    if len(path) > 2:  # noqa: PLR2004  and an image
        return _some(tx, within, _labelled(label).where(here, image.c.name == "/".join(path[2:])))
    if label or within.place.repository_id is not None:
        return []
    mine = here & (repository.c.registry_id == within.place.registry_id)
    number = tx.scalar(select(repository.c.id).where(mine))
    return [] if number is None else [Scope(replace(within.place, repository_id=number, repository_name=path[1]))]


def _untagged(text: str) -> tuple[str, str, str]:
    """A port is none."""
    before, colon, label = text.rpartition(":")
    return (before, colon, label) if colon and "/" not in label else (text, "", "")


def _names_an_image(text: str) -> bool:
    return "/" in text and " " not in text and not text.startswith(("http://", "https://", "pkg:", "urn:", "cpe:"))


def _says(path: str, scope: Scope) -> bool:
    """Whether a name, with a host before it or not, is that of an image."""
    name = str(replace(scope, digest=""))
    without_registry = name.partition("/")[2]
    text = _untagged(path)[0]
    return f"/{text}".endswith(f"/{name}") or text.partition("/")[2] == without_registry


_NO_DIGEST = literal("", String())
_COLUMNS = (
    registry.c.id,
    registry.c.name,
    registry.c.visibility,
    repository.c.id,
    repository.c.name,
    image.c.name,
)


def _held() -> Select[Any]:  # Any: columns of a place, an image and a digest
    return (
        select(*_COLUMNS, manifest.c.digest)
        .join_from(image, repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .join(manifest, manifest.c.image_id == image.c.id)
    )


def _labelled(label: str) -> Select[Any]:  # Any: see above
    """Images; with a tag, what that names in them."""
    if label:
        return _held().join(tag, tag.c.manifest_id == manifest.c.id).where(tag.c.name == label)
    return (
        select(*_COLUMNS, _NO_DIGEST)
        .join_from(image, repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
    )


def _some(tx: Connection, within: Scope, query: Select[Any]) -> list[Scope]:  # Any: see above
    seen = (image.c.state.in_(images.VISIBLE), image.c.born_at.is_not(None))
    rows = tx.execute(query.where(_inside(within), *seen).order_by(image.c.id).limit(MOST))
    found = [Scope(Place(*row[:5]), row[5], row[6]) for row in rows]
    if within.digest:
        return [within] if any(each.digest in ("", within.digest) for each in found) else []
    return found


def _inside(within: Scope) -> ColumnElement[bool]:
    asked = [registry.c.id == within.place.registry_id]
    if within.place.repository_id is not None:
        asked.append(repository.c.id == within.place.repository_id)
    if within.image:
        asked.append(image.c.name == within.image)
    return and_(*asked)
