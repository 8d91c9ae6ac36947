// Ed25519 (RFC 8032), secp256k1 with Ethereum's addresses, and the head that the contract knows (EIP-712).
import { fromNumber, join, same, toNumber, toNumberLittle, utf8 } from "./bytes.js";
import { keccak256, sha256, sha512 } from "./hashes.js";

// --- arithmetic ----------------------------------------------------------------------------------
const modulo = (value, m) => {
  const rest = value % m;
  return rest < 0n ? rest + m : rest;
};

function power(base, exponent, m) {
  let result = 1n, square = modulo(base, m);
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % m;
    square = (square * square) % m;
  }
  return result;
}

// The inverse modulo a prime, by Euclid's algorithm; 0 has none and gives 0.
function inverse(value, m) {
  let [low, high, one, two] = [modulo(value, m), m, 1n, 0n];
  while (low > 1n) {
    const times = high / low;
    [low, high, one, two] = [high - times * low, low, two - times * one, one];
  }
  return low ? modulo(one, m) : 0n;
}

// --- Ed25519 -------------------------------------------------------------------------------------
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modulo(-121665n * inverse(121666n, P), P);
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n, P);
const ZERO = [0n, 1n, 1n, 0n];

// Whether `signature` is by `key` over `message`. Stricter than the RFC asks: S below the group order, R as its canonical
// bytes (so that no second signature can be made from one), and no key of small order (under which one signature would fit
// many messages).
export function ed25519Verifies(key, message, signature) {
  if (signature.length !== 64) return false;
  const point = decompress(key), scalar = toNumberLittle(signature.slice(32));
  if (point === null || scalar >= L || isSmall(point)) return false;
  const challenge = toNumberLittle(sha512(join(signature.slice(0, 32), key, message))) % L;
  const [x, y, z, t] = point;
  return same(compress(sumOfProducts(scalar, BASE, challenge, [modulo(-x, P), y, z, modulo(-t, P)])), signature.slice(0, 32));
}

// Section 5.1.4, extended coordinates.
function plus(one, two) {
  const a = ((one[1] - one[0]) * (two[1] - two[0])) % P;
  const b = ((one[1] + one[0]) * (two[1] + two[0])) % P;
  const c = (((2n * one[3] * two[3]) % P) * D) % P;
  const d = (2n * one[2] * two[2]) % P;
  const e = b - a, f = d - c, g = d + c, h = b + a;
  return [modulo(e * f, P), modulo(g * h, P), modulo(f * g, P), modulo(e * h, P)];
}

// a times one plus b times two, doubling once for both.
function sumOfProducts(a, one, b, two) {
  const summand = [null, one, two, plus(one, two)];
  let result = ZERO;
  for (let bit = 255n; bit >= 0n; bit--) {
    result = plus(result, result);
    const digits = Number((a >> bit) & 1n) + 2 * Number((b >> bit) & 1n);
    if (digits) result = plus(result, summand[digits]);
  }
  return result;
}

// Whether eight times the point is the neutral element.
function isSmall(point) {
  let found = point;
  for (let step = 0; step < 3; step++) found = plus(found, found);
  return found[0] === 0n && modulo(found[1] - found[2], P) === 0n;
}

function compress(point) {
  const inverted = inverse(point[2], P);
  const x = (point[0] * inverted) % P, y = (point[1] * inverted) % P;
  return fromNumber(y | ((x & 1n) << 255n), 32).reverse();
}

// Section 5.1.3; null for what is not the canonical form of a point.
function decompress(data) {
  if (data.length !== 32) return null;
  const number = toNumberLittle(data);
  const sign = number >> 255n, y = BigInt.asUintN(255, number);
  if (y >= P) return null;
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n, P), P);
  let x = power(square, (P + 3n) / 8n, P);
  if (modulo(x * x - square, P)) x = (x * SQRT_MINUS_ONE) % P;
  if (modulo(x * x - square, P) || (x === 0n && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

const BASE = decompress(fromNumber((4n * inverse(5n, P)) % P, 32).reverse());

// --- secp256k1 -----------------------------------------------------------------------------------
const Q = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];

// The 20-byte address whose key made the 65-byte signature r || s || v; null when there is none. v is 27 or 28 and s lies in
// the lower half of the group order, so a signature has one form only.
export function recoverAddress(digest, signature) {
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return null;
  const r = toNumber(signature.slice(0, 32)), s = toNumber(signature.slice(32, 64));
  const square = (r ** 3n + 7n) % Q;
  let y = power(square, (Q + 1n) / 4n, Q);
  if (r <= 0n || r >= N || s <= 0n || s > N / 2n || (y * y) % Q !== square) return null;
  if (Number(y & 1n) !== v - 27) y = Q - y;
  const inverted = inverse(r, N);
  const one = curveTimes(modulo(s * inverted, N), [r, y]), two = curveTimes(modulo(-toNumber(digest) * inverted, N), G);
  const key = curvePlus(one, two);
  return key && keccak256(fromNumber(key[0], 32), fromNumber(key[1], 32)).slice(12);
}

function curvePlus(one, two) {
  if (one === null || two === null) return one ?? two;
  let slope;
  if (one[0] === two[0]) {
    if ((one[1] + two[1]) % Q === 0n) return null;
    slope = 3n * one[0] * one[0] * inverse(2n * one[1], Q);
  } else {
    slope = (two[1] - one[1]) * inverse(two[0] - one[0], Q);
  }
  slope = modulo(slope, Q);
  const x = modulo(slope * slope - one[0] - two[0], Q);
  return [x, modulo(slope * (one[0] - x) - one[1], Q)];
}

function curveTimes(scalar, point) {
  let result = null;
  for (const digit of scalar.toString(2)) {
    result = curvePlus(result, result);
    if (digit === "1") result = curvePlus(result, point);
  }
  return result;
}

// The EIP-712 digest of `Head(bytes32 origin,uint64 size,bytes32 root)` for one contract on one chain. The contract knows the
// log by the SHA-256 of its origin line.
export function headDigest(chainId, contract, origin, size, root) {
  const domain = keccak256(
    keccak256(utf8("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")),
    keccak256(utf8("Akashi CheckpointAnchor")),
    keccak256(utf8("1")),
    fromNumber(chainId, 32),
    new Uint8Array(12),
    contract,
  );
  const kind = keccak256(utf8("Head(bytes32 origin,uint64 size,bytes32 root)"));
  const head = keccak256(kind, sha256(utf8(origin)), fromNumber(size, 32), root);
  return keccak256(Uint8Array.of(0x19, 0x01), domain, head);
}
