"""Operations at this door: following what goes on after its request was answered."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from berth.doors.api import paging
from berth.doors.api.given import TheCaller, TheSite
from berth.doors.api.shapes import trash as shapes
from berth.doors.api.shapes.trash import Operations, OperationsWanted
from berth.registry import opening, operations

router = APIRouter(tags=["operations"])


@router.get("/operations", name="operation.list", response_model=Operations)
def list_operations(
    wanted: Annotated[OperationsWanted, Query()],
    site: TheSite,
    caller: TheCaller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """List operations in places where you have a right, and your own; for administrators, all."""
    with site.db.read() as tx:
        place = None if wanted.place is None else opening.open_place(tx, caller, wanted.place)
        found = operations.page(
            tx, place, wanted.wanted(wanted.sort), operations.visible(tx, caller), state=wanted.state
        )
    return paging.turned(request, response, found, wanted.sort, shapes.Operation.model_validate)


@router.get("/operations/{operation_id}", name="operation.show", response_model=shapes.Operation)
def show_operation(operation_id: str, site: TheSite, caller: TheCaller) -> operations.Operation:
    """Show how far an operation is, and what has become of each thing it was asked for."""
    with site.db.read() as tx:
        return operations.opened(tx, caller, operation_id)
