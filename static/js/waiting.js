// While a page says that something waits, its parts with data-fresh are fetched anew, until nothing waits any more. A part
// in which the reader is (by keyboard) is left alone; a page that nobody looks at asks for nothing.
const PAUSE = 4_000;
const PATIENCE = 10 * 60_000; // after that the reader has left, or somebody looks into it

const waits = () => document.querySelector('[data-fresh] .badge-waiting, [data-fresh] .verdict-waiting') !== null;

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const newer = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
    if (!newer || part.contains(document.activeElement)) continue;
    part.replaceChildren(...newer.childNodes);
    document.dispatchEvent(new CustomEvent("akashi:fresh", { detail: part }));
  }
}

const end = Date.now() + PATIENCE;
async function again() {
  if (!waits() || Date.now() > end) return;
  // A fetch that fails is tried again: the line may be back.
  if (!document.hidden) await refresh().catch(() => {});
  setTimeout(again, PAUSE);
}
if (waits()) setTimeout(again, PAUSE);
