"""Repositories at this door."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.db.pages import containing
from berth.db.tables import registry, repository
from berth.doors.api import deletion, paging, paths
from berth.doors.api import given as parts
from berth.doors.api.given import Expected, PerhapsExpected, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.policies import chosen
from berth.doors.api.shapes.acts import Deletion
from berth.doors.api.shapes.places import (
    Applied,
    DefaultsApplied,
    Difference,
    NewRepository,
    PlaceDeleted,
    Repositories,
    RepositoriesWanted,
    Repository,
    RepositoryEdit,
)
from berth.people import sight
from berth.registry import applying, editing, opening, repositories, trash
from berth.registry import deletion as rooms
from berth.words.actions import Action

router = APIRouter(tags=["repositories"])


@router.get(paths.REPOSITORIES, name="repository.list", response_model=Repositories)
def list_repositories(
    registry_name: RegistryName,
    wanted: Annotated[RepositoriesWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the repositories of a registry that you may see."""
    with site.db.read() as tx:
        place = opening.open_registry(tx, caller, registry_name)
        where = [registry.c.id == place.registry_id, sight.of(tx, caller.principal).of_repositories()]
        if wanted.name is not None:
            where.append(containing(repository.c.name, wanted.name))
        if wanted.state is not None:
            where.append(repository.c.state == wanted.state)
        found = repositories.page(tx, wanted.wanted(wanted.sort), *where)
    return paging.turned(request, response, found, wanted.sort, Repository.model_validate)


@router.post(paths.REPOSITORIES, name="repository.create", status_code=201, response_model=Repository)
def create_repository(
    registry_name: RegistryName, given: NewRepository, site: TheSite, caller: TheCaller, response: Response
) -> repositories.Repository:
    """Create a repository. Needs the right to manage or admin on the registry."""
    with site.db.write() as tx:
        opening.open_registry(tx, caller, registry_name, Action.MANAGE, Action.ADMIN)
        made = repositories.create(tx, caller.actor, registry_name, at=site.now(), **given.model_dump())
    response.headers["Location"] = f"/api/v1/registries/{registry_name}/repositories/{made.name}"
    parts.tag(response, made.version)
    return made


@router.get(paths.REPOSITORY, name="repository.show", response_model=Repository)
def show_repository(
    registry_name: RegistryName, repository_name: RepositoryName, site: TheSite, caller: TheCaller, response: Response
) -> repositories.Repository:
    """Show a repository."""
    with site.db.read() as tx:
        opening.open_repository(tx, caller, registry_name, repository_name)
        found = repositories.find(tx, registry_name, repository_name)
    parts.tag(response, found.version)
    return found


@router.patch(paths.REPOSITORY, name="repository.edit", response_model=Repository)
def edit_repository(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    given: RepositoryEdit,
    expected: Expected,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> repositories.Repository:
    """Change a repository. Needs the right to manage or admin on it."""
    with site.db.write() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE, Action.ADMIN)
        editing.repository_(
            tx,
            place,
            caller.actor,
            at=site.now(),
            description=given.description,
            policies=chosen(given.policies),
            immutable_tags=given.immutable_tags,
            expected=expected,
        )
        edited = repositories.find(tx, registry_name, repository_name)
    parts.tag(response, edited.version)
    return edited


@router.post(
    paths.REPOSITORY + "/apply-defaults",
    name="repository.apply",
    status_code=202,
    responses={200: {"model": Applied, "description": "A dry run"}},
)
def apply_defaults(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    given: DefaultsApplied,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> Applied:
    """Give the images that are there already the default policies too. Needs the right to manage or admin."""
    with site.db.write() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.MANAGE, Action.ADMIN)
        which = sorted(set(given.policies))
        different = applying.preview(tx, place, which)
        operation = None
        if not given.dry_run:
            operation = applying.request(tx, place, which, caller.actor, at=site.now())
    deletion.followed(response, operation)
    return Applied(operation=operation, items=[Difference.model_validate(item) for item in different])


@router.delete(
    paths.REPOSITORY,
    name="repository.delete",
    status_code=202,
    response_model=Deletion,
    responses={
        200: {"model": Deletion, "description": "A dry run"},
        204: {"description": "It was empty and is gone"},
    },
)
def delete_repository(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    asked: Annotated[PlaceDeleted, Query()],
    expected: PerhapsExpected,
    site: TheSite,
    caller: TheCaller,
    response: Response,
) -> Deletion | Response:
    """Delete a repository that is empty, or with everything inside. Needs the right to admin on it."""
    with site.db.write() as tx:
        place = opening.open_repository(tx, caller, registry_name, repository_name, Action.ADMIN)
        if not asked.everything:
            names, keep = (registry_name, repository_name), trash.kept(site.settings)
            repositories.remove(tx, caller.actor, *names, at=site.now(), keep=keep, expected=expected)
            return Response(status_code=204)
        requested = rooms.request_place(tx, place, asked.name, caller.actor, at=site.now(), dry_run=asked.dry_run)
    return deletion.told(response, requested)
