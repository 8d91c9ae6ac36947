// Reads one file for the upload widget: cuts it into parts, hashes each part and, in the same pass, the whole.
//
// Asked (each with an `id` that the answer repeats):
//   {do: "digest", file}                          -> {whole}
//   {do: "open", file, partSize, here, checkpoint, known} -> {opened: true}
//       here: {index: sha256} of parts the server has; checkpoint: where an earlier pass stopped, or null;
//       known: the digest of the whole when it is known already
//   {do: "next"}                                  -> {part, sha256} to send, or {whole} at the end
//   {do: "part", index}                           -> {part, sha256}
// Said without being asked: {hashed: bytes}, {checkpoint: {next, words, count, tail}}, {kept: index}.
// A failure answers {error: name}. Digests are lower-case hex; a part the server has is compared, not sent again.
// The bytes themselves stay in the file: the page sends a slice of it, and the server compares the digest.
"use strict";

const CHECKPOINT_PARTS = 8;
const READ_BYTES = 4 * 1024 * 1024;

const primes = (() => {
  const found = [];
  for (let n = 2; found.length < 64; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
})();
const fraction = (x) => Math.floor((x - Math.floor(x)) * 2 ** 32) | 0;
// FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of cube and square roots of primes.
const ROUND = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const START = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));

// One block of 64 bytes (FIPS 180-4, 6.2.2). A function of its own: engines compile it once and more than twice as fast
// as a loop over blocks around it.
function compress(h, w, bytes, at) {
  for (let i = 0, j = at; i < 16; i++, j += 4) {
    w[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], z = h[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (z + s1 + (g ^ (e & (f ^ g))) + ROUND[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    z = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += z;
}

// SHA-256 that can be written down in the middle and taken up again.
class Sha256 {
  constructor(saved = null) {
    this.words = Int32Array.from(saved ? saved.words : START);
    this.count = saved ? saved.count : 0; // bytes taken so far
    this.tail = new Uint8Array(64); // the bytes of the block that is not full yet
    if (saved) this.tail.set(saved.tail);
    this.schedule = new Int32Array(64);
  }

  update(bytes) {
    let offset = 0;
    const filled = this.count % 64;
    this.count += bytes.length;
    if (filled) {
      offset = Math.min(64 - filled, bytes.length);
      this.tail.set(bytes.subarray(0, offset), filled);
      if (filled + offset < 64) return this;
      this.#blocks(this.tail, 0, 64);
    }
    const end = offset + Math.floor((bytes.length - offset) / 64) * 64;
    this.#blocks(bytes, offset, end);
    this.tail.set(bytes.subarray(end));
    return this;
  }

  save() {
    return { words: Array.from(this.words), count: this.count, tail: this.tail.slice(0, this.count % 64) };
  }

  hex() {
    const last = new Sha256(this.save());
    const filled = last.count % 64;
    const padding = new Uint8Array((filled < 56 ? 64 : 128) - filled);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(last.count / 2 ** 29));
    view.setUint32(padding.length - 4, (last.count * 8) % 2 ** 32);
    last.update(padding);
    return Array.from(last.words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #blocks(bytes, from, end) {
    for (let at = from; at < end; at += 64) compress(this.words, this.schedule, bytes, at);
  }
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

// The browser's own SHA-256 where the page may use it (https, localhost); ours otherwise.
async function digestOf(buffer) {
  if (self.crypto?.subtle) return hex(await crypto.subtle.digest("SHA-256", buffer));
  return new Sha256().update(new Uint8Array(buffer)).hex();
}

const read = (file, from, end) => file.slice(from, end).arrayBuffer();

// Hashes the whole of a file and reports how far it is.
async function wholeDigest(file) {
  const hash = new Sha256();
  for (let from = 0; from < file.size; from += READ_BYTES) {
    hash.update(new Uint8Array(await read(file, from, from + READ_BYTES)));
    postMessage({ hashed: hash.count });
  }
  return hash.hex();
}

let job = null;

function open({ file, partSize, here, checkpoint, known }) {
  const count = Math.ceil(file.size / partSize);
  const start = known ? 0 : (checkpoint?.next ?? 0);
  const missed = [];
  for (let index = 0; index < start; index++) if (!(index in here)) missed.push(index);
  job = { file, partSize, here, count, known, missed, next: start, hash: new Sha256(start ? checkpoint : null) };
}

const readPart = (index) => read(job.file, index * job.partSize, Math.min((index + 1) * job.partSize, job.file.size));

async function part(index) {
  return { part: index, sha256: await digestOf(await readPart(index)) };
}

// Goes on through the file to the next part that the server lacks or has wrong.
async function next() {
  if (job.missed.length) return part(job.missed.shift());
  while (job.next < job.count) {
    const index = job.next++;
    const bytes = await readPart(index);
    if (!job.known) {
      job.hash.update(new Uint8Array(bytes));
      postMessage({ hashed: job.hash.count });
      if (job.next % CHECKPOINT_PARTS === 0) postMessage({ checkpoint: { next: job.next, ...job.hash.save() } });
    }
    const sha256 = await digestOf(bytes);
    if (job.here[index] !== sha256) return { part: index, sha256 };
    postMessage({ kept: index });
  }
  return { whole: job.known || job.hash.hex() };
}

async function answer(message) {
  if (message.do === "digest") return { whole: await wholeDigest(message.file) };
  if (message.do === "next") return next();
  if (message.do === "part") return part(message.index);
  open(message);
  return { opened: true };
}

// One request after the other: the running hash takes the parts in order.
let line = Promise.resolve();
self.onmessage = ({ data }) => {
  line = line
    .then(() => answer(data))
    .catch((error) => ({ error: error.name || "Error" }))
    .then((said) => postMessage({ id: data.id, ...said }));
};
