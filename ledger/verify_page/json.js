// Canonical JSON (RFC 8785, without fractions), and what the formats expect of values.
import { own, SPACE, unhex } from "./bytes.js";
import { Refused, say } from "./report.js";

export const MAX_NESTING = 64;

// The only text that `value` may be written as. Refuses what the formats exclude.
export function canonical(value, room = MAX_NESTING) {
  if (room < 0) throw new Refused("JSON nested deeper than {most}", { most: MAX_NESTING });
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    if (/[\ud800-\udfff]/u.test(value)) throw new Refused("JSON that has no canonical form");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new Refused("the number {number} is not an integer", { number: String(value) });
    if (!Number.isSafeInteger(value)) throw new Refused("an integer that not every JSON reader keeps exact");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((member) => canonical(member, room - 1)).join(",")}]`;
  // RFC 8785 section 3.2.3 orders names by UTF-16 code units, and so does sort().
  const members = Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name], room - 1)}`);
  return `{${members.join(",")}}`;
}

// The value of a canonical JSON text. Refused when it could have been written otherwise.
export function parseCanonical(text, what) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused("{what} is not JSON", { what });
  }
  if (canonical(value) !== text) throw new Refused("{what} is not in its canonical form", { what });
  return value;
}

// --- what the formats expect ---------------------------------------------------------------------
// `what` is the sentence or the name that says what a value is.
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export function asObject(value, members, what) {
  const right = isObject(value) && (members === null || Object.keys(value).sort().join() === [...members].sort().join());
  if (!right) throw new Refused("{what} has other members than the format says", { what });
  return value;
}

export function asList(value, what) {
  if (!Array.isArray(value)) throw new Refused("{what} should be a list", { what });
  return value;
}

export function asText(value, what) {
  if (typeof value !== "string") throw new Refused("{what} should be text", { what });
  return value;
}

export function asWhole(value, what) {
  if (!Number.isInteger(value) || value < 0) throw new Refused("{what} should be a whole number", { what });
  return value;
}

export function asHex(value, size, what) {
  if (typeof value !== "string" || !/^[0-9a-f]*$/.test(value) || value.length !== 2 * size) {
    throw new Refused("{what} should be {digits} hexadecimal digits", { what, digits: 2 * size });
  }
  return unhex(value);
}

export function asPrefixed(value, size, what) {
  if (typeof value !== "string" || !value.startsWith("0x")) throw new Refused("{what} should begin with 0x", { what });
  return asHex(value.slice(2), size, what);
}

export const asHashes = (value, what) => asList(value, what).map((item) => asHex(item, 32, what));

// An object whose names are digests and whose members are texts, as a map.
export function asTexts(value, what) {
  return new Map(
    Object.entries(asObject(value, null, what)).map(([digest, text]) => {
      asHex(digest, 32, say("the digest of {what}", { what }));
      return [digest, asText(text, what)];
    }),
  );
}

// A consistency proof as `/api/v1/checkpoints/<size>?from=<size>` answers it, or its hashes alone, one a line.
export function readProof(text) {
  const what = say("the consistency proof");
  if (!text.trimStart().startsWith("{")) return asHashes(text.split(new RegExp(`${SPACE.source}+`)).filter(Boolean), what);
  try {
    return asHashes(own(JSON.parse(text), "consistency"), what);
  } catch (problem) {
    if (problem instanceof SyntaxError) throw new Refused("{what} is not JSON", { what });
    throw problem;
  }
}
