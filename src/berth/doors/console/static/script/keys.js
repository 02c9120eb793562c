/* The slash searches. It can be turned off in the settings, for it is a single key (WCAG 2.1.4). */
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]") !== null;
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || document.body.dataset.keys === "off") return;
  event.preventDefault();
  document.querySelector("#top-search")?.focus();
});
