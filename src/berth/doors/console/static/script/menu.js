/* One menu of actions and one of addresses for all rows of a page, filled from the row whose button was pressed. */

/** @param {HTMLElement} button @param {HTMLElement} menu */
const open = (button, menu) => {
  if (menu.id === "url-menu") addresses(button, menu);
  else actions(button, menu);
  menu.dataset.of = button.id;
  menu.setAttribute("aria-label", button.getAttribute("aria-label"));
  menu.showPopover({ source: button });
  const at = button.getBoundingClientRect();
  menu.style.position = "fixed";
  menu.style.positionArea = "none";
  const size = menu.getBoundingClientRect();
  menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - size.height - 8))}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`;
  items(menu)[0]?.focus();
};

/** @param {HTMLElement} menu @returns {HTMLElement[]} */
const items = (menu) => [...menu.querySelectorAll("[role=menuitem]")].filter((item) => !item.hidden);

/** @param {HTMLElement} button @param {HTMLElement} menu */
const actions = (button, menu) => {
  const { locked } = button.dataset;
  for (const item of menu.querySelectorAll("[data-path]")) {
    const kept = locked === "yes" && item.dataset.unlocked !== undefined;
    item.hidden = !fits(item, button);
    item.href = `${button.getAttribute("href")}/${item.dataset.path}`;
    item.removeAttribute("aria-disabled");
    if (kept) item.setAttribute("aria-disabled", "true");
    const why = item.querySelector(".why");
    if (why !== null) why.hidden = !kept;
  }
  const line = menu.querySelector("[role=separator]");
  if (line !== null) line.hidden = !items(menu).some((item) => item.compareDocumentPosition(line) & Node.DOCUMENT_POSITION_FOLLOWING);
};

/** Whether an action is one for a row in its state. @param {HTMLElement} item @param {HTMLElement} button */
const fits = (item, button) => {
  const { locked, state } = button.dataset;
  const other = item.dataset.when !== undefined && item.dataset.when !== locked;
  return !other && item.dataset.needs.split(" ").includes(state);
};

/** @param {HTMLElement} button @param {HTMLElement} menu */
const addresses = (button, menu) => {
  const { tag } = button.dataset;
  const digest = button.closest("tr").querySelector("[data-menu=row-menu]").getAttribute("href").split("/").at(-1);
  for (const item of menu.querySelectorAll("[data-endpoint]")) {
    const byTag = item.dataset.by === "tag";
    item.hidden = byTag && !tag;
    item.dataset.copy = byTag ? `${item.dataset.endpoint}:${tag}` : `${item.dataset.endpoint}@${digest}`;
    item.querySelector("code").textContent = item.dataset.copy;
  }
};

const opener = (target) => (target instanceof Element ? target.closest("[data-menu]") : null);

document.addEventListener("click", (event) => {
  const button = opener(event.target);
  if (button !== null) {
    const menu = document.getElementById(button.dataset.menu);
    const every = [...menu.querySelectorAll("[data-path]")];
    if (every.length > 0 && !every.some((item) => fits(item, button))) return; // nothing to choose: its details
    event.preventDefault();
    if (menu.matches(":popover-open") && menu.dataset.of === button.id) menu.hidePopover();
    else open(button, menu);
    return;
  }
  const item = event.target instanceof Element ? event.target.closest(".menu [role=menuitem]") : null;
  if (item === null) return;
  const menu = item.closest(".menu");
  if (item.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    return;
  }
  menu.hidePopover();
  document.getElementById(menu.dataset.of)?.focus();
  if (item.dataset.path === undefined) return;
  event.preventDefault();
  window.htmx.ajax("GET", item.href, { target: "#dialog", swap: "innerHTML" });
});

document.addEventListener("keydown", (event) => {
  const button = opener(event.target);
  if (button !== null && ["ArrowDown", " "].includes(event.key)) {
    event.preventDefault();
    button.click();
    return;
  }
  const menu = event.target instanceof Element ? event.target.closest(".menu") : null;
  if (menu === null) return;
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const moves = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 };
  if (event.key in moves) {
    event.preventDefault();
    all[(moves[event.key] + all.length) % all.length].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    menu.hidePopover();
    if (event.key === "Escape") event.preventDefault();
    document.getElementById(menu.dataset.of)?.focus();
  } else if (event.key === " ") {
    event.preventDefault();
    document.activeElement.click();
  } else if (event.key.length === 1) {
    const found = [...all.slice(here + 1), ...all].find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
    found?.focus();
  }
});
