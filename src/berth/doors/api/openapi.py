"""The OpenAPI document: what FastAPI knows, and what it cannot know about errors and signing in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from berth.doors.api import errors
from berth.doors.api.shapes.problem import Problem

DESCRIPTION = """\
Manage a Berth registry. Sign in by Basic authentication, with a user's name and password or with an access key's id
and secret. Whatever is refused is answered with a problem document (RFC 9457). Lists come in pages: follow `next`.
Edits need the `ETag` of what was read in `If-Match`."""

Document = dict[str, Any]  # Any: JSON values


class API(FastAPI):
    def openapi(self) -> Document:
        if self.openapi_schema is None:
            self.openapi_schema = _completed(
                get_openapi(title=self.title, version=self.version, description=self.description, routes=self.routes)
            )
        return self.openapi_schema


def _completed(document: Document) -> Document:
    schemas: Document = document.setdefault("components", {}).setdefault("schemas", {})
    for left_over in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_over, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    document["components"]["securitySchemes"] = {
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "A user's name and password, or an access key's id and secret.",
        }
    }
    document["security"] = [{"basic": []}]
    for operations in document["paths"].values():
        for method, operation in operations.items():
            operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
            # FastAPI writes down its own answer to what is invalid, which this door does not give.
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM
            if method == "patch":
                _must_say_version(operation)
    return document


def _must_say_version(operation: Document) -> None:
    """Without it an edit is answered with 428, and not as a missing parameter would be."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "if-match":
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "examples": ['"3"']}


_PROBLEM = {
    "description": "Refused, and why",
    "content": {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
