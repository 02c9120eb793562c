"""A scanner behind Harbor's pluggable scanner API (1.1 and 1.2), which pulls the image itself.

    metadata ──> submit ──> report? ──302──> wait, ask again
                    ^          ├──404──> it has forgotten: submit again
                    └──────────┘        └──200──> parse

One deadline holds for all of it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from berth.scan.external import harbor_report
from berth.scan.external.adapter import Adapter, Limits, Metadata, connected
from berth.scan.external.configured import Harbor
from berth.scan.external.deadline import within
from berth.scan.external.documents import JSON
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Inventory

_SUBMISSIONS = 3
_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be scanned, and how the adapter gets at it."""

    registry_url: str
    repository: str
    """The whole path of the image, as it is pulled."""
    digest: str
    tag: str
    """Empty where it has none."""
    media_type: str
    bearer: str = field(repr=False)
    """The header for pulls of this image."""
    basic: str = field(repr=False)
    """The same for an adapter that says it wants `Basic`."""

    def request(self, authorization_type: str) -> dict[str, dict[str, str]]:
        """`authorization_type` is what the adapter's metadata say of it; where they say nothing it is Harbor's own."""
        authorization = self.basic if authorization_type.lower() == "basic" else self.bearer
        artifact = {"repository": self.repository, "digest": self.digest, "mime_type": self.media_type}
        if self.tag:
            artifact["tag"] = self.tag
        return {"registry": {"url": self.registry_url, "authorization": authorization}, "artifact": artifact}


def metadata(config: Harbor, cancel: threading.Event, *, limits: Limits = _DEFAULT) -> Metadata:
    """What the adapter says it is. Raises `ScanFailed` and `Canceled`."""
    with connected(config) as client:
        return within(config.timeout_seconds, cancel, lambda over: Adapter(client, over, limits).metadata())


def scan(
    config: Harbor,
    subject: Subject,
    inventory: Inventory | None,
    cancel: threading.Event,
    *,
    limits: Limits = _DEFAULT,
) -> Reported:
    """What it finds. Packages and secrets, which it does not tell, come from our own inventory.

    Raises `ScanFailed` and `Canceled`.
    """
    with connected(config) as client, _without(config.authorization, subject.bearer, subject.basic):
        asked, document = within(
            config.timeout_seconds, cancel, lambda over: _asked(Adapter(client, over, limits), subject)
        )
    reported = harbor_report.parse(document, inventory, rated_by=asked.name, digest=subject.digest)
    return reported.by(config.name, f"{asked.name} {asked.version}".strip(), database_at=asked.database_at)


@contextmanager
def _without(*secrets: str) -> Iterator[None]:
    """Lets no failure tell them, which an adapter may well repeat when it says what went wrong."""
    try:
        yield
    except ScanFailed as failed:
        text = failed.text
        for secret in filter(None, (each.rpartition(" ")[2] for each in secrets)):
            text = text.replace(secret, "***")
        raise ScanFailed(failed.code, text) from None


def _asked(adapter: Adapter, subject: Subject) -> tuple[Metadata, JSON]:
    told = adapter.metadata()
    accept = told.report_of(subject.media_type)
    asked = subject.request(told.authorization_type)
    for _ in range(_SUBMISSIONS):
        report = adapter.report(adapter.submit(asked), accept)
        if report is not None:
            return told, report
    raise ScanFailed("ADAPTER_REJECTED", f"the adapter has forgotten the scan {_SUBMISSIONS} times")
