"""Pictures of the console for the documentation, of a real Berth with a small shop in it: `make screenshots`."""

import tempfile
from pathlib import Path

from tests import documents
from tests.client import Client
from tests.console.window import PHONE, WIDE, Window, chromium
from tests.serving import served

FOLDER = Path(__file__).parent / "images"
TAGS = "/images/main/apps/shop/web/-/tags"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server, chromium() as browser:
        _fill(server.client())
        for name, path, size, theme in (
            ("home", "/", WIDE, "light"),
            ("images", "/images?registry=main&repository=apps", WIDE, "light"),
            ("details", "/images/main/apps/shop/web", WIDE, "light"),
            ("tags", TAGS, WIDE, "light"),
            ("tags-dark", TAGS, WIDE, "dark"),
            ("tags-phone", TAGS, PHONE, "light"),
        ):
            viewport = {"width": size[0], "height": size[1]}
            context = browser.new_context(viewport=viewport, color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
            window = Window(context.new_page(), server).sign_in().open(path)
            window.page.wait_for_load_state("networkidle")
            window.page.screenshot(path=FOLDER / f"console-{name}.png")
            context.close()
            print(f"console-{name}.png")


def _fill(me: Client) -> None:
    web = me.image("main/apps/shop/web")
    for number in range(8, 13):
        web.push_image(f"2.{number}.0", seed=str(number))
    newest = web.push_image("2.13.0", seed="13")
    for name in ("latest", "stable", "2.13", "2"):
        web.put(name, newest)
    web.put("multi", documents.index([web.push_image(seed=seed) for seed in ("amd64", "arm64")]))
    web.push_artifact(newest, "application/spdx+json")
    web.push_image(seed="left over")
    for name in ("shop/cart", "shop/search", "ledger", "mailer"):
        me.image(f"main/apps/{name}").push_image("1.0.0", seed=name)


if __name__ == "__main__":
    main()
