// What the upload widget stands on: places in a line, the reading worker, what survives a reload, the server.
// Loaded by upload.js from the address that the page names; it knows rows only as callers.

const STALLED = 60_000; // ms without a byte, then the connection counts as lost
const QUICK = 4; // s for a part, below which one more goes at the same time
const SLOW = 16; // s for a part, above which one fewer does
const KEPT = 7 * 24 * 3600 * 1000; // ms, as long as the server keeps an upload that nobody touches

// A definite "no" of the server: the HTTP status, the words for a person, the problem document.
export class Refused extends Error {
  constructor(status, words, body = {}) {
    super(words);
    Object.assign(this, { status, body });
  }
}

// --- waiting ---------------------------------------------------------------------------------------
// A number of places that are taken and given back, first come first served.
export class Places {
  constructor(free, most = free) {
    this.free = free;
    this.count = free;
    this.most = most;
    this.owed = 0; // places to be given up instead of given back
    this.line = [];
  }

  // More places, up to the most, while parts are quick; fewer, down to one, when they are slow: on a slow line a part
  // after the other is safe sooner than several at once.
  learn(seconds) {
    if (seconds < QUICK && this.count < this.most) {
      this.count++;
      this.give();
    } else if (seconds > SLOW && this.count > 1) {
      this.count--;
      this.owed++;
    }
  }

  async take(signal) {
    signal.throwIfAborted();
    if (this.free) {
      this.free--;
      return;
    }
    await new Promise((go, stop) => {
      this.line.push(go);
      signal.addEventListener("abort", () => {
        const at = this.line.indexOf(go);
        if (at < 0) return;
        this.line.splice(at, 1);
        stop(signal.reason);
      });
    });
  }

  give() {
    if (this.owed) {
      this.owed--;
      return;
    }
    const next = this.line.shift();
    if (next) next();
    else this.free++;
  }
}

// Resolves after `ms`, or as soon as the browser is back online; rejects when the signal is aborted.
export function wait(ms, signal) {
  return new Promise((go, stop) => {
    const tidy = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal?.removeEventListener("abort", gone);
    };
    const done = () => { tidy(); go(); };
    const gone = () => { tidy(); stop(signal.reason); };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    if (signal?.aborted) gone();
    else signal?.addEventListener("abort", gone);
  });
}

const backOff = (attempt) => Math.min(60, 2 ** attempt) * 1000; // 1, 2, 4 … 60 s
const isBusy = (status) => [408, 429, 502, 503, 504].includes(status); // 408: the body came too slowly

// As long as the server asked for (seconds), or longer with each attempt.
const pause = (seconds, attempt, signal) => wait(Number(seconds) > 0 ? Number(seconds) * 1000 : backOff(attempt), signal);

// --- the worker and what is remembered -------------------------------------------------------------
export class Reader {
  constructor(url) {
    this.worker = new Worker(url);
    this.asked = new Map();
    this.count = 0;
    this.stopped = null;
    this.hear = () => {};
    this.worker.onmessage = ({ data }) => (data.id === undefined ? this.hear(data) : this.#settle(data));
    this.worker.onerror = () => this.stop(new Error("worker"));
  }

  ask(message) {
    if (this.stopped) return Promise.reject(this.stopped);
    return new Promise((resolve, reject) => {
      this.asked.set(++this.count, { resolve, reject });
      this.worker.postMessage({ id: this.count, ...message });
    });
  }

  #settle(data) {
    const { resolve, reject } = this.asked.get(data.id);
    this.asked.delete(data.id);
    if (data.error) reject(Object.assign(new Error(data.error), { name: data.error }));
    else resolve(data);
  }

  stop(reason) {
    this.stopped ??= reason;
    this.worker.terminate();
    for (const { reject } of this.asked.values()) reject(reason);
    this.asked.clear();
  }
}

// Upload id -> {modified, checkpoint, saved}. Without IndexedDB a reload starts hashing anew; nothing else is lost.
export class Memory {
  constructor() {
    this.opened = new Promise((resolve) => {
      const request = indexedDB.open("akashi-uploads", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("uploads");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    }).catch(() => null);
  }

  async #do(mode, act) {
    const database = await this.opened;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const request = act(database.transaction("uploads", mode).objectStore("uploads"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    });
  }

  get = (id) => this.#do("readonly", (store) => store.get(id));
  put = (id, value) => this.#do("readwrite", (store) => store.put({ ...value, saved: Date.now() }, id));
  forget = (id) => this.#do("readwrite", (store) => store.delete(id));

  async tidy() {
    for (const id of (await this.#do("readonly", (store) => store.getAllKeys())) ?? []) {
      const kept = await this.get(id);
      if (kept && Date.now() - kept.saved > KEPT) this.forget(id);
    }
  }
}

// --- the server ------------------------------------------------------------------------------------
export class Server {
  constructor(zone) {
    this.zone = zone;
    this.url = zone.root.dataset.url;
  }

  get csrf() {
    return this.zone.root.dataset.csrf;
  }

  // One call of the JSON API; waits as long as the connection is away. Throws Refused for any definite "no".
  async call(method, path = "", body = undefined, signal = undefined) {
    const init = { method, signal, headers: { Accept: "application/json", "X-CSRFToken": this.csrf } };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers["Content-Type"] = "application/json";
    }
    for (let attempt = 0; ; attempt++) {
      let response;
      try {
        response = await fetch(this.url + path, init);
      } catch (error) {
        signal?.throwIfAborted();
        this.zone.reached(false);
        await pause(0, attempt, signal);
        continue;
      }
      this.zone.reached(true);
      if (isBusy(response.status)) {
        await pause(response.headers.get("Retry-After"), attempt, signal);
        continue;
      }
      const said = await response.json().catch(() => ({}));
      if (response.ok) return said;
      throw new Refused(response.status, said.detail || this.zone.words.say("no-answer", { code: response.status }), said);
    }
  }

  // One part, with progress. Resolves to {status, retry}; status 0 means that the connection failed or stalled.
  send(id, index, bytes, sha256, signal, moved) {
    return new Promise((resolve, stop) => {
      const request = new XMLHttpRequest();
      let timer;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), STALLED);
      };
      const cancel = () => request.abort();
      request.upload.onprogress = ({ loaded }) => { alive(); moved(loaded); };
      request.onloadend = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cancel);
        if (signal.aborted) stop(signal.reason);
        else resolve({ status: request.status, retry: request.getResponseHeader("Retry-After"), said: request.responseText });
      };
      request.open("PUT", `${this.url}/${id}/parts/${index}`);
      request.setRequestHeader("X-Part-Sha256", sha256);
      request.setRequestHeader("X-CSRFToken", this.csrf);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      signal.addEventListener("abort", cancel);
      alive();
      request.send(bytes);
    });
  }

  // Wait after an answer that promises better luck. True if there is something to wait for, false for a definite "no".
  async away({ status, retry }, attempt, signal) {
    if (status !== 0 && !isBusy(status)) return false;
    if (status === 0) this.zone.reached(false);
    await pause(retry, attempt, signal);
    return true;
  }

  no = (status, words) => new Refused(status, words);

  // The words of a refused part.
  refusal({ status, said }) {
    let body = {};
    try {
      body = JSON.parse(said);
    } catch {
      // An answer that is not JSON has no words for people.
    }
    return new Refused(status, body.detail || this.zone.words.say("no-answer", { code: status }), body);
  }
}
