"""Registries and repositories: making, changing and deleting them."""

from typing import Any

from sqlalchemy import Connection

from berth.doors.console.languages import mark as _
from berth.doors.console.pages.policies import read_deletion, read_pull, read_scan
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people.access import Place
from berth.registry import applying, deletion, editing, opening, registries, repositories, trash
from berth.registry.editing import Chosen
from berth.words import names
from berth.words.actions import Action
from berth.words.errors import FieldInvalid
from berth.words.policies import LockPolicy


def new_registry(view: View) -> Answer:
    opening.operator(view.caller)
    return view.show("registry_new.html", listeners=view.site.settings.listeners)


def make_registry(view: View) -> Answer:
    opening.operator(view.caller)
    name = view.field("name").strip()
    if view.field("visibility") not in ("private", "public"):
        raise FieldInvalid("visibility", view.say(_("Private or public.")))
    with view.site.db.write() as tx:
        registries.create(
            tx,
            view.caller.actor,
            name,
            at=view.site.now(),
            visibility=view.field("visibility"),
            **_endpoints(view),
        )
    path = f"/console/registries/{name}"
    if view.query.get("back") == "select":
        path = f"{path}/repositories/-/new"  # the selector is for repositories, and this registry has none yet
    return view.go(path, view.say(_("Registry created.")))


def edit_registry(view: View) -> Answer:
    with view.site.db.read() as tx:
        opening.open_registry(tx, view.caller, view.params["registry"], Action.ADMIN)
        found = registries.find(tx, view.params["registry"])
    return view.show("registry_edit.html", registry=found, listeners=view.site.settings.listeners)


def change_registry(view: View) -> Answer:
    name = view.params["registry"]
    with view.site.db.write() as tx:
        opening.open_registry(tx, view.caller, name, Action.ADMIN)
        registries.edit(tx, view.caller.actor, name, at=view.site.now(), expected=view.version, **_endpoints(view))
    return view.go(f"/console/registries/{name}", view.say(_("Saved.")))


