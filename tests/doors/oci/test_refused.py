from sqlalchemy import select

from berth.db.tables import audit_event
from berth.registry import images, locks
from berth.words import names
from tests.client import Image, code
from tests.doors.oci.harbour import OPERATOR, Dock


def lock(dock: Dock, path: str) -> None:
    site = dock.harbour.site
    with site.db.write() as tx:
        found = images.find(tx, dock.harbour.place(dock.repository), names.image_path(path))
        locks.lock_image(tx, found, OPERATOR, at=site.now(), reason="released")


def refused(dock: Dock, target: str) -> list[tuple[str, str]]:
    query = select(audit_event.c.action, audit_event.c.after).where(
        audit_event.c.target == target, audit_event.c.outcome == "refused"
    )
    with dock.harbour.site.db.read() as tx:
        return [(row.action, row.after["refusal"]) for row in tx.execute(query.order_by(audit_event.c.id))]


def test_a_lock_is_named_to_the_client_and_the_refusal_is_kept(dock: Dock, image: Image) -> None:
    first = image.push_image("v1")
    lock(dock, image.name)
    assert image.put("v1", first).status_code == 201
    for answer in (
        image.put("v2", first),
        image.ask("DELETE", "manifests/v1"),
        image.ask("DELETE", f"manifests/{first.digest}"),
    ):
        assert (answer.status_code, code(answer)) == (403, "DENIED")
        assert answer.json()["errors"][0]["detail"]["reason"] == "released"
        assert "is locked by operator" in answer.json()["errors"][0]["message"]
    assert image.get("v1").status_code == 200
    assert refused(dock, f"{image.name}:v2") == [("manifest.push", "Locked")]
    assert refused(dock, f"{image.name}:v1") == [("manifest.delete", "Locked")]
    assert refused(dock, f"{image.name}@{first.digest}") == [("manifest.delete", "Locked")]


def test_who_may_not_push_is_kept_too(dock: Dock, image: Image) -> None:
    first = image.push_image("v1")
    reader = dock.harbour.somebody((dock.repository, "reader"))
    assert dock.image(client=reader).put("v2", first).status_code == 403
    assert refused(dock, image.name) == [("manifest.push", "Denied")]
