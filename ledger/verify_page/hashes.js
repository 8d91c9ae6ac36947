// SHA-256 and SHA-512 (FIPS 180-4) and Keccak-256. Browsers offer the first two only on https pages, and this one is read
// from a disk.
import { fromNumber, hex, join } from "./bytes.js";

// The constants are the first 64 bits of the fractional parts of square and cube roots of the first primes; SHA-256 takes
// the upper half of each (FIPS 180-4, 4.2 and 5.3).
const PRIMES = [];
for (let n = 2; PRIMES.length < 80; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);

// The whole part of the root of `value` of that `degree`, by Newton's method from above.
function wholeRoot(value, degree) {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / Number(degree)));
  for (;;) {
    const next = ((degree - 1n) * root + value / root ** (degree - 1n)) / degree;
    if (next >= root) return root;
    root = next;
  }
}
const fraction = (prime, degree) => BigInt.asUintN(64, wholeRoot(BigInt(prime) << (64n * degree), degree));
const upper = (word) => Number(word >> 32n) | 0;
const lower = (word) => Number(word & 0xffffffffn) | 0;
const CUBES = PRIMES.map((prime) => fraction(prime, 3n));
const SQUARES = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2n));
const CUBES_UPPER = Int32Array.from(CUBES, upper);
const CUBES_LOWER = Int32Array.from(CUBES, lower);

// One block of 64 bytes.
function compress256(h, w, bytes, at) {
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
    const t1 = (z + s1 + (g ^ (e & (f ^ g))) + CUBES_UPPER[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    z = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += z;
}

// SHA-256 of bytes that come in pieces.
export class Sha256 {
  #words = Int32Array.from(SQUARES, upper);
  #schedule = new Int32Array(64);
  #rest = new Uint8Array(0); // the bytes of the block that is not full yet
  size = 0;

  update(bytes) {
    this.size += bytes.length;
    const all = this.#rest.length ? join(this.#rest, bytes) : bytes;
    const end = all.length - (all.length % 64);
    for (let at = 0; at < end; at += 64) compress256(this.#words, this.#schedule, all, at);
    this.#rest = all.slice(end);
    return this;
  }

  digest() {
    const size = this.size;
    this.update(padding(size, 64, 8));
    const found = new DataView(new ArrayBuffer(32));
    this.#words.forEach((word, place) => found.setInt32(4 * place, word));
    return new Uint8Array(found.buffer);
  }
}

// A one bit, zeros, and the length in bits in the last `counter` bytes of a block.
function padding(size, block, counter) {
  const zeros = (2 * block - counter - 1 - (size % block)) % block;
  return join(Uint8Array.of(0x80), new Uint8Array(zeros), fromNumber(BigInt(size) * 8n, counter));
}

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), new Sha256()).digest();
export const sha256Hex = (...parts) => hex(sha256(...parts));

// SHA-512, its 64-bit words as pairs of 32-bit halves (upper, lower).
export function sha512(message) {
  const bytes = join(message, padding(message.length, 128, 16));
  const state = new Int32Array(16), schedule = new Int32Array(160);
  SQUARES.forEach((word, place) => state.set([upper(word), lower(word)], 2 * place));
  for (let at = 0; at < bytes.length; at += 128) compress512(state, schedule, bytes, at);
  const found = new DataView(new ArrayBuffer(64));
  state.forEach((half, place) => found.setInt32(4 * place, half));
  return new Uint8Array(found.buffer);
}

function compress512(h, w, bytes, at) {
  for (let i = 0, j = at; i < 32; i++, j += 4) {
    w[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
  }
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30], xl = w[i - 29], yh = w[i - 4], yl = w[i - 3];
    const s0h = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7);
    const s0l = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25));
    const s1h = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6);
    const s1l = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26));
    const low = (w[i - 31] >>> 0) + (s0l >>> 0) + (w[i - 13] >>> 0) + (s1l >>> 0);
    w[i] = (w[i - 32] + s0h + w[i - 14] + s1h + carry(low)) | 0;
    w[i + 1] = low | 0;
  }
  const v = h.slice();
  for (let i = 0; i < 80; i++) round512(v, w, i);
  for (let i = 0; i < 16; i += 2) {
    const low = (h[i + 1] >>> 0) + (v[i + 1] >>> 0);
    h[i] = (h[i] + v[i] + carry(low)) | 0;
    h[i + 1] = low | 0;
  }
}

