/* The slash searches, the question mark tells what keys do. They can be turned off in the settings, for they are single
   keys (WCAG 2.1.4). */
const search = () => {
  const field = document.querySelector("#top-search");
  if (field?.checkVisibility()) field.focus();
  else if (field !== null) location.assign("/console/search");
};
const tell = () => window.htmx.ajax("GET", "/console/shortcuts", { target: "#dialog", swap: "innerHTML" });
const KEYS = { "/": search, "?": tell };

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
  const busy = typing || event.isComposing || document.querySelector("dialog[open], :popover-open") !== null;
  if (!Object.hasOwn(KEYS, event.key) || event.ctrlKey || event.metaKey || event.altKey || busy || document.body.dataset.keys === "off") return;
  event.preventDefault();
  KEYS[event.key]();
});
