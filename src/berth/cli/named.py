"""Things as people name them on the command line, and where the API has them."""

from typing import Annotated

import typer

from berth.cli import remote
from berth.words.errors import NameInvalid

ImagePath = Annotated[str, typer.Argument(help="registry/repository/image", metavar="IMAGE")]
RepositoryPath = Annotated[str, typer.Argument(help="registry/repository", metavar="REPOSITORY")]
Digests = Annotated[list[str], typer.Argument(help="sha256:..., up to 50 of them.", metavar="DIGEST...")]
Digest = Annotated[str, typer.Argument(help="sha256:...", metavar="DIGEST")]
Tag = Annotated[str, typer.Argument(help="The name.", metavar="TAG")]


def inside(registry: str) -> str:
    """Where the repositories of a registry are."""
    return remote.path("registries", registry, "repositories")


def repository(path: str) -> str:
    """Raises `NameInvalid`."""
    registry, name = split(path)
    return inside(registry) + remote.path(name)


def split(path: str) -> tuple[str, str]:
    """Raises `NameInvalid`."""
    registry, slash, name = path.partition("/")
    if not slash or "/" in name:
        raise NameInvalid("repository path", path, "it reads registry/repository")
    return registry, name


def image(path: str, *steps: str) -> str:
    """An image, or what is inside it. Raises `NameInvalid`."""
    registry, _, rest = path.partition("/")
    name, _, parts = rest.partition("/")
    if not parts:
        raise NameInvalid("image path", path, "it reads registry/repository/image")
    below = remote.path(*parts.split("/"))
    return f"{inside(registry)}{remote.path(name)}/images{below}{'/-' + remote.path(*steps) if steps else ''}"
