/* Selecting rows: a page at once, a range with shift, 50 at most; what is selected stays while pages and filters change. */
const MOST = 50;
/** @type {Set<string>} */
const chosen = new Set();
/** @type {HTMLInputElement | null} */
let last = null;

/** @returns {HTMLInputElement[]} */
const boxes = () => [...document.querySelectorAll("#list tbody input[name=digest]")];
const bar = () => document.querySelector("#bulk-count");

const show = () => {
  for (const box of boxes()) box.checked = chosen.has(box.value);
  const all = document.querySelector("#select-page");
  const here = boxes();
  const marked = here.filter((box) => box.checked).length;
  if (all !== null) {
    all.checked = here.length > 0 && marked === here.length;
    all.indeterminate = marked > 0 && marked < here.length;
  }
  const list = document.querySelector("#list");
  if (bar() === null || list === null) return;
  list.classList.toggle("selecting", chosen.size > 0);
  bar().textContent = bar().dataset.words.replace("{n}", String(chosen.size));
  const form = document.querySelector("#bulk");
  for (const hidden of form.querySelectorAll("input[type=hidden]")) hidden.remove();
  const shown = new Set(here.map((box) => box.value));
  for (const digest of chosen) {
    if (shown.has(digest)) continue;
    const elsewhere = document.createElement("input");
    elsewhere.type = "hidden";
    elsewhere.name = "digest";
    elsewhere.value = digest;
    form.append(elsewhere);
  }
};

/** @param {HTMLInputElement} box @param {boolean} on */
const set = (box, on) => {
  if (!on) chosen.delete(box.value);
  else if (chosen.size < MOST) chosen.add(box.value);
  else if (!chosen.has(box.value)) {
    window.dispatchEvent(new CustomEvent("berth:say", { detail: { text: document.body.dataset.limit, bad: true } }));
  }
};

document.addEventListener("click", (event) => {
  const box = event.target;
  if (box instanceof Element && box.closest("#bulk-clear") !== null) {
    chosen.clear();
    show();
    document.querySelector("#list-h")?.focus();
    return;
  }
  if (!(box instanceof HTMLInputElement)) return;
  if (box.id === "select-page") {
    for (const each of boxes()) set(each, box.checked);
  } else if (box.name === "digest") {
    const all = boxes();
    const range = event.shiftKey && last !== null ? [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b) : null;
    const those = range !== null && range[0] >= 0 ? all.slice(range[0], range[1] + 1) : [box];
    for (const each of those) set(each, box.checked);
    last = box;
  } else return;
  show();
});

/* What stood in the list and does no more, though it is the same list, may be gone for good: the server knows. */
/** @type {Set<string>} */
let before = new Set();
let address = "";
const follow = async () => {
  const here = new Set(boxes().map((box) => box.value));
  const missing = address === location.href ? [...chosen].filter((digest) => before.has(digest) && !here.has(digest)) : [];
  before = here;
  address = location.href;
  const form = document.querySelector("#bulk");
  if (missing.length === 0 || form === null) return;
  const answer = await fetch(`${form.dataset.gone}?${new URLSearchParams(missing.map((digest) => ["digest", digest]))}`);
  if (!answer.ok || answer.headers.get("content-type") !== "application/json") return;
  const gone = await answer.json();
  for (const digest of gone) chosen.delete(digest);
  show();
  if (gone.length > 0) {
    const text = form.dataset.goneWords.replace("{n}", String(gone.length));
    window.dispatchEvent(new CustomEvent("berth:say", { detail: { text } }));
  }
};

document.addEventListener("htmx:afterSettle", () => {
  show();
  follow();
});
window.addEventListener("pageshow", () => {
  for (const box of boxes()) if (box.checked) chosen.add(box.value);
  show();
  follow();
});
