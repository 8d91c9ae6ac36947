// The verify page: hashes a dropped file in a worker, then asks the server about the digest alone.
// A bundle is recognised by its first line and put into the form that sends it.

const BUNDLE_MARK = '"akashi-bundle/1"';
const BUNDLE_LIMIT = 1_500_000;

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

  // The digest goes into the address, so the answer can be linked to and works with the back button.
  const ask = (file, digest) => {
    const address = new URL("/verify", location.href);
    address.searchParams.set("q", digest);
    address.searchParams.set("name", file.name);
    address.searchParams.set("size", String(file.size));
    location.assign(address);
  };

  const hash = (file) => {
    if (worker) worker.terminate();
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

  const take = async (file) => {
    if (!file) return;
    try {
      const head = await file.slice(0, 400).text();
      const form = document.querySelector("#verify-bundle");
      if (head.includes(BUNDLE_MARK) && file.size <= BUNDLE_LIMIT && form) {
        state.textContent = place.dataset.bundle;
        const carrier = new DataTransfer();
        carrier.items.add(file);
        form.files = carrier.files;
        form.form.requestSubmit();
        return;
      }
    } catch {
      fail();
      return;
    }
    hash(file);
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
