"""What `berth serve` and `berth worker` do. It takes all of Berth, so only they import this."""

import contextlib
from pathlib import Path

import typer

from berth import serving, worker
from berth.audit.events import SYSTEM
from berth.cli import database
from berth.cli.in_force import shown
from berth.doors import logs
from berth.people.first import NAME, first_administrator
from berth.registry import registries, repositories
from berth.scan import chosen
from berth.serving import Role, Tree
from berth.settings import Settings, load
from berth.site import Site, open_site

STARTER = ("main", "apps")


def serve(data: Path | None, host: str, port: int, workers: int, *, starter: bool) -> None:
    """Migrate, make what a new database needs, then serve until asked to stop."""
    settings = load(data=data)
    chosen.check(settings)
    logs.configure(settings)
    listener = serving.listen(host, port)
    listeners = [listener, *(serving.listen(each.address, each.port) for each in settings.listeners)]
    password = _prepare(settings, starter=starter)
    servers = [
        Role(f"server {number}", lambda: serving.serve_once(settings, listeners)) for number in range(1, workers + 1)
    ]
    background = Role("worker", lambda: worker.run(settings), listens=False)
    address = f"{'[' + host + ']' if ':' in host else host}:{listener.getsockname()[1]}"
    Tree([*servers, background], listeners).run(lambda: _welcome(settings, address, password, starter=starter))


def work(data: Path | None) -> None:
    """Migrate, then work until asked to stop."""
    settings = load(data=data)
    chosen.check(settings)
    database.upgrade(settings)
    worker.run(settings)


def _prepare(settings: Settings, *, starter: bool) -> str | None:
    """Bring the database to shape; returns the administrator's password if one was made up."""
    database.upgrade(settings)
    with contextlib.closing(open_site(settings)) as site:
        password = first_administrator(site)
        if starter:
            _make_starter(site)
    return password


def _make_starter(site: Site) -> None:
    registry, repository = STARTER
    with site.db.write() as tx:
        if not registries.every(tx):
            registries.create(tx, SYSTEM, registry, at=site.now())
            repositories.create(tx, SYSTEM, registry, repository, at=site.now())


def _welcome(settings: Settings, address: str, password: str | None, *, starter: bool) -> None:
    url = settings.external_url or f"http://{address}"
    host = url.partition("://")[2]
    where = shown(settings, "database_url") if settings.database_url else settings.data.absolute()
    lines = [f"Berth serves {url} (data: {where})"]
    if password is not None:
        lines += [
            "",
            f"The administrator is {NAME!r}, with the password made up just now and shown only here:",
            "",
            f"    {password}",
        ]
    if starter:
        lines += ["", *_first_steps(host, insecure=url.startswith("http://"))]
    typer.echo("\n".join([*lines, ""]))


def _first_steps(host: str, *, insecure: bool) -> list[str]:
    image = f"{host}/{'/'.join(STARTER)}/hello:v1"
    skip = " --tls-verify=false" if insecure else ""
    to = " --dest-tls-verify=false" if insecure else ""
    return [
        "Sign in, push and pull:",
        "",
        f"    docker login -u {NAME} {host}",
        f"    docker tag hello:v1 {image} && docker push {image} && docker pull {image}",
        "",
        "or with podman or skopeo:",
        "",
        f"    podman login{skip} -u {NAME} {host}",
        f"    podman push{skip} hello:v1 {image}",
        f"    skopeo copy{to} containers-storage:localhost/hello:v1 docker://{image}",
    ]
