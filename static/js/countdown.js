// Elements with data-countdown (Unix seconds) say how long it still takes, by the second near the end; data-over says what
// follows. The server wrote the same, to the minute.
const format = new Intl.RelativeTimeFormat(document.documentElement.lang || undefined, { numeric: "always" });
const UNITS = [["day", 86400, 172800], ["hour", 3600, 7200], ["minute", 60, 180], ["second", 1, 0]];

function words(seconds) {
  const [unit, length] = UNITS.find(([, , least]) => seconds >= least);
  return format.format(Math.floor(seconds / length), unit);
}

function tick() {
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const left = Number(place.dataset.countdown) - Date.now() / 1000;
    const target = place.querySelector("time") ?? place;
    if (left > 0) target.textContent = words(left);
    else if (place.dataset.over) target.textContent = place.dataset.over;
  }
}

if (document.querySelector("[data-countdown]")) {
  tick();
  setInterval(tick, 1000);
}
