"""Pictures of pages, compared with those that are kept: how much of one is another than it was."""

import base64
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).parent / "references"
KIND = FOLDER / "kind.txt"

_COMPARE = """async ([one, other]) => {
  const pixels = async (data) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (each) => each.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return [bitmap.width, bitmap.height, context.getImageData(0, 0, bitmap.width, bitmap.height).data];
  };
  const [width, height, before] = await pixels(one);
  const [wide, high, after] = await pixels(other);
  if (width !== wide || height !== high) return 1;
  let different = 0;
  for (let place = 0; place < before.length; place += 4) {
    if ([0, 1, 2].some((part) => Math.abs(before[place + part] - after[place + part]) > 24)) different += 1;
  }
  return different / (width * height);
}"""

_SETTLE = """host => {
  for (const time of document.querySelectorAll("time")) time.textContent = "2026-01-31 12:00";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replaceAll(host, "registry.example.org");
}"""


_WIDTH = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.font = `100px ${getComputedStyle(document.documentElement).getPropertyValue("--mono")}`;
  return Math.round(context.measureText("sha256:0123456789abcdef").width);
}"""


def kind(page: Page) -> str:
    """By what a picture is taken: the browser, and the font of the system that digests are shown in."""
    browser = page.context.browser
    return f"Chromium {browser.version if browser else ''}, digests {page.evaluate(_WIDTH)} wide"


def taken(page: Page, host: str) -> bytes:
    """Without what is another each time: times, and the port."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.evaluate(_SETTLE, host)
    return page.screenshot(animations="disabled", caret="hide")


def difference(page: Page, name: str, picture: bytes) -> float:
    """The part of the picture that is another than in the one kept; one that is not kept yet is kept from now on."""
    kept = FOLDER / f"{name}.png"
    if not kept.exists():
        kept.write_bytes(picture)
    found: float = page.evaluate(_COMPARE, [base64.b64encode(each).decode() for each in (kept.read_bytes(), picture)])
    return found
