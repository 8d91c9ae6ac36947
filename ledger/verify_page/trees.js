// The directories in a bundle. Totals are kept per directory, so that shared ones are read once.
import { compareUtf8, utf8 } from "./bytes.js";
import { sha256Hex } from "./hashes.js";
import { asHex, asList, asObject, asText, asWhole, parseCanonical } from "./json.js";
import { Refused, say } from "./report.js";

const MAX_DEPTH = 128;

export class Trees {
  #texts;
  #members = new Map();
  #totals = new Map();
  #absent = new Set();
  reached = new Set();

  constructor(texts) {
    this.#texts = texts;
  }

  // How many files lie below a directory and their bytes; null when the bundle does not hold all of it.
  totals(digest, depth = 0) {
    if (!this.#totals.has(digest)) this.#totals.set(digest, this.#texts.has(digest) ? this.#count(digest, depth) : null);
    return this.#totals.get(digest);
  }

  // The path and size of the first file below a directory that has this leaf.
  find(digest, leaf, depth = 0) {
    const key = `${digest} ${leaf}`;
    if (this.#absent.has(key) || !this.#texts.has(digest)) return null;
    limitDepth(depth);
    for (const member of this.members(digest)) {
      if (member.type === "file" && member.sha256 === leaf) return { path: member.name, size: member.size };
      const below = member.type === "tree" ? this.find(member.sha256, leaf, depth + 1) : null;
      if (below !== null) return { path: `${member.name}/${below.path}`, size: below.size };
    }
    this.#absent.add(key);
    return null;
  }

  // The parsed members of a directory that the bundle holds.
  members(digest) {
    if (!this.#members.has(digest)) {
      const text = this.#texts.get(digest);
      if (sha256Hex(utf8(text)) !== digest) throw new Refused("tree {digest} has another digest than its name", { digest });
      const what = say("tree {digest}", { digest });
      this.#members.set(digest, readTree(parseCanonical(text, what), what));
    }
    return this.#members.get(digest);
  }

  #count(digest, depth) {
    limitDepth(depth);
    this.reached.add(digest);
    let files = 0n, bytes = 0n, complete = true;
    for (const member of this.members(digest)) {
      const size = BigInt(member.size);
      const below = member.type === "file" ? { files: 1n, bytes: size } : this.totals(member.sha256, depth + 1);
      if (below === null) complete = false;
      else if (below.bytes !== size) {
        throw new Refused("the directory {name} is not as large as tree {digest} says", { name: member.name, digest });
      } else {
        files += below.files;
        bytes += below.bytes;
      }
    }
    return complete ? { files, bytes } : null;
  }
}

function limitDepth(depth) {
  if (depth > MAX_DEPTH) throw new Refused("directories are nested deeper than {most}", { most: MAX_DEPTH });
}

function readTree(value, what) {
  const tree = asObject(value, ["members", "type"], what);
  const members = asList(tree.members, what).map(readMember);
  const ordered = members.every((member, place) => !place || compareUtf8(members[place - 1].name, member.name) < 0);
  if (tree.type !== "tree" || !ordered) throw new Refused("{what} is not a directory with each name once and in order", { what });
  return members;
}

function readMember(value) {
  const member = asObject(value, ["name", "sha256", "size", "type"], "a tree's member");
  asHex(member.sha256, 32, "a tree member's digest");
  asWhole(member.size, "a tree member's size");
  if (!asText(member.name, "a name") || member.name.includes("/") || !["file", "tree"].includes(member.type)) {
    throw new Refused("a tree's member has no proper name or type");
  }
  return member;
}
