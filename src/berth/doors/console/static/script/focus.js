/* After an act on a row another page comes: whoever uses the keyboard goes on at the row after it, else at the list. */
const KEPT = "berth-next-row";
/** @type {Element | null} */
let row = null;

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const menu = event.target.closest(".menu");
  const opener = event.target.closest("[data-dialog], #bulk button");
  if (menu !== null) row = document.getElementById(menu.dataset.of)?.closest("tr") ?? null;
  else if (opener !== null && opener.closest("dialog") === null) {
    row = opener.closest("#bulk") === null ? opener.closest("tr") : [...document.querySelectorAll("#list tr:has(input[name=digest]:checked)")].at(-1) ?? null;
  }
}, true);

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof Element) || event.target.closest("dialog") === null) return;
  const next = row?.nextElementSibling?.querySelector("[data-menu][id^=m-]") ?? null;
  if (next === null) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, next.id);
}, true);

const kept = sessionStorage.getItem(KEPT);
sessionStorage.removeItem(KEPT);
if (document.querySelector("#toast .alert") !== null && document.activeElement === document.body) {
  const next = kept === null ? null : document.getElementById(kept);
  (next ?? document.querySelector("#list-h"))?.focus({ preventScroll: true });
}
