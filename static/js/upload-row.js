// One file of the upload widget, from choosing it to the server's own check. Loaded by upload.js.
//
// A row may be paused, reloaded or cut off at any moment: going on always means asking the server which parts are there
// and sending the others. The digest of every part that is read is compared with the server's list.

// Up to this size, and above it when a file of the same size is held already, the whole is hashed before anything is sent,
// so that bytes which are there need not be sent. Larger files are hashed while they are sent.
const HASH_FIRST = 64 * 1024 * 1024;
const DIFFERS = new Set(["", "parts_differ", "digest_differs"]); // errors that comparing and sending parts again may end
const ATTEMPTS = 3; // of sending parts again whose digests differ

const MOVING = new Set(["queued", "hashing", "sending", "offline"]);
export const DONE = new Set(["stored", "known"]);
export const NEEDS_SOMEBODY = new Set(["refused", "failed", "lost", "paused"]);
const ACTIONS = {
  pause: MOVING, resume: new Set(["paused"]), retry: new Set(["failed"]), choose: new Set(["lost"]),
  replace: new Set(["refused"]),
};

const TONES = { stored: "ok", known: "ok", paused: "warn", offline: "warn", lost: "warn", failed: "warn", refused: "bad" };

export class Row {
  constructor(zone, path, size, file = null) {
    Object.assign(this, { zone, path, size, file, id: null, sha256: "", partSize: 0, partCount: 0, record: {} });
    this.here = new Map(); // index -> digest of parts that the server has
    this.flying = new Map(); // index -> bytes of parts on their way
    this.safe = 0; // parts the server has, also when the list was not fetched
    this.safeBytes = 0;
    this.done = 0; // bytes hashed or checked, in those states
    this.speed = 0;
    this.unsure = false; // whether the file may be another one than was stored
    this.state = "queued";
    this.node = zone.rowTemplate.content.firstElementChild.cloneNode(true);
    this.node.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button) this[button.dataset.action]();
    });
    this.part("name").textContent = path;
    this.part("size").textContent = zone.words.size(size);
    for (const name of this.node.querySelectorAll("[data-of]")) name.textContent = ` ${path}`;
    this.part("bar").setAttribute("aria-label", zone.words.say("progress-of", { name: path }));
    this.draw();
  }

  part = (name) => this.node.querySelector(`[data-part="${name}"]`);

  get moved() {
    let flying = 0;
    for (const loaded of this.flying.values()) flying += loaded;
    return DONE.has(this.state) || this.state === "checking" ? this.size : Math.min(this.size, this.safeBytes + flying);
  }

  set(state, reason = "") {
    const changed = state !== this.state;
    this.state = state;
    this.reason = reason;
    this.draw();
    this.zone.changed();
    if (changed) this.zone.tellRow(this);
  }

  draw() {
    const { words } = this.zone;
    this.node.dataset.state = this.state;
    this.part("line").className = `file-word ${TONES[this.state] ?? ""}`;
    this.part("word").textContent = words.say(this.state, { reason: this.reason });
    for (const icon of this.node.querySelectorAll("[data-icon]")) {
      icon.hidden = !icon.dataset.icon.split(" ").includes(this.state);
    }
    for (const button of this.node.querySelectorAll("[data-action]")) {
      const states = ACTIONS[button.dataset.action];
      button.hidden = Boolean(states && !states.has(this.state));
    }
    this.drawDetail();
  }

  drawDetail() {
    const bar = this.part("bar");
    const inner = this.state === "hashing" || this.state === "checking";
    bar.hidden = DONE.has(this.state) || this.state === "refused" || this.state === "queued";
    bar.value = this.size ? ((inner ? this.done : this.moved) / this.size) * 100 : 100;
    this.part("detail").textContent = this.detail();
    this.part("digest").hidden = this.state !== "stored";
  }

  detail() {
    const { words } = this.zone;
    const places = {
      done: words.size(this.state === "sending" ? this.moved : this.done), size: words.size(this.size),
      n: this.safe, m: this.partCount, reason: this.reason,
    };
    if (this.state === "checking" && this.delay) return words.say("delayed", { reason: this.delay });
    if (this.state === "paused" && !this.partCount) return words.say("unsent-detail");
    if (this.state !== "sending" || !(this.speed > 0)) return words.say(`${this.state}-detail`, places);
    const left = words.duration((this.size - this.moved) / this.speed);
    return words.say("sending-fast-detail", { ...places, speed: words.size(this.speed), left });
  }

  // -- the buttons
  pause() {
    this.control?.abort(new Error("paused"));
    this.control = null;
    this.set("paused");
  }

  resume() {
    this.zone.tell(this.path, "queued");
    this.start();
  }

  retry() {
    if (this.file) this.start();
    else this.choose();
  }

  choose = () => this.zone.pick(this);
  replace = () => this.zone.pick(this);

  remove() {
    this.control?.abort(new Error("removed"));
    this.control = null;
    if (this.id) {
      this.zone.server.call("DELETE", `/${this.id}`).catch(() => {});
      this.zone.memory.forget(this.id);
    }
    this.zone.dropRow(this);
  }

  // -- the way of a file
  start() {
    this.control?.abort(new Error("again"));
    const control = (this.control = new AbortController());
    this.set("queued");
    this.#go(control.signal).catch((error) => {
      if (this.control === control) this.#failed(error);
    });
  }

  async #go(signal) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await this.#inTurn(signal, (reader) => this.#deliver(reader, signal));
      if (DONE.has(this.state)) return;
      const upload = await this.#settle(signal);
      if (upload.state === "stored") {
        if (this.unsure) continue; // it is compared in the next round
        this.store(upload);
        return;
      }
      if (!DIFFERS.has(upload.error)) throw this.zone.server.no(upload.error === "taken_down" ? 410 : 503, upload.error_text);
      this.record.checkpoint = null; // every part is compared with the file again
    }
    throw this.zone.server.no(422, this.zone.words.say("unstable"));
  }

  async #inTurn(signal, act) {
    await this.zone.turns.take(signal);
    const reader = this.zone.reader();
    const stop = () => reader.stop(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      await act(reader);
      this.zone.idle(reader);
    } catch (error) {
      reader.stop(error);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      this.flying.clear();
      this.zone.turns.give();
    }
  }

  async #deliver(reader, signal) {
    reader.hear = (said) => this.#hear(said);
    if (!(await this.#ask(reader, signal))) await this.#begin(reader, signal);
    if (DONE.has(this.state) || this.upload.state === "checking") return;
    await this.#send(reader, signal);
  }

  // What the server knows of this upload. False when there is none (any more), or when it stored another file.
  async #ask(reader, signal) {
    if (!this.id) return false;
    try {
      const upload = await this.zone.server.call("GET", `/${this.id}`, undefined, signal);
      this.adopt(upload);
    } catch (error) {
      if (error.status !== 404) throw error;
      this.id = null;
      return false;
    }
    if (this.upload.state !== "stored") return true;
    if (this.unsure && !(await this.#isStored(reader))) {
      await this.zone.server.call("DELETE", `/${this.id}`, undefined, signal);
      this.zone.memory.forget(this.id);
      Object.assign(this, { id: null, unsure: false });
      return false;
    }
    this.store(this.upload);
    return true;
  }

  async #isStored(reader) {
    this.set("hashing");
    return (await reader.ask({ do: "digest", file: this.file })).whole === this.upload.sha256;
  }

  async #begin(reader, signal) {
    const wanted = { name: this.path, size: this.size, purpose: this.zone.purpose };
    if (this.size <= HASH_FIRST || this.familiar) {
      this.set("hashing");
      wanted.sha256 = this.known = (await reader.ask({ do: "digest", file: this.file })).whole;
    }
    const upload = await this.zone.server.call("POST", "", wanted, signal);
    this.record = { modified: this.file.lastModified, checkpoint: null };
    this.adopt(upload);
    this.zone.memory.put(this.id, this.record);
    if (upload.state === "stored") this.store(upload, "known");
  }

  adopt(upload) {
    Object.assign(this, { upload, id: upload.id, partSize: upload.part_size, partCount: upload.part_count });
    this.here = new Map((upload.parts ?? []).map((part) => [part.index, part.sha256]));
    this.safe = upload.parts_here;
    this.safeBytes = upload.bytes_here;
  }

  async #send(reader, signal) {
    this.set("sending");
    const { file, partSize, known } = this;
    const checkpoint = this.record.checkpoint ?? null;
    await reader.ask({ do: "open", file, partSize, known, checkpoint, here: Object.fromEntries(this.here) });
    const flights = new Set();
    try {
      for (;;) {
        await this.zone.slots.take(signal);
        const said = await reader.ask({ do: "next" }).catch((error) => {
          this.zone.slots.give();
          throw error;
        });
        if (said.whole) {
          this.zone.slots.give();
          this.sha256 = said.whole;
          break;
        }
        const flight = this.#put(reader, said, signal).finally(() => {
          this.zone.slots.give();
          flights.delete(flight);
        });
        flight.catch((error) => reader.stop(error));
        flights.add(flight);
      }
      await Promise.all(flights);
    } catch (error) {
      await Promise.allSettled(flights);
      throw error;
    }
  }

  async #put(reader, { part, sha256 }, signal) {
    let wrong = 0;
    for (let attempt = 0; ; attempt++) {
      const began = performance.now();
      const bytes = this.file.slice(part * this.partSize, (part + 1) * this.partSize);
      this.flying.set(part, 0);
      const answer = await this.zone.server.send(this.id, part, bytes, sha256, signal, (loaded) => {
        this.flying.set(part, loaded);
        this.#connected();
      });
      this.flying.delete(part);
      if (answer.status >= 200 && answer.status < 300) {
        this.zone.slots.learn((performance.now() - began) / 1000);
        return this.#arrived(part, sha256, bytes.size);
      }
      if (answer.status === 0) await this.#away();
      if (answer.status === 422 && ++wrong < ATTEMPTS) ({ sha256 } = await reader.ask({ do: "part", index: part }));
      else if (!(await this.zone.server.away(answer, attempt, signal))) throw this.zone.server.refusal(answer);
    }
  }

  // Nothing came back: either the file can no longer be read, which this throws, or the connection is away.
  async #away() {
    await this.file.slice(0, 1).arrayBuffer();
    this.set("offline");
  }

  #arrived(part, sha256, bytes) {
    if (!this.here.has(part)) {
      this.safe++;
      this.safeBytes += bytes;
    }
    this.here.set(part, sha256);
    this.#connected();
    this.zone.changed();
  }

  #connected() {
    this.zone.reached(true);
    if (this.state === "offline") this.set("sending");
  }

  async #settle(signal) {
    if (this.upload.state !== "checking") {
      try {
        this.upload = await this.zone.server.call("POST", `/${this.id}/complete`, { sha256: this.sha256 }, signal);
      } catch (error) {
        if (error.status === 409) return { state: "failed", error: "" };
        throw error;
      }
    }
    this.done = 0;
    this.delay = "";
    this.set("checking");
    return this.zone.watch(this, signal);
  }

  // The check of an upload that was complete before this page was opened.
  async follow() {
    const control = (this.control = new AbortController());
    this.set("checking");
    try {
      const upload = await this.zone.watch(this, control.signal);
      if (upload.state === "stored") this.store(upload);
      else if (this.file) this.start();
      else this.set("lost");
    } catch (error) {
      if (this.control === control) this.#failed(error);
    }
  }

  // What the server says of its check while that goes on: bytes read, and why it is late, if it is.
  checked({ checked_bytes: bytes, error_text: delay }) {
    this.done = bytes;
    if (delay && delay !== this.delay) this.zone.tell(this.path, "delayed", delay);
    this.delay = delay;
  }

  store(upload, state = "stored") {
    Object.assign(this, { upload, id: upload.id, sha256: upload.sha256, control: null });
    const digest = this.part("digest");
    digest.querySelector("code").textContent = `${this.sha256.slice(0, 8)}…${this.sha256.slice(-6)}`;
    digest.querySelector("code").title = digest.querySelector("[data-copy]").dataset.copy = this.sha256;
    this.unsure = false;
    if (this.file) this.zone.memory.put(this.id, { modified: this.file.lastModified, checkpoint: null });
    this.set(state);
  }

  #hear({ hashed, checkpoint }) {
    if (hashed !== undefined) this.done = hashed;
    if (checkpoint) {
      this.record.checkpoint = checkpoint;
      this.zone.memory.put(this.id, this.record);
    }
  }

  #failed(error) {
    this.control = null;
    const unreadable = error.name === "NotReadableError" || error.name === "NotFoundError";
    const words = unreadable ? this.zone.words.say("unreadable") : error.message;
    if (unreadable) this.file = null;
    const no = [410, 413, 422].includes(error.status) && !this.safe;
    this.set(no ? "refused" : "failed", words);
  }

  // Whether this row is about this very file and no new start would help.
  has({ size, lastModified }) {
    const same = this.file?.size === size && this.file.lastModified === lastModified;
    return same && this.state !== "refused" && this.state !== "failed";
  }

  // A file that was chosen for this row. True if it can be the one that the upload began with: then what the server has
  // of it is not sent again. Parts are compared by digest; so is a stored file, unless it is large and its date the same.
  async take(file) {
    if (file.size !== this.size || this.state === "refused") return false;
    const kept = this.id ? await this.zone.memory.get(this.id) : undefined;
    const same = kept?.modified === file.lastModified;
    this.record = same ? kept : { modified: file.lastModified, checkpoint: null };
    Object.assign(this, { file, known: "" });
    const complete = DONE.has(this.state) || this.state === "checking";
    this.unsure = complete && !(same && file.size > HASH_FIRST);
    if (this.unsure || !complete) this.start();
    return true;
  }
}
