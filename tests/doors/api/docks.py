"""An image with people around it: pushed to as clients do, managed through the API."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from berth import worker
from berth.jobs import run_jobs
from tests.client import Client, Image
from tests.doors.api.desk import JSON, Desk, desk
from tests.doors.oci.harbour import Harbour

NAME = "shop/web"


@dataclass
class Dock:
    harbour: Harbour
    root: Desk
    repository: str
    people: dict[str, Client]

    @cached_property
    def path(self) -> str:
        """The image at the API."""
        registry, _, name = self.repository.partition("/")
        return f"/registries/{registry}/repositories/{name}/images/{NAME}"

    @cached_property
    def trash(self) -> str:
        return self.path.partition("/images/")[0] + "/trash"

    @cached_property
    def image(self) -> Image:
        """The image as a client that pushes has it."""
        return self.people["writer"].image(f"{self.repository}/{NAME}")

    @cached_property
    def manager(self) -> Desk:
        return desk(self.people["manager"])

    @cached_property
    def writer(self) -> Desk:
        return desk(self.people["writer"])

    @cached_property
    def reader(self) -> Desk:
        return desk(self.people["reader"])

    def push(self, tag: str | None, seed: str = "one") -> str:
        """A whole small image; returns its digest."""
        return self.image.push_image(tag, seed=seed).digest

    def work(self) -> None:
        """What goes on after an answer."""
        run_jobs(self.harbour.site, worker.JOBS)

    def operation(self, answer: JSON) -> Any:
        """The operation that an answer names, once it has ended."""
        self.work()
        return self.manager.get(f"/operations/{answer['operation']}")
