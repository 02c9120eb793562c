"""`berth serve`: a registry with its background worker."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder of the embedded database and the blobs.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 5000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Serving processes.")] = 1,
    starter: Annotated[
        bool, typer.Option("--starter", help="Give a new database the registry main with the repository apps.")
    ] = False,
) -> None:
    """Serve the registry and run its background worker."""
    from berth.cli import server  # noqa: PLC0415  only who serves needs all of Berth

    server.serve(data, host, port, workers, starter=starter)
