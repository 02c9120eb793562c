/* The one dialog of a page: shown when htmx has put something into it, closed by its buttons, Esc, or a new page. */
/** @type {HTMLDialogElement} */
const dialog = document.querySelector("#dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  dialog.classList.toggle("wide", dialog.querySelector("pre.code, .wide") !== null);
  if (!dialog.open) dialog.showModal();
});

/* What is wrong comes before what is offered; only now htmx is done with the focus itself. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== dialog) return;
  const first = dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]");
  if (first instanceof HTMLElement) first.focus();
});

document.addEventListener("click", (event) => {
  const opener = event.target instanceof Element ? event.target.closest("a[data-dialog]") : null;
  if (opener === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  window.htmx.ajax("GET", opener.href, { target: "#dialog", swap: "innerHTML", source: opener });
});

document.addEventListener("click", (event) => {
  const closer = event.target instanceof Element ? event.target.closest("[data-close]") : null;
  if (closer === null || !dialog.contains(closer)) return;
  event.preventDefault();
  dialog.close();
});

dialog.addEventListener("close", () => dialog.replaceChildren());

/* A form is sent once, however often its button is pressed: neither the browser nor htmx sees the second time. Where
   it has not arrived, or somebody comes back to it, it can be sent again. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent === "yes") {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  form.dataset.sent = "yes";
}, true);
const again = () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
};
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) document.addEventListener(kind, again);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) again();
});

/* Links that act as buttons answer to the space bar as buttons do. */
document.addEventListener("keydown", (event) => {
  const link = event.target;
  if (event.key !== " " || !(link instanceof HTMLAnchorElement) || link.getAttribute("role") !== "button") return;
  event.preventDefault();
  link.click();
});
