// The upload widget (templates/uploads/_drop_zone.html): sends files of any size in parts, several at a time.
//
// The form waits and files are taken from the moment this file runs; what sends them (upload-row.js, upload-transfer.js)
// may come later. Each file is a row. What has to outlive a reload, where hashing stood and the file's date, is kept in
// IndexedDB under the upload's id; names and sizes stay on the server. A file that is chosen again takes its upload up. The
// finished rows stand as JSON in the hidden field `uploads`: [{path, upload, sha256, size}], and every change is told by the
// event `akashi:uploads`.

const SLOTS = navigator.deviceMemory <= 2 ? 2 : 4; // parts in flight at most, and files at work
const LITTER = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\.git(\/.*)?)$/;
const language = document.documentElement.lang;

class Words {
  constructor(template) {
    this.found = new Map([...template.content.querySelectorAll("[data-word]")].map((node) => [node.dataset.word, node]));
    this.plural = new Intl.PluralRules(language);
  }

  // The sentence `key` with its {places} filled; one of them chooses the singular where the language has one.
  say(key, places = {}) {
    const node = this.found.get(key);
    const one = node.dataset.one && this.plural.select(places[node.dataset.by ?? "n"]) === "one";
    const text = one ? node.dataset.one : node.textContent;
    return text.replace(/\{(\w+)\}/g, (whole, place) => this.#shown(places[place] ?? whole));
  }

  #shown = (value) => (typeof value === "number" ? value.toLocaleString(language) : value);

  size(bytes) {
    if (bytes < 1024) return this.say("bytes", { n: bytes });
    let amount = bytes;
    let unit = "";
    for (unit of ["KiB", "MiB", "GiB", "TiB"]) if ((amount /= 1024) < 1000) break;
    const digits = amount < 10 ? 1 : 0;
    const shown = amount.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `${shown} ${unit}`;
  }

  duration(seconds) {
    if (seconds < 90) return this.say("seconds", { n: Math.max(1, Math.round(seconds)) });
    if (seconds < 5400) return this.say("minutes", { n: Math.round(seconds / 60) });
    return this.say("hours", { n: Math.round(seconds / 3600) });
  }
}

class Zone {
  constructor(root) {
    this.root = root;
    this.words = new Words(root.querySelector("template[data-words]"));
    this.rowTemplate = root.querySelector("template[data-file-row]");
    this.list = root.querySelector("[data-rows]");
    this.field = root.querySelector("[data-field]");
    this.purpose = root.dataset.purpose;
    this.prefix = root.dataset.prefix ?? "";
    this.form = root.closest("form");
    this.rows = [];
    this.coming = 1; // lists of files that are no rows yet, and what an earlier visit left
    this.readers = [];
    this.watched = new Map();
    this.told = 0;
    this.wanted = null;
    this.#hold();
    // Rows are made by one choice after the other, the first once the page knows what an earlier visit left.
    this.rowing = this.#load();
    this.#bind();
  }

  async #load() {
    const { row, transfer } = this.root.dataset;
    const [rows, transfers] = await Promise.all([import(row), import(transfer)]);
    this.parts = { ...rows, ...transfers };
    this.server = new this.parts.Server(this);
    this.memory = new this.parts.Memory();
    this.slots = new this.parts.Places(1, SLOTS);
    this.turns = new this.parts.Places(SLOTS);
    // Without an answer (somebody signed out) the page begins empty; adding a file then says why it cannot be sent.
    await this.#restore().catch(() => {});
    this.coming -= 1;
    this.changed();
  }

