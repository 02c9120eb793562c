"""Tests and runs of an image's deletion policy at this door."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from berth.doors.api import paging, paths
from berth.doors.api.given import ImageName, RegistryName, RepositoryName, TheCaller, TheSite
from berth.doors.api.shapes.retention import (
    PolicyRun,
    PolicyRunAsked,
    PolicyRunItem,
    PolicyRunItems,
    PolicyRunItemsWanted,
    PolicyRuns,
    PolicyRunsWanted,
)
from berth.registry import images, opening
from berth.retention import runs, working
from berth.words.actions import Action
from berth.words.policies import DeletionPolicy

router = APIRouter(tags=["policy runs"])

RUNS = paths.IMAGE + "/-/policy-runs"
RunId = Annotated[str, Path(max_length=36, examples=["0a6f3f62-6a0e-4f0e-9d0b-5b8c7f3f3a10"])]


@router.post(RUNS, name="policy-run.start", status_code=202, response_model=PolicyRun)
def start_run(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    given: PolicyRunAsked,
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> runs.Run:
    """Test the deletion policy of an image, or apply it now. A test needs the right to manage, a run that to delete.

    A test deletes nothing, and takes a `policy` that is not saved. A run may have a test as its `source`: then it
    deletes nothing beyond what that test has found.
    """
    needed = Action.MANAGE if given.kind == "test" else Action.DELETE
    policy = None if given.policy is None else DeletionPolicy.from_json(given.policy.model_dump())
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, needed)[1]
        found = images.again(tx, found)
        run_id = working.ask(tx, found, given.kind, caller.actor, at=site.now(), policy=policy, source=given.source)
        asked = runs.find(tx, found, run_id)
    response.headers["Location"] = f"{request.url.path}/{run_id}"
    return asked


@router.get(RUNS, name="policy-run.list", response_model=PolicyRuns)
def list_runs(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    wanted: Annotated[PolicyRunsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the last tests and runs of an image's deletion policy."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        page = runs.page(tx, found, wanted.wanted(wanted.sort), kind=wanted.kind)
    return paging.turned(request, response, page, wanted.sort, PolicyRun.model_validate)


@router.get(RUNS + "/{run_id}", name="policy-run.show", response_model=PolicyRun)
def show_run(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    run_id: RunId,
    site: TheSite,
    caller: TheCaller,
) -> runs.Run:
    """Show a test or run: how far it is, and what it came to."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        return runs.find(tx, found, run_id)


@router.post(RUNS + "/{run_id}/approve", name="policy-run.approve", status_code=202, response_model=PolicyRun)
def approve_run(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    run_id: RunId,
    site: TheSite,
    caller: TheCaller,
) -> runs.Run:
    """Let a run that the circuit breaker has stopped go on with its plan. Needs the right to delete."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        working.approve(tx, found, run_id, caller.actor, at=site.now())
        return runs.find(tx, found, run_id)


@router.post(RUNS + "/{run_id}/refuse", name="policy-run.refuse", response_model=PolicyRun)
def refuse_run(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    run_id: RunId,
    site: TheSite,
    caller: TheCaller,
) -> runs.Run:
    """End a run that waits for an approval, with nothing deleted. Needs the right to delete."""
    with site.db.write() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name, Action.DELETE)[1]
        working.refuse(tx, found, run_id, caller.actor, at=site.now())
        return runs.find(tx, found, run_id)


@router.get(RUNS + "/{run_id}/items", name="policy-run.items", response_model=PolicyRunItems)
def list_items(
    registry_name: RegistryName,
    repository_name: RepositoryName,
    image_name: ImageName,
    run_id: RunId,
    wanted: Annotated[PolicyRunItemsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the digests of a test with their verdicts, or those that a run was to delete with what became of them."""
    with site.db.read() as tx:
        found = opening.open_image(tx, caller, registry_name, repository_name, image_name)[1]
        run = runs.find(tx, found, run_id)
        page = runs.items(tx, run, wanted.wanted(wanted.sort), deleted=wanted.deleted, outcome=wanted.outcome)
    return paging.turned(request, response, page, wanted.sort, PolicyRunItem.model_validate)
