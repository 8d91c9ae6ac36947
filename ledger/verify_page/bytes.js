// Bytes, numbers and text.

export const utf8 = (text) => new TextEncoder().encode(text);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
export const same = (one, two) => one.length === two.length && one.every((byte, place) => byte === two[place]);

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}

// The number that bytes stand for, the most significant first; no bytes are 0.
export const toNumber = (bytes) => (bytes.length ? BigInt(`0x${hex(bytes)}`) : 0n);
export const toNumberLittle = (bytes) => toNumber(bytes.slice().reverse());
export const fromNumber = (number, size) => unhex(number.toString(16).padStart(2 * size, "0"));

// What stands before the first `mark`, and what stands after it; nothing after it when there is no mark.
export function partition(text, mark) {
  const place = text.indexOf(mark);
  return place < 0 ? [text, "", ""] : [text.slice(0, place), mark, text.slice(place + mark.length)];
}

// A member of a parsed JSON object by a name that somebody else chose; undefined where it is only inherited.
export const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

// Order of the UTF-8 bytes of two texts, which is the order of their code points.
export function compareUtf8(one, two) {
  const [left, right] = [utf8(one), utf8(two)];
  for (let place = 0; place < left.length && place < right.length; place++) {
    if (left[place] !== right[place]) return left[place] - right[place];
  }
  return left.length - right.length;
}

// Whitespace as Unicode has it, with the separators of files and records.
export const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
