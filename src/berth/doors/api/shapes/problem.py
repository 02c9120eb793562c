"""How this door says no."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class FieldProblem(BaseModel):
    field: Annotated[str, Field(description="As the client wrote it: a field of the body, a parameter, a header.")]
    reason: str


class Problem(BaseModel):
    """RFC 9457. Some types carry more facts."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:berth:problem:field-invalid",
                    "title": "Field invalid",
                    "status": 400,
                    "detail": "description: at most 255 characters, this has 300",
                    "request_id": "4f1d2c3b5a697887",
                    "errors": [{"field": "description", "reason": "at most 255 characters, this has 300"}],
                }
            ]
        },
    )

    type: Annotated[str, Field(description="`urn:berth:problem:` and a word that stays the same.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="A sentence for whoever asked.")]
    request_id: Annotated[str, Field(description="Under this id the server's log knows the request.")]
    errors: Annotated[list[FieldProblem], Field(description="What is wrong with which field.")] = []
