// "/" goes to search, "j" and "k" to the next and previous row, "?" lists the keys. data-keys="off" on the page turns them off.
const on = document.documentElement.dataset.keys !== "off";
const search = document.querySelector("main [data-key-search]") ?? document.querySelector("[data-key-search]");
const dialog = document.querySelector("[data-keys-dialog]");

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function goToSearch() {
  if (search && search.offsetParent) search.focus();
  else location.assign("/search");
}

function step(direction) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("a[href]"));
  if (!rows.length) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? (direction > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + direction, 0), rows.length - 1);
  rows[next].querySelector("a[href]").focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

const acts = { "/": goToSearch, j: () => step(1), k: () => step(-1), "?": () => dialog && dialog.showModal() };

document.addEventListener("keydown", (event) => {
  if (!on || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
