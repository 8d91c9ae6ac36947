// The verify page: hashes a dropped file in a worker, then asks the server about the digest alone.
// A bundle is recognised by its first line and put into the form that sends it.

// One line of canonical JSON that names its format. The members are sorted, so the name may stand anywhere in the line; a
// tampered bundle need not be JSON any more and is still one to be checked.
const BUNDLE = /^\{[^\n]*"format":"akashi-bundle\/1"/;
const BUNDLE_LIMIT = 1_500_000; // bytes that the page checks, as the server has it
const LOOKED_AT = 16 * 1024 * 1024; // bytes up to which a file may be a bundle at all

for (const place of document.querySelectorAll("[data-verify]")) {
  const zone = place.querySelector("[data-drop-zone]");
  const input = place.querySelector("[data-drop-input]");
  const state = place.querySelector("[data-verify-state]");
  const bar = place.querySelector("[data-verify-progress]");
  let worker = null;

  const fail = () => {
    state.textContent = place.dataset.failed;
    bar.hidden = true;
  };

  // The digest goes into the address, so the answer can be linked to and works with the back button. Name and size stand
  // behind the #, which no browser sends: a private file's name is nobody's business.
  const ask = (file, digest) => {
    const address = new URL("/verify", location.href);
    address.searchParams.set("q", digest);
    address.searchParams.set("own", "1");
    address.hash = new URLSearchParams({ name: file.name, size: String(file.size) });
    location.assign(address);
  };

  const hash = (file) => {
    worker = new Worker(place.dataset.worker);
    state.textContent = `${place.dataset.hashing} ${file.name}`;
    bar.hidden = false;
    bar.value = 0;
    worker.onmessage = ({ data }) => {
      if (data.hashed !== undefined && file.size) bar.value = Math.floor((100 * data.hashed) / file.size);
      if (data.whole) ask(file, data.whole);
      if (data.error) fail();
    };
    worker.onerror = fail;
    worker.postMessage({ id: 1, do: "digest", file });
  };

  const isBundle = async (file) =>
    file.size <= LOOKED_AT && (await file.slice(0, 1).text()) === "{" && BUNDLE.test(await file.text());

  const send = (file) => {
    if (file.size > BUNDLE_LIMIT) {
      state.textContent = place.dataset.large;
      return;
    }
    state.textContent = place.dataset.bundle;
    const form = document.querySelector("#verify-bundle");
    const carrier = new DataTransfer();
    carrier.items.add(file);
    form.files = carrier.files;
    form.form.requestSubmit();
  };

  const take = async (file) => {
    if (!file) return;
    if (worker) worker.terminate();
    bar.hidden = true;
    try {
      if (await isBundle(file)) send(file);
      else hash(file);
    } catch {
      fail();
    }
  };

  input.addEventListener("change", () => take(input.files[0]));
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.dataset.over = "";
    });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => { delete zone.dataset.over; });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
}

// What the visitor's own file is called, told by the page that hashed it to the page that answers.
const line = document.querySelector("[data-own-file]");
if (line) {
  const told = new URLSearchParams(location.hash.slice(1));
  const bytes = Number(told.get("size"));
  if (told.get("name")) {
    line.querySelector("[data-own-name]").textContent = told.get("name");
    if (Number.isSafeInteger(bytes) && bytes >= 0) {
      const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
      const step = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), units.length - 1);
      const words = new Intl.NumberFormat(document.documentElement.lang, {
        style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1,
      });
      line.querySelector("[data-own-size]").textContent = words.format(bytes / 1000 ** step);
    }
    line.hidden = false;
  }
}
