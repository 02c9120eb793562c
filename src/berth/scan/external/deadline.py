"""Work that waits for others, given up at one moment, whatever it waits for then: a name, a handshake, a slow byte."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled

Result = TypeVar("Result")

_TICK = 0.1


def within(seconds: float, cancel: threading.Event, work: Callable[[threading.Event], Result]) -> Result:
    """What `work` returns or raises; `ScanFailed` when it takes longer, and `Canceled`.

    Work that is given up is left to itself. Its event is set then, which it looks at before it waits for anything
    anew, and the caller takes away what it is waiting with.
    """
    over, future, ends = threading.Event(), Future[Result](), time.monotonic() + seconds

    def run() -> None:
        try:
            future.set_result(work(over))
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="scanner adapter", daemon=True).start()
    try:
        while not wait([future], timeout=_TICK).done:
            if cancel.is_set():
                raise Canceled
            if time.monotonic() > ends:
                raise ScanFailed("SCANNER_TIMEOUT", f"the adapter took longer than {seconds:g} seconds")
    finally:
        over.set()
    return future.result()
