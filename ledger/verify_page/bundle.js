// What a bundle or a checkpoint file holds. Nothing is verified here but its form.
import { own, utf8 } from "./bytes.js";
import { asHashes, asHex, asList, asObject, asPrefixed, asText, asTexts, asWhole, parseCanonical } from "./json.js";
import { Key, Note, parseHead, parseOperator } from "./notes.js";
import { Refused, say, Unanswered } from "./report.js";

const FORMAT = "akashi-bundle/1";
export const MAX_BYTES = 64 * 1024 * 1024;
const MEMBERS = [
  "format", "origin", "log_key", "operator_key", "checkpoint", "entries", "revisions", "trees", "salts", "anchor",
];
const ENTRY = ["akashi", "type", "time", "actor", "subject", "data", "details"];
const ANCHOR = ["chain_id", "contract", "transaction", "block", "block_hash", "size", "root", "proof"];

// The signed note that a file holds.
export function openNote(data) {
  if (data.length > MAX_BYTES) throw new Refused("a file of more than {most} bytes is no bundle", { most: MAX_BYTES });
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Refused("the file is not UTF-8 text");
  }
  return Note.parse(text, "the file");
}

// The origin of a checkpoint that stands alone.
export function openCheckpoint(note) {
  if (note.text.split("\n").length !== 4) throw new Refused("the file is neither a bundle nor a checkpoint");
  return parseHead(note.text).origin;
}

// A checkpoint as a bundle of no entries. It carries no keys, so those that the reader gave say whose it is.
export function checkpointAlone(note, origin, logKey) {
  if (logKey === null) throw new Unanswered("a checkpoint carries no keys: give both lines that the log serves as /log/key");
  const given = words(logKey).map((vkey) => [vkey, Key.given(vkey)]);
  const byLog = given.find(([, key]) => key.name === origin && note.by(key).length);
  const byOperator = given.find(([, key]) => key.name === `${origin}/operator`);
  if (!byLog) throw new Refused("the checkpoint is not signed by a log key that you trust");
  if (!byOperator) {
    throw new Unanswered("the keys you gave do not say who anchors: give both lines that the log serves as /log/key");
  }
  const content = { entries: [], revisions: new Map(), trees: new Map(), salts: new Map(), anchor: null };
  return { origin, logKey: byLog[1], logVkey: byLog[0], operator: parseOperator(byOperator[0]), checkpoint: note, ...content };
}

export const words = (text) => text.split(/\s+/).filter(Boolean);

// The content of a bundle. Its signature is not checked here.
export function openBundle(note) {
  if (note.text.split("\n").length !== 2) throw new Refused("the signed text is not one line");
  const content = parseCanonical(note.text.slice(0, -1), "the bundle");
  if (typeof content !== "object" || content === null || content.format !== FORMAT) {
    throw new Refused("the file is not an {format}", { format: FORMAT });
  }
  asObject(content, MEMBERS, "the bundle");
  const salts = Object.entries(asObject(content.salts, null, "the salts"));
  return {
    origin: asText(content.origin, "the origin"),
    logKey: Key.parse(asText(content.log_key, "the log key")),
    logVkey: content.log_key,
    operator: parseOperator(asText(content.operator_key, "the operator key")),
    checkpoint: Note.parse(asText(content.checkpoint, "the checkpoint"), "the checkpoint"),
    entries: asList(content.entries, "the entries").map(readEntry),
    revisions: asTexts(content.revisions, "a revision"),
    trees: asTexts(content.trees, "a tree"),
    salts: new Map(salts.map(([name, salt]) => [name, asHex(salt, 32, "a salt")])),
    anchor: content.anchor === null ? null : readAnchor(asObject(content.anchor, ANCHOR, "the anchor")),
  };
}

function readEntry(value) {
  const found = asObject(value, ["index", "body", "proof", "details"], "an entry of the bundle");
  const groups = Object.entries(asObject(found.details, null, "the details of an entry"));
  const body = asText(found.body, "an entry");
  return {
    index: BigInt(asWhole(found.index, "an entry's index")),
    body,
    members: readMembers(body),
    proof: asHashes(found.proof, "an inclusion proof"),
    disclosed: new Map(groups.map(([name, group]) => [name, readGroup(group)])),
  };
}

function readMembers(body) {
  if (utf8(body).length > 65_535) throw new Refused("an entry is longer than 65,535 bytes");
  const members = asObject(parseCanonical(body, "an entry"), ENTRY, "an entry");
  if (members.akashi !== 1) throw new Refused("an entry of an unknown format");
  for (const name of ["type", "time", "actor", "subject"]) asText(members[name], say("an entry's {name}", { name }));
  asObject(members.data, null, "an entry's data");
  for (const digest of Object.values(asObject(members.details, null, "an entry's details"))) {
    asHex(digest, 32, "a details digest");
  }
  return members;
}

function readGroup(value) {
  const group = asObject(value, ["body", "salt"], "a details group");
  return { salt: asHex(group.salt, 32, "a salt"), text: asText(group.body, "a details group") };
}

function readAnchor(found) {
  asPrefixed(found.transaction, 32, "a transaction hash");
  asPrefixed(found.block_hash, 32, "a block hash");
  return {
    chainId: BigInt(asWhole(found.chain_id, "a chain id")),
    contract: asPrefixed(found.contract, 20, "a contract address"),
    transaction: found.transaction,
    block: BigInt(asWhole(found.block, "a block number")),
    blockHash: found.block_hash,
    size: BigInt(asWhole(found.size, "an anchored size")),
    root: asHex(found.root, 32, "an anchored root"),
    proof: asHashes(found.proof, "a consistency proof"),
  };
}

// What is in an entry's data or details under a name, else null.
export const member = (object, name) => own(object, name) ?? null;
