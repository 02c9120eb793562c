/* While something goes on its list asks again and again: at first often, after two minutes less so. Nobody looks: nothing
   is asked for. Once somebody does, everything is. What is not there any more is not asked for again. */
const OFTEN_MS = 120_000;
const SELDOM_MS = 10_000;
/** By id of what asks: when it began to, and when it did last. @type {Map<string, {since: number, asked: number}>} */
const pollers = new Map();

document.addEventListener("htmx:beforeRequest", (event) => {
  const { id, dataset } = event.detail.elt;
  if (dataset?.poll === undefined) return;
  const now = Date.now();
  const known = pollers.get(id) ?? { since: now, asked: 0 };
  pollers.set(id, known);
  if (document.hidden || (now - known.since > OFTEN_MS && now - known.asked < SELDOM_MS)) event.preventDefault();
  else known.asked = now;
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of pollers.keys()) if (document.getElementById(id)?.dataset.poll === undefined) pollers.delete(id);
});
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.elt.dataset?.poll !== undefined && event.detail.xhr.status < 500) event.detail.elt.remove();
});
document.addEventListener("visibilitychange", () => {
  const address = document.querySelector("#poll")?.getAttribute("hx-get");
  if (!document.hidden && address) window.htmx.ajax("GET", address, { target: "#list", select: "#list", swap: "outerHTML" });
});
