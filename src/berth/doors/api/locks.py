"""Locks at this door, on an image, on a digest and on up to 50 digests at once."""

from fastapi import APIRouter
from sqlalchemy import Connection

from berth.doors.api import paths, recorded
from berth.doors.api.errors import in_short
from berth.doors.api.given import DigestText, ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes.acts import DigestsLocked, DigestsUnlocked, LockSet, Outcome, Outcomes, ProblemInShort
from berth.people.callers import Caller
from berth.registry import locks, opening
from berth.registry.images import Image
from berth.words import digest as digests
from berth.words.actions import Action

router = APIRouter(tags=["locks"])


@router.put(paths.IMAGE + "/-/lock", name="image.lock", status_code=204)
def lock_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: LockSet,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Lock an image and all in it. Needs the right to manage."""
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        locks.lock_image(tx, found, caller.actor, at=site.now(), reason=given.reason, until=given.until)


@router.delete(paths.IMAGE + "/-/lock", name="image.unlock", status_code=204)
def unlock_image(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Unlock an image and all in it. Needs the right to manage."""
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        locks.unlock_image(tx, found, caller.actor, at=site.now())


@router.put(paths.DIGEST + "/lock", name="manifest.lock", status_code=204)
def lock_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    given: LockSet,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Lock one digest. Needs the right to manage."""
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        wanted = [digests.parse(digest)]
        _one(locks.lock_digests(tx, found, wanted, caller.actor, at=site.now(), reason=given.reason, until=given.until))


@router.delete(paths.DIGEST + "/lock", name="manifest.unlock", status_code=204)
def unlock_digest(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    digest: DigestText,
    site: TheSite,
    caller: TheCaller,
) -> None:
    """Unlock one digest; refused while its image is locked. Needs the right to manage."""
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        _one(locks.unlock_digests(tx, found, [digests.parse(digest)], caller.actor, at=site.now()))


@router.post(paths.DIGESTS + "/lock", name="manifest.lock")
def lock_digests(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: DigestsLocked,
    site: TheSite,
    caller: TheCaller,
) -> Outcomes:
    """Lock up to 50 digests; the answer says of each what happened. Needs the right to manage."""
    wanted = [digests.parse(text) for text in given.digests]
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        outcomes = locks.lock_digests(
            tx, found, wanted, caller.actor, at=site.now(), reason=given.reason, until=given.until
        )
    recorded.refused(site, caller, "manifest.lock", found, ((each.item, each.refusal) for each in outcomes))
    return _shown(outcomes)


@router.post(paths.DIGESTS + "/unlock", name="manifest.unlock")
def unlock_digests(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: DigestsUnlocked,
    site: TheSite,
    caller: TheCaller,
) -> Outcomes:
    """Unlock up to 50 digests; the answer says of each what happened. Needs the right to manage."""
    wanted = [digests.parse(text) for text in given.digests]
    with site.db.write() as tx:
        found = _open(tx, caller, registry_name, repository_name, image_name)
        outcomes = locks.unlock_digests(tx, found, wanted, caller.actor, at=site.now())
    recorded.refused(site, caller, "manifest.unlock", found, ((each.item, each.refusal) for each in outcomes))
    return _shown(outcomes)


def _open(tx: Connection, caller: Caller, registry_name: str, repository_name: str, image_name: str) -> Image:
    return opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.MANAGE)[1]


def _one(outcomes: list[locks.Outcome]) -> None:
    for outcome in outcomes:
        if outcome.refusal is not None:
            raise outcome.refusal


def _shown(outcomes: list[locks.Outcome]) -> Outcomes:
    return Outcomes(
        items=[
            Outcome(
                digest=outcome.item,
                done=outcome.done,
                problem=None if outcome.refusal is None else ProblemInShort(**in_short(outcome.refusal)),
            )
            for outcome in outcomes
        ]
    )