def ask_registry(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = opening.open_registry(tx, view.caller, view.params["registry"])
        opening.operator(view.caller)
    return view.show("place_delete.html", place=place, back=f"/console/registries/{place}")


def delete_registry(view: View) -> Answer:
    name = view.params["registry"]
    with view.site.db.write() as tx:
        place = opening.open_registry(tx, view.caller, name)
        opening.operator(view.caller)
        if not view.is_on("everything"):
            keep = trash.kept(view.site.settings)
            registries.remove(tx, view.caller.actor, name, at=view.site.now(), keep=keep)
        else:
            deletion.request_place(tx, place, view.field("name"), view.caller.actor, at=view.site.now())
    return view.go("/console/registries", _told(view))


def new_repository(view: View) -> Answer:
    with view.site.db.read() as tx:
        opening.open_registry(tx, view.caller, view.params["registry"], Action.MANAGE, Action.ADMIN)
    return view.show("repository_new.html", registry=view.params["registry"])


def make_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.field("name").strip()
    with view.site.db.write() as tx:
        opening.open_registry(tx, view.caller, above, Action.MANAGE, Action.ADMIN)
        repositories.create(
            tx, view.caller.actor, above, name, at=view.site.now(), description=view.field("description")
        )
    return view.go(f"/console/images?registry={above}&repository={name}", view.say(_("Repository created.")))


def edit_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.read() as tx:
        opening.open_repository(tx, view.caller, above, name, Action.MANAGE, Action.ADMIN)
        found = repositories.find(tx, above, name)
    return view.show("repository_edit.html", repository=found, policy=found.policies.deletion)


def change_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.write() as tx:
        place = opening.open_repository(tx, view.caller, above, name, Action.MANAGE, Action.ADMIN)
        before = repositories.find(tx, above, name)
        policies = Chosen(
            scan=read_scan(view, before.policies.scan),
            pull=read_pull(view, before.policies.pull),
            lock=LockPolicy(locked=view.is_on("locked")),
            deletion=read_deletion(view, before.policies.deletion),
        )
        editing.repository_(
            tx,
            place,
            view.caller.actor,
            at=view.site.now(),
            description=view.field("description"),
            policies=policies,
            immutable_tags=view.field("immutable_tags").strip(),
            expected=view.version,
        )
    return view.go(f"/console/registries/{above}/repositories/{name}", view.say(_("Saved.")))


POLICIES = ("scan", "pull", "lock", "deletion")


def ask_apply(view: View) -> Answer:
    with view.site.db.read() as tx:
        place = _managed(tx, view)
        different = applying.preview(tx, place, POLICIES)
    return view.show("repository_apply.html", place=place, different=different)


def apply_defaults(view: View) -> Answer:
    which = [name for name in view.form.all("policies") if name in POLICIES]
    with view.site.db.write() as tx:
        place = _managed(tx, view)
        if not which:
            raise FieldInvalid("policies", view.say(_("Select at least one.")))
        applying.request(tx, place, which, view.caller.actor, at=view.site.now())
    return view.go("/console/activity", view.say(_("The default policies are being applied.")))


def ask_repository(view: View) -> Answer:
    with view.site.db.read() as tx:
        above, name = view.params["registry"], view.params["repository"]
        place = opening.open_repository(tx, view.caller, above, name, Action.ADMIN)
    return view.show("place_delete.html", place=place, back=f"/console/registries/{above}/repositories/{name}")


def delete_repository(view: View) -> Answer:
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.write() as tx:
        place = opening.open_repository(tx, view.caller, above, name, Action.ADMIN)
        if not view.is_on("everything"):
            keep = trash.kept(view.site.settings)
            repositories.remove(tx, view.caller.actor, above, name, at=view.site.now(), keep=keep)
        else:
            deletion.request_place(tx, place, view.field("name"), view.caller.actor, at=view.site.now())
    return view.go(f"/console/registries/{above}", _told(view))


def _managed(tx: Connection, view: View) -> Place:
    above, name = view.params["registry"], view.params["repository"]
    return opening.open_repository(tx, view.caller, above, name, Action.MANAGE, Action.ADMIN)


def _told(view: View) -> str:
    begun = view.is_on("everything")
    return view.say(_("Deletion has begun. Activity shows how far it is.")) if begun else view.say(_("Deleted."))


def _endpoints(view: View) -> dict[str, Any]:  # Any: columns of different types
    known = [listener.name for listener in view.site.settings.listeners]
    given: dict[str, Any] = {  # Any: columns of different types
        "description": view.field("description"),
        "public_endpoint": view.is_on("public_endpoint"),
        "create_on_push": view.is_on("create_on_push"),
    }
    for field in registries.HOSTS:
        given[field] = _host(view, field)
    for field in registries.LISTENERS:
        given[field] = view.field(field) or None
        if given[field] is not None and given[field] not in known:
            raise FieldInvalid(field, view.say(_("There is no such listener.")))
    return given


def _host(view: View, field: str) -> str | None:
    given = view.field(field).strip()
    try:
        return names.host(given) if given else None
    except FieldInvalid as error:
        raise FieldInvalid(field, error.reason) from None


_REPOSITORY = "/registries/{registry}/repositories/{repository}"

ROUTES = (
    get("/registries/-/new", new_registry),
    post("/registries/-/new", make_registry, "registry.create", new_registry),
    get("/registries/{registry}/-/edit", edit_registry),
    post("/registries/{registry}/-/edit", change_registry, "registry.edit", edit_registry),
    get("/registries/{registry}/-/delete", ask_registry),
    post("/registries/{registry}/-/delete", delete_registry, "registry.delete", ask_registry),
    get("/registries/{registry}/repositories/-/new", new_repository),
    post("/registries/{registry}/repositories/-/new", make_repository, "repository.create", new_repository),
    get(_REPOSITORY + "/-/policies", edit_repository),
    post(_REPOSITORY + "/-/policies", change_repository, "repository.edit", edit_repository),
    get(_REPOSITORY + "/-/apply", ask_apply),
    post(_REPOSITORY + "/-/apply", apply_defaults, "repository.apply", ask_apply),
    get(_REPOSITORY + "/-/delete", ask_repository),
    post(_REPOSITORY + "/-/delete", delete_repository, "repository.delete", ask_repository),
)
