// Titles of <time> elements, and absolute times themselves, in the zone of the viewer. The server writes them in UTC.
const language = document.documentElement.lang || undefined;
const shapes = {
  title: { dateStyle: "full", timeStyle: "long" },
  stamp: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false },
  datetime: { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" },
  seconds: {
    day: "numeric", month: "long", year: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZoneName: "short",
  },
};
const writers = {};

function write(moment, shape) {
  writers[shape] ??= new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, shapes[shape]);
  return writers[shape].format(moment).replace(" at ", ", ");
}

function localise(root) {
  for (const element of root.querySelectorAll("time[data-local-time]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.title = write(moment, "title");
    const style = element.dataset.localTime;
    const lastYear = style === "stamp" && moment.getFullYear() !== new Date().getFullYear();
    if (style in shapes && !lastYear) element.textContent = write(moment, style);
  }
}

localise(document);
document.addEventListener("htmx:load", (event) => localise(event.detail.elt.parentElement ?? document));
document.addEventListener("akashi:fresh", (event) => localise(event.detail));
