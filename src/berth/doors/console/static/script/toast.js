/* What the page says for a moment: after an act, and when the server cannot be reached. */
const toast = document.querySelector("#toast");

/** @param {string} text @param {boolean} bad */
const say = (text, bad) => {
  const box = document.createElement("div");
  box.className = bad ? "alert bad" : "alert";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  toast.replaceChildren(box);
};

window.addEventListener("berth:say", (event) => say(event.detail.text, event.detail.bad === true));
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => say(document.body.dataset.offline, true));
}
document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.statusText || document.body.dataset.offline, true));
/* Nobody looks: nothing is asked for. Once somebody does, everything is. */
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.id === "poll") event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const address = document.querySelector("#poll")?.getAttribute("hx-get");
  if (!document.hidden && address) window.htmx.ajax("GET", address, { target: "#list", select: "#list", swap: "outerHTML" });
});
