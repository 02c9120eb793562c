"""Users: for administrators."""

from berth.db.pages import containing
from berth.db.tables import account
from berth.doors.console.languages import mark as _
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import accounts, passwords
from berth.registry import opening

SORTS = ("name", "-created_at", "-edited_at")


def show(view: View) -> Answer:
    opening.operator(view.caller)
    wanted, name = view.wanted(SORTS), view.asked("name")
    where = [] if name is None else [containing(account.c.name, name)]
    with view.site.db.read() as tx:
        found = accounts.page(tx, wanted, *where)
    return view.show("users.html", rows=found.items, next=view.after(found, wanted), wanted=wanted)


def ask_new(view: View) -> Answer:
    opening.operator(view.caller)
    return view.show("user_new.html")


def make(view: View) -> Answer:
    opening.operator(view.caller)
    robot = view.field("kind") == "robot"
    hashed = None if robot else passwords.hashed(view.field("password"))
    with view.site.db.write() as tx:
        accounts.create(
            tx,
            view.caller.actor,
            view.field("name").strip(),
            at=view.site.now(),
            password=hashed,
            robot=robot,
            administrator=view.is_on("administrator"),
            description=view.field("description").strip(),
        )
    return view.go("/console/users", view.say(_("User created.")))


def ask_edit(view: View) -> Answer:
    opening.operator(view.caller)
    with view.site.db.read() as tx:
        found = accounts.find(tx, view.params["user"])
    return view.show("user_edit.html", user=found)


def edit(view: View) -> Answer:
    opening.operator(view.caller)
    name, actor, now = view.params["user"], view.caller.actor, view.site.now()
    with view.site.db.write() as tx:
        before = accounts.expect(tx, name, view.version)
        if view.field("description").strip() != before.description:
            accounts.describe(tx, actor, name, view.field("description").strip(), at=now)
        if view.is_on("administrator") != before.administrator:
            turn = accounts.make_administrator if view.is_on("administrator") else accounts.unmake_administrator
            turn(tx, actor, name, at=now)
        if view.is_on("disabled") != before.disabled:
            (accounts.disable if view.is_on("disabled") else accounts.enable)(tx, actor, name, at=now)
    return view.go("/console/users", view.say(_("Saved.")))


def ask_reset(view: View) -> Answer:
    opening.operator(view.caller)
    with view.site.db.read() as tx:
        found = accounts.find(tx, view.params["user"])
    return view.show("user_reset.html", user=found)


def reset(view: View) -> Answer:
    opening.operator(view.caller)
    hashed = passwords.hashed(view.field("password"))
    with view.site.db.write() as tx:
        accounts.reset_password(tx, view.caller.actor, view.params["user"], hashed, at=view.site.now())
    return view.go("/console/users", view.say(_("Password set. Keys and sessions of this user have ended.")))


def ask_delete(view: View) -> Answer:
    opening.operator(view.caller)
    with view.site.db.read() as tx:
        found = accounts.find(tx, view.params["user"])
    return view.show("user_delete.html", user=found)


def delete(view: View) -> Answer:
    opening.operator(view.caller)
    with view.site.db.write() as tx:
        accounts.remove(tx, view.caller.actor, view.params["user"], at=view.site.now())
    return view.go("/console/users", view.say(_("Deleted.")))


ROUTES = (
    get("/users", show),
    get("/users/-/new", ask_new),
    post("/users/-/new", make, "user.create", ask_new),
    get("/users/{user}/edit", ask_edit),
    post("/users/{user}/edit", edit, "user.edit", ask_edit),
    get("/users/{user}/reset", ask_reset),
    post("/users/{user}/reset", reset, "user.reset", ask_reset),
    get("/users/{user}/delete", ask_delete),
    post("/users/{user}/delete", delete, "user.delete", ask_delete),
)
