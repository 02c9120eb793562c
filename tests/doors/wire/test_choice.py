"""The fast road knows uvicorn's inside; when that inside changes, these say so before any byte goes wrong."""

import hashlib
import inspect
from types import ModuleType

import pytest
import uvicorn
from uvicorn.protocols.http import flow_control, httptools_impl

from berth.doors.wire import choice
from berth.doors.wire.protocol import WireProtocol

KNOWN = {
    httptools_impl: "1d4e1c579df4168433a61a01f10c628b31c1790e72dd9769d2b8633b22214033",
    flow_control: "d39d16560df512f3ce907c329c2a0c3f5cd7165fef3b753876eae5739bf2a785",
}


@pytest.mark.parametrize("module", KNOWN, ids=lambda module: str(module.__name__))
def test_the_inside_of_uvicorn_is_the_one_we_know(module: ModuleType) -> None:
    """Read the difference to the version before, see that `wire` still fits, then write the new digest here."""
    source = inspect.getsource(module)
    assert hashlib.sha256(source.encode()).hexdigest() == KNOWN[module]


def test_the_fast_road_is_taken_where_it_fits() -> None:
    assert choice.http() is WireProtocol


def test_another_uvicorn_gets_the_plain_road(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn, "__version__", "0.55.0")
    assert choice.http() == "auto"
