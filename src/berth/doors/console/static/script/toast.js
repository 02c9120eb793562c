/* What the page says for a moment: after an act, and when the server cannot be reached. */
const toast = document.querySelector("#toast");

/** @param {string} text @param {boolean} bad */
const say = (text, bad) => {
  const box = document.createElement("div");
  box.className = bad ? "alert bad" : "alert";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  // While a dialog is open nothing behind it is seen or read out.
  const form = bad ? document.querySelector("dialog[open] .dlg-body") : null;
  if (form === null) {
    toast.replaceChildren(box);
    return;
  }
  form.querySelector(".failed")?.remove();
  box.classList.add("failed");
  box.setAttribute("role", "alert");
  form.prepend(box);
};

window.addEventListener("berth:say", (event) => say(event.detail.text, event.detail.bad === true));
/* What a page shows by itself grows old while the server is away; once that answers again there is nothing to say. */
let fresh = new Date();
let away = false;
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, (event) => {
    away = event.detail.elt.dataset?.poll !== undefined;
    const time = fresh.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    say(away ? document.body.dataset.stale.replace("{time}", time) : document.body.dataset.offline, true);
  });
}
document.addEventListener("htmx:afterOnLoad", () => {
  fresh = new Date();
  if (away) toast.replaceChildren();
  away = false;
});
document.addEventListener("htmx:responseError", (event) => say(told(event.detail.xhr) || document.body.dataset.failed, true));

/** What a page says that came in place of the one asked for. @param {XMLHttpRequest} xhr */
const told = (xhr) => {
  if (!(xhr.getResponseHeader("content-type") ?? "").startsWith("text/html")) return "";
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  return page.querySelector("[role=alert]")?.textContent.trim() ?? "";
};

/* A refusal is no list, so it does not take the place of one. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status < 400 || event.detail.target.id === "dialog") return;
  event.detail.shouldSwap = false;
  event.detail.isError = true;
});
