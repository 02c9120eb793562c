"""The FastAPI application behind the door: its routes, and how errors inside it are answered."""

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from berth.audit import refusals
from berth.doors.api import (
    advisories,
    deletion,
    digests,
    errors,
    events,
    grants,
    images,
    keys,
    locks,
    me,
    openapi,
    operations,
    paths,
    place_trash,
    previews,
    registries,
    repositories,
    restriction,
    retention,
    sboms,
    scans,
    tags,
    trash,
    users,
    vex,
    waivers,
)
from berth.doors.api.errors import Problem
from berth.doors.http import Answer
from berth.people.callers import Caller
from berth.words.errors import FieldInvalid, Invalid, Refusal

FAMILIES = (
    me,
    registries,
    repositories,
    images,
    digests,
    tags,
    locks,
    deletion,
    trash,
    place_trash,
    retention,
    scans,
    sboms,
    restriction,
    advisories,
    vex,
    waivers,
    previews,
    operations,
    users,
    keys,
    grants,
    events,
)
READING = ("GET", "HEAD")
NO_JSON = "the body is no valid JSON"
SAID = "Value error, "
"""What pydantic puts before a sentence of ours."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def application() -> FastAPI:
    """Its door tells it later of which site it is."""
    api = openapi.API(
        title="Berth",
        version="1",
        description=openapi.DESCRIPTION,
        openapi_url=paths.OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _no_route)
    api.add_exception_handler(Exception, _defect)
    for family in FAMILIES:
        router: APIRouter = family.router
        api.include_router(router, prefix=paths.PREFIX, dependencies=[Depends(_known_parameters)])
    return api


async def _known_parameters(request: Request) -> None:
    """Whoever writes `dryrun=true` wants nothing to happen. Raises `FieldInvalid`."""
    unknown = request.query_params.keys() - _parameters(request.scope["route"]) if request.query_params else None
    if unknown:
        raise FieldInvalid(min(unknown), "there is no such parameter here")


def _parameters(route: APIRoute) -> frozenset[str]:
    """The names that may stand in the query of this route's address."""
    names: set[str] = set()
    asked = [route.dependant]
    for each in asked:
        asked += each.dependencies
        for field in each.query_params:
            model = field.field_info.annotation
            if isinstance(model, type) and issubclass(model, BaseModel):
                names |= {info.alias or name for name, info in model.model_fields.items()}
            else:
                names.add(field.alias)
    return frozenset(names)


def _operation_id(route: APIRoute) -> str:
    """The handler's name; the route's own name is what audit calls the act."""
    return str(route.endpoint.__name__)


def _refused(request: Request, refusal: Exception) -> Response:
    """Whatever is refused is answered; and an act that was refused is recorded, once."""
    if not isinstance(refusal, Refusal):
        raise refusal
    if request.method not in READING and not isinstance(refusal, Invalid):
        _record(request, refusal)
    return _response(errors.refused(refusal, _request_id(request)))


def _record(request: Request, refusal: Refusal) -> None:
    caller: Caller = request.scope["berth.caller"]
    target = "/".join(str(value) for value in request.path_params.values()) or request.url.path
    refusals.record(request.app.state.site, caller.actor, request.scope["route"].name, target, refusal)


def _problem(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    return _response(
        errors.problem(problem.status, problem.kind, str(problem), _request_id(request), fields=problem.fields)
    )


def _invalid(request: Request, error: Exception) -> Response:
    """What FastAPI found wrong with the parts of a request."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return _response(errors.problem(400, "json-invalid", NO_JSON, _request_id(request)))
    fields = [(_field(item["loc"]), str(item["msg"]).removeprefix(SAID)) for item in found]
    detail = "; ".join(f"{field}: {reason}" for field, reason in fields)
    return _response(errors.problem(400, "field-invalid", detail[:1000], _request_id(request), fields=fields))


def _field(location: tuple[int | str, ...]) -> str:
    """Without the part of the request it stands in, unless that is the field."""
    return ".".join(str(step) for step in location[1:] or location)


def _no_route(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    match error.status_code:
        case 404:
            kind, detail = "no-such-page", f"no such page; {paths.OPENAPI} lists what there is"
        case 405:
            kind, detail = "method-not-allowed", f"this page takes {_methods(request)}"
        case 400:  # a body that is no UTF-8, or nested without end
            kind, detail = "json-invalid", NO_JSON
        case _:
            kind, detail = "request-invalid", str(error.detail)
    answer = errors.problem(error.status_code, kind, detail, _request_id(request))
    if error.status_code == 405:  # noqa: PLR2004  RFC 9110
        answer.headers.append(("Allow", _methods(request)))
    return _response(answer)


def _defect(_request: Request, error: Exception) -> Response:
    """What is no refusal is for the door to log and to answer."""
    raise error


def _methods(request: Request) -> str:
    """What the path takes, over all routes that have it."""
    routes = request.app.routes
    return ", ".join(
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    )


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))


def _request_id(request: Request) -> str:
    return str(request.scope.get("berth.request_id", ""))
