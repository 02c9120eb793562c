/* Filters are sent when one is chosen or ticked, and a text when it is entered; also the field beside the form, for rows per page. */
for (const kind of ["change", "search"]) {
  document.addEventListener(kind, (event) => {
    const field = event.target;
    const chosen = kind === "change" ? field instanceof HTMLSelectElement || field instanceof HTMLInputElement && field.type === "checkbox" : field instanceof HTMLInputElement && field.value === "";
    if (chosen && field.form?.id === "filters") field.form.requestSubmit();
  });
}

/* The form stays while its list is exchanged, so the order is that of the page and not the one it came with. */
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id !== "filters") return;
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort !== null) event.detail.parameters.sort = sort;
});

/* While a list is asked for, its rows stay. */
document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.target?.id === "list" && event.detail.elt.dataset.poll === undefined) event.detail.target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", () => document.querySelector("#list")?.removeAttribute("aria-busy"));

/* The filters stay, and with them the link that asks for the list again: for the one that is shown, not the first one. */
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id === "refresh") event.detail.path = location.pathname + location.search;
});