// What a sum of lower halves adds to the upper ones.
const carry = (low) => Math.floor(low / 2 ** 32);

function round512(v, w, i) {
  const ah = v[0], al = v[1], bh = v[2], bl = v[3], ch = v[4], cl = v[5];
  const eh = v[8], el = v[9], fh = v[10], fl = v[11], gh = v[12], gl = v[13];
  const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23));
  const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23));
  const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25));
  const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25));
  const t1low = (v[15] >>> 0) + (s1l >>> 0) + ((gl ^ (el & (fl ^ gl))) >>> 0) + (CUBES_LOWER[i] >>> 0) + (w[2 * i + 1] >>> 0);
  const t1h = (v[14] + s1h + (gh ^ (eh & (fh ^ gh))) + CUBES_UPPER[i] + w[2 * i] + carry(t1low)) | 0, t1l = t1low | 0;
  const t2low = (s0l >>> 0) + (((al & bl) | (cl & (al | bl))) >>> 0);
  const t2h = (s0h + ((ah & bh) | (ch & (ah | bh))) + carry(t2low)) | 0;
  const elow = (v[7] >>> 0) + (t1l >>> 0), alow = (t1l >>> 0) + ((t2low | 0) >>> 0);
  const dh = v[6];
  v.copyWithin(2, 0, 14);
  v[8] = (dh + t1h + carry(elow)) | 0;
  v[9] = elow | 0;
  v[0] = (t1h + t2h + carry(alow)) | 0;
  v[1] = alow | 0;
}

// Keccak with the padding that Ethereum uses (0x01, not SHA-3's 0x06).
const RATE = 136;
const lane64 = (value) => BigInt.asUintN(64, value);
const rotated = (lane, turn) => lane64((lane << turn) | (lane >> (64n - turn)));

export function keccak256(...parts) {
  const data = join(...parts);
  const padded = join(data, new Uint8Array(RATE - (data.length % RATE)));
  padded[data.length] |= 0x01;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  let lanes = new Array(25).fill(0n);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let lane = 0; lane < RATE / 8; lane++) lanes[lane] ^= view.getBigUint64(block + 8 * lane, true);
    lanes = keccakF(lanes);
  }
  const found = new DataView(new ArrayBuffer(32));
  lanes.slice(0, 4).forEach((lane, place) => found.setBigUint64(8 * place, lane, true));
  return new Uint8Array(found.buffer);
}

// The permutation Keccak-f[1600]; lane (x, y) stands at x + 5y.
function keccakF(lanes) {
  let register = 1;
  for (let round = 0; round < 24; round++) {
    const column = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    const mixed = column.map((_, x) => column[(x + 4) % 5] ^ rotated(column[(x + 1) % 5], 1n));
    lanes = lanes.map((lane, place) => lane ^ mixed[place % 5]);
    const moved = lanes.slice();
    let x = 1, y = 0;
    for (let step = 0; step < 24; step++) {
      const source = lanes[x + 5 * y], turn = (((step + 1) * (step + 2)) / 2) % 64;
      [x, y] = [y, (2 * x + 3 * y) % 5];
      moved[x + 5 * y] = rotated(source, BigInt(turn));
    }
    lanes = moved.map((lane, place) => {
      const row = place - (place % 5);
      return lane ^ (lane64(~moved[row + ((place + 1) % 5)]) & moved[row + ((place + 2) % 5)]);
    });
    for (let bit = 0; bit < 7; bit++) {
      register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256;
      if (register & 2) lanes[0] ^= 1n << BigInt((1 << bit) - 1);
    }
  }
  return lanes;
}