  #bind() {
    const zone = this.root.querySelector("[data-drop-zone]");
    for (const input of this.root.querySelectorAll("[data-drop-input]")) {
      const take = () => {
        if (input.files.length) {
          this.add([...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
        }
        input.value = "";
      };
      input.addEventListener("change", take);
      take(); // files may have been chosen before this file ran
    }
    this.root.querySelector("[data-one-input]").addEventListener("change", ({ target }) => {
      if (target.files.length) this.#picked(target.files[0]);
      target.value = "";
    });
    const over = (on) => (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", on);
    };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      this.add(droppedFiles(event.dataTransfer));
    });
    addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.flying.size)) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => this.#stayAwake());
    setInterval(() => this.#tick(), 500);
  }

  // Uploads for this purpose that an earlier visit left: stored ones count, open ones wait for their file.
  async #restore() {
    this.memory.tidy();
    this.root.querySelector("[data-metered]").hidden = !isMetered();
    for (const upload of await this.#earlier()) {
      if (this.rows.some((row) => row.id === upload.id || row.path === upload.name)) continue;
      const row = this.#show(new this.parts.Row(this, upload.name, upload.size));
      row.adopt(upload);
      if (upload.state === "stored") row.store(upload);
      else if (upload.state === "checking") row.follow();
      else row.set("lost");
    }
  }

  async #earlier() {
    const found = [];
    let page = `?purpose=${encodeURIComponent(this.purpose)}&size=100`;
    while (page) {
      const { results, next } = await this.server.call("GET", page);
      found.push(...results);
      page = next && new URL(next).search;
    }
    return found;
  }

  #show(row) {
    this.rows.push(row);
    this.list.append(row.node);
    return row;
  }

  // `found` is a list of {path, file}, or a promise of one. Until each is a row, the form waits.
  async add(found) {
    this.coming += 1;
    this.#hold();
    const making = this.rowing.then(() => this.#rowsOf(found));
    this.rowing = making.catch(() => {});
    const fresh = await making.finally(() => {
      this.coming -= 1;
      if (this.parts) this.changed();
    });
    for (let from = 0; from < fresh.length; from += 500) await this.#admit(fresh.slice(from, from + 500));
  }

  async #rowsOf(found) {
    const files = (await found)
      .map(({ path, file }) => ({ path: (this.prefix + path).normalize("NFC"), file }))
      .filter(({ path }) => !LITTER.test(path));
    const fresh = [];
    for (const { path, file } of files) {
      const row = this.rows.find((one) => one.path === path);
      if (row?.has(file)) continue;
      if (await row?.take(file)) continue;
      row?.remove();
      fresh.push(this.#show(new this.parts.Row(this, path, file.size, file)));
    }
    return fresh;
  }

  // Asks which files would be refused, before anything is read or sent, and starts the others.
  async #admit(rows) {
    const files = rows.map((row) => ({ name: row.path, size: row.size }));
    try {
      const { refusals, familiar } = await this.server.call("POST", "/check", { files });
      rows.forEach((row, at) => this.#admitted(row, refusals[at], familiar[at]));
    } catch (error) {
      for (const row of rows) row.set("failed", error.message);
    }
  }

  #admitted(row, refusal, familiar) {
    if (!this.rows.includes(row)) return;
    row.familiar = familiar;
    if (refusal) row.set("refused", refusal);
    else row.start();
  }

  pick(row) {
    this.wanted = row;
    this.root.querySelector("[data-one-input]").click();
  }

  async #picked(file) {
    const row = this.wanted;
    if (await row.take(file)) return;
    row.remove();
    const folder = row.path.slice(this.prefix.length).replace(/[^/]*$/, "");
    await this.add([{ path: folder + file.name, file }]);
  }

  dropRow(row) {
    const at = this.rows.indexOf(row);
    const focused = row.node.contains(document.activeElement);
    this.rows.splice(at, 1);
    this.watched.delete(row.id);
    row.node.remove();
    this.tell(row.path, "removed");
    this.changed();
    const next = this.rows[Math.min(at, this.rows.length - 1)]?.node.querySelector('[data-action="remove"]');
    if (focused) (next ?? this.root.querySelector("[data-drop-input]")).focus();
  }

  // -- workers are used again, since starting one for each small file costs more than hashing it
  reader = () => this.readers.pop() ?? new this.parts.Reader(this.root.dataset.worker);
  idle(reader) {
    reader.hear = () => {};
    this.readers.push(reader);
  }

  // -- the checks on the server's side, asked about together
  watch(row, signal) {
    return new Promise((resolve, reject) => {
      this.watched.set(row.id, { row, resolve });
      signal.addEventListener("abort", () => {
        this.watched.delete(row.id);
        reject(signal.reason);
      });
      this.pause = 300;
      this.asking ??= this.#poll().finally(() => { this.asking = null; });
    });
  }

  async #poll() {
    while (this.watched.size) {
      await this.parts.wait(this.pause);
      this.pause = Math.min(3000, this.pause * 1.5);
      const ids = [...this.watched.keys()].slice(0, 50);
      if (!ids.length) return;
      const { results } = await this.server.call("GET", `?${ids.map((id) => `id=${id}`).join("&")}`).catch(() => ({ results: [] }));
      const found = new Map(results.map((upload) => [upload.id, upload]));
      for (const id of ids) this.#heard(id, found.get(id));
    }
  }

  #heard(id, upload) {
    const watcher = this.watched.get(id);
    if (!watcher || !upload) return;
    if (upload.state === "checking") {
      watcher.row.checked(upload);
      return;
    }
    this.watched.delete(id);
    watcher.resolve(upload);
  }

  // -- what the page says
  reached(online) {
    this.root.querySelector("[data-offline]").hidden = online;
  }

  changed() {
    if (this.due) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      this.#publish();
    }, 60);
  }

  #publish() {
    const stored = this.rows.filter((row) => this.parts.DONE.has(row.state));
    const blocked = this.rows.filter((row) => this.parts.NEEDS_SOMEBODY.has(row.state)).length;
    const waiting = this.rows.length - stored.length - blocked;
    const files = stored.map((row) => ({ path: row.path, upload: row.id, sha256: row.sha256, size: row.size }));
    this.field.value = JSON.stringify(files);
    this.root.querySelector("[data-overall]").hidden = !this.rows.length;
    this.#note(stored.length, waiting, blocked);
    this.#overall();
    this.#stayAwake();
    const detail = { total: this.rows.length, stored: stored.length, waiting, blocked, files };
    this.root.dispatchEvent(new CustomEvent("akashi:uploads", { bubbles: true, detail }));
  }

  #note(stored, waiting, blocked) {
    const empty = !stored && "required" in this.root.dataset;
    const words = [];
    if (waiting) words.push(this.words.say("waits", { n: waiting }));
    if (blocked) words.push(this.words.say("needs-you", { n: blocked }));
    if (this.coming > 0) words.push(this.words.say("reading"));
    if (!words.length && empty) words.push(this.words.say("add-first"));
    this.#hold(words);
  }

  // The form cannot be sent while there are words why.
  #hold(words = [this.words.say("reading")]) {
    for (const button of this.#submits()) button.disabled = words.length > 0;
    const scope = this.form ?? this.root;
    for (const note of scope.querySelectorAll("[data-uploads-note]")) note.textContent = words.join(" ");
  }

  #submits = () => (this.form ?? this.root).querySelectorAll("[data-uploads-submit]");

  #overall() {
    const { words } = this;
    const n = this.rows.filter((row) => this.parts.DONE.has(row.state)).length;
    const counted = this.rows.filter((row) => row.state !== "refused");
    const size = counted.reduce((sum, row) => sum + row.size, 0);
    const moved = counted.reduce((sum, row) => sum + row.moved, 0);
    const speed = counted.reduce((sum, row) => sum + (row.state === "sending" ? row.speed : 0), 0);
    const share = size ? moved / size : n ? 1 : 0;
    this.root.querySelector("[data-overall-bar]").value = share * 100;
    this.root.querySelector("[data-overall-words]").textContent = words.say("overall", { n, m: this.rows.length });
    const places = { done: words.size(moved), size: words.size(size), speed: words.size(speed) };
    this.root.querySelector("[data-overall-detail]").textContent = speed > 0 && moved < size
      ? words.say("overall-fast", { ...places, left: words.duration((size - moved) / speed) })
      : words.say("overall-detail", places);
    const tenth = Math.floor(share * 10);
    if (tenth > this.told && tenth < 10) this.#announce(words.say("tenth", { n: tenth * 10 }));
    this.told = tenth;
  }

  // A file's state for screen readers: always when somebody is needed, otherwise only while there are few files.
  tellRow(row) {
    if (this.parts.NEEDS_SOMEBODY.has(row.state) || (this.rows.length <= 5 && row.state !== "queued")) {
      this.tell(row.path, row.state, row.reason);
    }
  }

  tell(name, state, reason = "") {
    this.#announce(this.words.say("told", { name, state: this.words.say(state, { reason }) }));
  }

  #announce(text) {
    this.root.querySelector("[data-status]").textContent = text;
  }

  #tick() {
    let moving = false;
    for (const row of this.rows) {
      if (row.state !== "sending" && row.state !== "hashing" && row.state !== "checking") continue;
      moving = true;
      const gained = Math.max(0, row.moved - (row.before ?? row.moved)) * 2; // bytes a second
      row.speed = row.before === undefined || row.state !== "sending" ? 0 : row.speed * 0.8 + gained * 0.2;
      row.before = row.moved;
      row.drawDetail();
    }
    if (moving) this.#overall();
  }

  // The screen stays on while parts are in flight and the page is seen.
  async #stayAwake() {
    const wanted = document.visibilityState === "visible" && this.rows.some((row) => row.state === "sending");
    if (wanted && !this.lock && navigator.wakeLock) {
      this.lock = navigator.wakeLock.request("screen").catch(() => null);
      (await this.lock)?.addEventListener("release", () => { this.lock = null; });
    } else if (!wanted && this.lock) {
      const lock = await this.lock;
      this.lock = null;
      await lock?.release();
    }
  }
}

const isMetered = () => Boolean(navigator.connection?.saveData || navigator.connection?.type === "cellular");

// Everything that was dropped, folders with all below them.
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map((entry) => below(entry, "")))).flat();
}

async function below(entry, folder) {
  const path = folder + entry.name;
  if (entry.isFile) return [{ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map((one) => below(one, `${path}/`)))).flat();
}

for (const root of document.querySelectorAll("[data-uploads]")) new Zone(root);
