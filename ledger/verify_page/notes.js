// Signed notes, checkpoints and cosignatures of C2SP.
import { hex, join, partition, same, SPACE, toNumber, utf8 } from "./bytes.js";
import { ed25519Verifies } from "./curves.js";
import { sha256 } from "./hashes.js";
import { Refused, Unanswered } from "./report.js";

export const ED25519_TYPE = 0x01;
export const COSIGNATURE_TYPE = 0x04;
const OPERATOR_TYPE = join(Uint8Array.of(0xff), utf8("akashi-eip712-head"));

// A verifier key: a name and the signature type followed by the encoded public key.
export class Key {
  constructor(name, typed) {
    this.name = name;
    this.typed = typed;
    this.id = hex(sha256(utf8(`${name}\n`), typed).slice(0, 4));
  }

  static parse(vkey) {
    const [name, , rest] = partition(vkey, "+");
    const [id, , encoded] = partition(rest, "+");
    const key = new Key(name, unbase64(encoded, "a verifier key"));
    if (!isName(name) || key.id !== id) throw new Refused("a verifier key whose key id does not belong to it");
    return key;
  }

  // One that the reader gave.
  static given(vkey) {
    try {
      return Key.parse(vkey);
    } catch {
      throw new Unanswered("not a verifier key string: {vkey}", { vkey });
    }
  }

  // Whether it is an Ed25519 key that signs as this type says.
  isType(kind) {
    return this.typed.length === 33 && this.typed[0] === kind;
  }

  logVerifies(text, signature) {
    return ed25519Verifies(this.typed.slice(1), utf8(text), signature);
  }

  // When a witness says it saw the note, in Unix seconds (cosignature/v1); null when it does not verify.
  cosigned(text, signature) {
    const seconds = toNumber(signature.slice(0, 8));
    const signed = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
    return ed25519Verifies(this.typed.slice(1), signed, signature.slice(8)) ? seconds : null;
  }
}

// Who anchors: the content of a key of type 0xff `akashi-eip712-head`.
export function parseOperator(vkey) {
  const key = Key.parse(vkey), kind = key.typed.slice(0, OPERATOR_TYPE.length), rest = key.typed.slice(OPERATOR_TYPE.length);
  if (!same(kind, OPERATOR_TYPE) || rest.length !== 48) {
    throw new Refused("the operator key is not of the type akashi-eip712-head");
  }
  return { key, chainId: toNumber(rest.slice(0, 8)), contract: rest.slice(8, 28), address: rest.slice(28) };
}

// A text and the signatures under it.
export class Note {
  constructor(text, signatures) {
    this.text = text;
    this.signatures = signatures;
  }

  static parse(source, what) {
    const end = source.lastIndexOf("\n\n");
    if (end < 0 || !source.endsWith("\n") || end + 2 >= source.length) throw new Refused("{what} is not a signed note", { what });
    for (let place = 0; place < source.length; place++) {
      const code = source.charCodeAt(place);
      if (code < 0x20 && code !== 0x0a) throw new Refused("{what} holds control characters", { what });
    }
    const lines = source.slice(end + 2, -1).split("\n");
    return new Note(source.slice(0, end + 1), lines.map((line) => parseSignature(line, what)));
  }

  // The signatures that name this key.
  by(key) {
    return this.signatures.filter((each) => each.name === key.name && each.id === key.id).map((each) => each.signature);
  }
}

function parseSignature(line, what) {
  const [name, space, encoded] = partition(line.slice(2), " ");
  if (!line.startsWith("\u2014 ") || !space || !isName(name)) throw new Refused("{what} has a malformed signature line", { what });
  const data = unbase64(encoded, what);
  if (data.length < 5) throw new Refused("{what} has a signature line without a signature", { what });
  return { name, id: hex(data.slice(0, 4)), signature: data.slice(4) };
}

const isName = (name) => name !== "" && !name.includes("+") && !SPACE.test(name) && !/[\0-\x1f]/.test(name);

function unbase64(text, what) {
  let data;
  try {
    data = atob(text);
  } catch {
    throw new Refused("{what} holds malformed base64", { what });
  }
  // atob() takes spaces and missing padding too.
  if (btoa(data) !== text) throw new Refused("{what} holds base64 that is not in its canonical form", { what });
  return Uint8Array.from(data, (sign) => sign.charCodeAt(0));
}

// What a checkpoint says: the root of the first `size` entries.
export function parseHead(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] || !/^(0|[1-9][0-9]{0,18})$/.test(lines[1])) {
    throw new Refused("a checkpoint is three lines: origin, size, root");
  }
  const root = unbase64(lines[2], "a checkpoint"), size = BigInt(lines[1]);
  if (root.length !== 32 || size >= 2n ** 63n) throw new Refused("a checkpoint with a size or root out of range");
  return { origin: lines[0], size, root };
}
