"""Advisories at this door: which are in force, importing and giving away others, and what their changes came to."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from berth.doors.api import paging, paths
from berth.doors.api.errors import Problem
from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes import advisories as shapes
from berth.doors.api.shapes.trash import Operation
from berth.people import sight
from berth.people.callers import Caller
from berth.registry import opening, operations
from berth.scan import affected, coverage, importing, library, news, queue, updating
from berth.scan.advisories import bundles
from berth.scan.advisories.opened import Advisories
from berth.site import Site
from berth.words.errors import NoAdvisories

router = APIRouter(tags=["advisories"])

LARGEST = 8 << 30
"""Bytes of a file that is imported; the whole export of OSV has about one and a half GiB."""
PIECE = 1 << 20

Ecosystem = Annotated[
    str,
    Query(max_length=60, pattern=r"^[A-Za-z .-]*$", description="Of an archive that does not say.", examples=["npm"]),
]
Whole = Annotated[bool, Query(description="The file has all of its ecosystems: what is not in it is forgotten.")]
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


@router.get(paths.ADVISORIES, name="advisories.show")
def show_advisories(site: TheSite, caller: TheCaller) -> shapes.Advisories:
    """Show which advisories are in force, of what age and from where, and how many scans wait.

    Whoever is signed in may; why an update failed, which names hosts and files, is told to administrators.
    """
    with site.db.read() as tx:
        current = library.current(tx)
        age = None if current is None else site.now() - current.made_at
        return shapes.Advisories(
            current=_build(current),
            previous=_build(library.previous(tx)),
            age_seconds=None if age is None else int(age.total_seconds()),
            old=age is not None and age > coverage.OLD,
            queue=queue.depth(tx),
            update_failed=importing.last_failure(tx) if opening.is_operator(caller) else None,
        )


@router.post(paths.ADVISORIES, name="advisories.import", status_code=202, response_model=Operation, openapi_extra=BODY)
async def import_advisories(
    request: Request,
    response: Response,
    site: TheSite,
    caller: TheCaller,
    *,
    whole: Whole = False,
    ecosystem: Ecosystem = "",
) -> operations.Operation:
    """Import an export of OSV (`all.zip`, of one ecosystem or of many) or a bundle. Administrators only."""
    opening.operator(caller)
    with tempfile.TemporaryFile(dir=await run_in_threadpool(importing.folder_of, site)) as file:
        size = 0
        async for piece in _body(request):
            size += len(piece)
            if size > LARGEST:
                raise Problem(413, "too-large", f"the file may have {LARGEST} bytes")
            await run_in_threadpool(file.write, piece)
        if not size:
            raise Problem(400, "field-invalid", "the body is the file; its type is application/octet-stream")
        file.seek(0)
        key, _ = await run_in_threadpool(importing.give, site, file)
    started = await run_in_threadpool(_ask, site, caller, key, size, whole=whole, ecosystem=ecosystem)
    response.headers["Location"] = f"/api/v1/operations/{started.id}"
    return started


@router.post(paths.ADVISORIES + "/update", name="advisories.update", status_code=202, response_model=Operation)
def update_advisories(response: Response, site: TheSite, caller: TheCaller) -> operations.Operation:
    """Fetch what has changed at the sources, now and not when its time comes. Administrators only."""
    opening.operator(caller)
    with site.db.write() as tx:
        started = operations.find(tx, updating.ask(tx, caller.actor, at=site.now()))
    response.headers["Location"] = f"/api/v1/operations/{started.id}"
    return started


@router.post(paths.ADVISORIES + "/roll-back", name="advisories.roll-back", status_code=202, response_model=Operation)
def roll_back(response: Response, site: TheSite, caller: TheCaller) -> operations.Operation:
    """Put the advisories before in force again; doing it once more undoes it. Administrators only."""
    opening.operator(caller)
    with site.db.write() as tx:
        started = operations.find(tx, importing.ask_back(tx, caller.actor, at=site.now()))
    response.headers["Location"] = f"/api/v1/operations/{started.id}"
    return started


@router.get(
    paths.ADVISORIES + "/bundle",
    name="advisories.export",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string"}}}, "description": "A bundle"}},
)
def export_advisories(site: TheSite, caller: TheCaller) -> Response:
    """Download all advisories as one file, to import it where no network is. Administrators only."""
    opening.operator(caller)
    with _opened(site) as advisories:
        folder = tempfile.TemporaryDirectory(dir=library.folder(site))
        path = Path(folder.name) / "bundle.zip"
        bundles.write(advisories, path)
        name = f"berth-advisories-{advisories.build}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(path.stat().st_size)}
    return StreamingResponse(_pieces(path, folder), media_type="application/zip", headers=headers)


@router.get(paths.ADVISORIES + "/reevaluations", name="advisories.reevaluations", response_model=shapes.Reevaluations)
def list_reevaluations(
    wanted: Annotated[shapes.ReevaluationsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List what became of all results each time advisories changed. Administrators only."""
    opening.operator(caller)
    with site.db.read() as tx:
        page = news.page(tx, wanted.wanted(wanted.sort))
    return paging.turned(request, response, page, wanted.sort, shapes.Reevaluation.model_validate)


@router.get(paths.ADVISORIES + "/news", name="advisories.news", response_model=shapes.NewsPage)
def list_news(
    wanted: Annotated[shapes.NewsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List the digests of which more or less is known since advisories changed, as far as you see them."""
    with site.db.read() as tx:
        seen = sight.of(tx, caller.principal).of_repositories()
        page = news.of_digests(tx, wanted.wanted(wanted.sort), seen, affected=wanted.affected)
    return paging.turned(request, response, page, wanted.sort, shapes.News.model_validate)


@router.get("/vulnerabilities", name="scan.search", response_model=shapes.AffectedPage)
def search(
    wanted: Annotated[shapes.SearchWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Find the digests that have a vulnerability or a package, over all that you see."""
    with site.db.read() as tx:
        seen = sight.of(tx, caller.principal).of_repositories()
        page = affected.page(
            tx,
            wanted.wanted(wanted.sort),
            seen,
            flaw=wanted.vulnerability,
            package=wanted.package,
            version=wanted.version,
        )
    return paging.turned(request, response, page, wanted.sort, shapes.Affected.model_validate)


@contextmanager
def _opened(site: Site) -> Iterator[Advisories]:
    """Raises `NoAdvisories`, also when they are lost."""
    with ExitStack() as stack:
        try:
            advisories = stack.enter_context(library.opened(site))
        except library.AdvisoriesLost:
            advisories = None
        if advisories is None:
            raise NoAdvisories
        yield advisories


def _ask(site: Site, caller: Caller, key: str, size: int, *, whole: bool, ecosystem: str) -> operations.Operation:
    with site.db.write() as tx:
        asked = importing.ask(tx, key, size, caller.actor, at=site.now(), whole=whole, ecosystem=ecosystem)
        return operations.find(tx, asked)


def _build(build: library.Build | None) -> shapes.Build | None:
    return None if build is None else shapes.Build.model_validate(build, from_attributes=True)


async def _body(request: Request) -> AsyncIterator[bytes]:
    """In larger pieces than it comes in: each goes to a thread."""
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _pieces(path: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
