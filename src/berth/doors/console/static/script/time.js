/* Times in the zone of whoever looks; the server writes UTC. */
const language = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const two = (number) => String(number).padStart(2, "0");

/** @param {Date} at */
const local = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;

/** @param {Date} at */
const zone = (at) => {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
};

/** @param {Date} at */
const ago = (at) => {
  const seconds = (at.getTime() - Date.now()) / 1000;
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.round(seconds / length), unit);
};

/** @param {ParentNode} within */
const write = (within) => {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const exact = `${local(at)}:${two(at.getSeconds())} (${zone(at)})`;
    time.title = exact;
    if (time.dataset.ago !== undefined) time.textContent = ago(at);
    else time.textContent = time.dataset.exact === undefined ? local(at) : exact;
  }
};

write(document);
document.addEventListener("htmx:afterSettle", () => write(document));
setInterval(() => write(document), 60_000);
