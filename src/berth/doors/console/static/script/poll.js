/* While something goes on its list asks again and again: at first often, after two minutes less so. Nobody looks: nothing
   is asked for. Once somebody does, everything is. What is not there any more is not asked for again. */
const OFTEN_MS = 120_000;
const SELDOM_MS = 10_000;
/** @type {number | null} */
let since = null;
let asked = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "poll") return;
  const now = Date.now();
  since ??= now;
  if (document.hidden || (now - since > OFTEN_MS && now - asked < SELDOM_MS)) event.preventDefault();
  else asked = now;
});
document.addEventListener("htmx:afterSettle", () => {
  if (document.querySelector("#poll") === null) since = null;
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.id === "poll" && event.detail.xhr.status < 500) event.detail.elt.remove();
});
document.addEventListener("visibilitychange", () => {
  const address = document.querySelector("#poll")?.getAttribute("hx-get");
  if (!document.hidden && address) window.htmx.ajax("GET", address, { target: "#list", select: "#list", swap: "outerHTML" });
});
