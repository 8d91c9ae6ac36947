// What is checked of a bundle, in the order of docs/log-format.md, section 11.
import { hex, same, utf8 } from "./bytes.js";
import { member } from "./bundle.js";
import { headDigest, recoverAddress } from "./curves.js";
import { sha256Hex } from "./hashes.js";
import { asHex, asObject, asText, canonical, parseCanonical, readProof } from "./json.js";
import { isConsistent, leafHash, rootFromInclusion } from "./merkle.js";
import { ED25519_TYPE, Note, parseHead } from "./notes.js";
import { Refused, say, Unanswered } from "./report.js";
import { Trees } from "./trees.js";

export function checkSignature(report, bundle, note) {
  const key = bundle.logKey;
  if (key.name !== bundle.origin || bundle.operator.key.name !== `${bundle.origin}/operator`) {
    throw new Refused("the keys are not named after the origin");
  }
  const found = note.by(key);
  if (note.signatures.length !== 1 || found.length !== 1) {
    throw new Refused("the bundle is not signed by its log key, and by that alone");
  }
  if (!key.isType(ED25519_TYPE) || !key.logVerifies(note.text, found[0])) {
    throw new Refused("the signature does not fit: the bundle was changed after the log signed it, or never signed");
  }
  const text = "The bundle is whole: no byte differs from what {origin} (key {key}) signed.";
  report.add("signature", true, text, { origin: bundle.origin, key: key.id });
}

export function checkCheckpoint(report, bundle) {
  const { checkpoint: note, operator, logKey } = bundle;
  const head = parseHead(note.text);
  if (!logKey.isType(ED25519_TYPE)) throw new Refused("the log key is not an Ed25519 key");
  if (head.origin !== bundle.origin) throw new Refused("the checkpoint is of another log");
  const byLog = note.by(logKey), byOperator = note.by(operator.key);
  if (!byLog.length || !byLog.every((signature) => logKey.logVerifies(note.text, signature))) {
    throw new Refused("the checkpoint is not signed by the log");
  }
  const digest = headDigest(operator.chainId, operator.contract, head.origin, head.size, head.root);
  const byAddress = (signature) => same(recoverAddress(digest, signature) ?? [], operator.address);
  if (!byOperator.length || !byOperator.every(byAddress)) {
    throw new Refused("the checkpoint is not signed by the anchoring operator");
  }
  const text =
    "The checkpoint of {size} entries is signed by the log and by {operator}, who anchors for contract {contract} on chain {chain}.";
  const values = { operator: `0x${hex(operator.address)}`, contract: `0x${hex(operator.contract)}` };
  report.add("checkpoint", true, text, { size: head.size, chain: operator.chainId, ...values });
  return head;
}

export function checkEntries(report, bundle, head) {
  let previous = -1n;
  for (const entry of bundle.entries) {
    const { index, members } = entry;
    if (index <= previous) throw new Refused("the entries are not in the order of the log");
    previous = index;
    if (!same(rootFromInclusion(leafHash(utf8(entry.body)), index, head.size, entry.proof), head.root)) {
      throw new Refused("entry {index} is not in the log under this checkpoint", { index });
    }
    report.entries.push({ index, type: members.type, time: members.time, actor: members.actor, subject: members.subject });
  }
  const text = "All entries in the bundle ({count}) are in the log: each inclusion proof leads to the checkpoint's root.";
  report.add("entries", true, text, { count: bundle.entries.length });
}

export function checkDetails(report, bundle) {
  let disclosed = 0, committed = 0;
  for (const { index, members, disclosed: groups } of bundle.entries) {
    committed += Object.keys(members.details).length;
    disclosed += groups.size;
    for (const [group, { salt, text }] of groups) {
      const what = say("the group {group} of entry {index}", { group, index });
      asObject(parseCanonical(text, what), null, say("the group {group}", { group }));
      if (member(members.details, group) !== sha256Hex(salt, utf8(text))) {
        throw new Refused("the words in {group} of entry {index} are not those that were logged", { group, index });
      }
    }
  }
  const text =
    "The words that people wrote ({disclosed} groups) are those that were logged; {withheld} groups are erased or not disclosed here.";
  report.add("details", true, text, { disclosed, withheld: committed - disclosed });
}

// --- revisions and files -------------------------------------------------------------------------
export function checkRevisions(report, bundle) {
  const trees = new Trees(bundle.trees);
  let complete = 0;
  for (const [name, entry] of publishers(bundle)) complete += checkRevision(bundle, trees, name, entry) ? 1 : 0;
  const [digest] = [...bundle.trees.keys()].filter((each) => !trees.reached.has(each)).sort();
  if (digest) throw new Refused("tree {digest} belongs to no revision in the bundle", { digest });
  const text =
    "The revisions ({revisions}) and directories ({trees}) are those whose digests the entries name; {complete} of the revisions with every file listed.";
  report.add("revisions", true, text, { revisions: bundle.revisions.size, trees: bundle.trees.size, complete });
}

// What a revision object and the entry that published it must say alike.
const ALIKE = ["root_tree", "parents", "kind", "licence", "sources", "outside", "metrics"];

// Whether the bundle lists every file of this revision.
function checkRevision(bundle, trees, name, entry) {
  const revision = readRevision(bundle, name), { data } = entry.members;
  const counts = asObject(member(data, "counts"), null, say("the counts of revision {name}", { name }));
  const alike = (one, two) => canonical(one) === canonical(two);
  if (
    !ALIKE.every((each) => alike(member(revision, each), member(data, each))) ||
    !alike(member(revision, "repository"), member(data, "repo")) ||
    !["files", "bytes"].every((each) => alike(member(revision.counts, each), member(counts, each)))
  ) {
    throw new Refused("revision {name} and the entry that published it disagree", { name });
  }
  const found = trees.totals(revision.root_tree);
  const said = [member(counts, "files"), member(counts, "bytes")];
  if (found !== null && canonical(said) !== `[${found.files},${found.bytes}]`) {
    throw new Refused("the files of revision {name} are not as many or as large as it says", { name });
  }
  return found !== null;
}

function readRevision(bundle, name) {
  const text = bundle.revisions.get(name), what = say("revision {name}", { name });
  if (sha256Hex(utf8(text)) !== name) throw new Refused("revision {name} has another digest than its name", { name });
  const revision = asObject(parseCanonical(text, what), null, what);
  if (member(revision, "akashi") !== 1 || member(revision, "type") !== "revision") {
    throw new Refused("revision {name} is not a revision object", { name });
  }
  asObject(member(revision, "counts"), null, say("the counts of revision {name}", { name }));
  asHex(member(revision, "root_tree"), 32, say("the root tree of revision {name}", { name }));
  return revision;
}

// The entry that published each revision in the bundle, in the order of the log.
function publishers(bundle) {
  const found = new Map();
  for (const entry of bundle.entries) {
    const { type, subject } = entry.members, name = subject.startsWith("rev:") ? subject.slice(4) : "";
    if (type === "revision.published" && bundle.revisions.has(name) && !found.has(name)) found.set(name, entry);
  }
  const [name] = [...bundle.revisions.keys()].filter((each) => !found.has(each)).sort();
  if (name) throw new Refused("no entry in the bundle publishes revision {name}", { name });
  return found;
}

// `files` are the reader's own: name, sha256 (bytes) and size.
export function checkFiles(report, bundle, files) {
  if (report.subject !== "bundle") {
    if (files.length) throw new Unanswered("a checkpoint lists no files: give a bundle");
    return;
  }
  const trees = new Trees(bundle.trees);
  for (const file of files) report.ask("file", () => checkFile(report, bundle, trees, file));
}

function checkFile(report, bundle, trees, file) {
  let hidden = 0;
  for (const [name, entry] of publishers(bundle)) {
    const revision = readRevision(bundle, name), leaf = leafOf(bundle, revision, file);
    const found = leaf === null ? null : trees.find(revision.root_tree, leaf);
    if (found !== null) {
      const values = { file: file.name, path: found.path, revision: name.slice(0, 10), index: entry.index };
      if (found.size !== file.size) {
        throw new Refused("the file {file} has the digest of {path} in entry {index}, but not its size", values);
      }
      report.add("file", true, "{file} is, byte for byte, {path} of revision {revision}, published by entry {index}.", values);
      return;
    }
    if (leaf === null || trees.totals(revision.root_tree) === null) hidden++;
  }
  if (hidden) {
    const text = "the file {file} was not found, but the bundle does not list every file of {hidden} revisions";
    throw new Unanswered(text, { file: file.name, hidden });
  }
  const text = "the file {file} is in none of the revisions in the bundle ({count})";
  throw new Refused(text, { file: file.name, count: bundle.revisions.size });
}

// What stands in a revision's tree for these bytes; null when the tree is salted and the salt is not disclosed.
function leafOf(bundle, revision, file) {
  if (!member(revision, "salted")) return hex(file.sha256);
  const salt = bundle.salts.get(asText(member(revision, "repository"), "a repository"));
  return salt ? sha256Hex(salt, file.sha256) : null;
}

// --- anchor and trust ----------------------------------------------------------------------------
export function checkAnchor(report, bundle, head) {
  const { anchor, operator } = bundle;
  if (anchor === null) {
    report.add("anchor", null, "Nothing here says that these entries were anchored on a chain yet.");
    return;
  }
  if (anchor.chainId !== operator.chainId || !same(anchor.contract, operator.contract)) {
    throw new Refused("the anchor is on another chain or contract than the operator signs for");
  }
  if (anchor.size < 1n || !isConsistent(anchor.size, head.size, anchor.root, head.root, anchor.proof)) {
    throw new Refused("the checkpoint does not extend the anchored tree");
  }
  const under = bundle.entries.filter((entry) => entry.index < anchor.size).length;
  const text =
    "The log says that transaction {transaction} in block {block} anchored its first {size} entries; the checkpoint extends that tree, and {under} of the {count} entries here are in it.";
  const { transaction, block, size } = anchor;
  report.add("anchor", true, text, { transaction, block, size, under, count: bundle.entries.length });
}

export function checkLogKey(report, bundle, logKey) {
  if (logKey === null) return;
  if (!logKey.split(/\s+/).includes(bundle.logVkey)) {
    throw new Refused("the bundle is by another log key than the one you trust: {key}", { key: bundle.logVkey });
  }
  report.trusted = true;
  report.add("log_key", true, "The log key is the one you trust.");
}

export function checkContract(report, bundle, contract) {
  if (contract === null) return;
  const own = `0x${hex(bundle.operator.contract)}`;
  if (contract.trim().toLowerCase() !== own) {
    throw new Refused("the log anchors in another contract than yours: {contract}", { contract: own });
  }
  report.add("contract", true, "The log anchors in the contract you named.");
}

// The root of this history at a size, where it is proved here; null elsewhere.
export function knownRoot(bundle, head, size) {
  if (size === head.size) return head.root;
  return bundle.anchor !== null && size === bundle.anchor.size ? bundle.anchor.root : null;
}

export function checkSaved(report, bundle, head, saved, proof) {
  if (saved === null) {
    if (proof !== null) throw new Unanswered("a consistency proof leads from a saved checkpoint: give that too");
    return;
  }
  const note = Note.parse(saved, "the saved checkpoint");
  const mine = parseHead(note.text), signatures = note.by(bundle.logKey);
  if (mine.origin !== bundle.origin || !signatures.length) throw new Refused("your saved checkpoint is by another log key");
  const what = say(`the ${report.subject}`);
  if (!signatures.every((signature) => bundle.logKey.logVerifies(note.text, signature))) {
    throw new Refused("the signature on your saved checkpoint does not fit {what}'s log key", { what });
  }
  const root = knownRoot(bundle, head, mine.size), { size } = mine;
  if (root !== null && !same(root, mine.root)) {
    const text =
      "the log signed two different histories of {size} entries: this file's and your saved checkpoint's. Keep both files: together they prove it";
    throw new Refused(text, { size });
  }
  const [old, later] = mine.size < head.size ? [mine, head] : [head, mine];
  const sizes = { old: old.size, later: later.size };
  if (root !== null) {
    report.add("saved", true, "Your saved checkpoint of {size} entries shows the same history.", { size });
  } else if (proof === null) {
    const text =
      "Your saved checkpoint of {size} entries is by the same log key. No proof between that size and {head} was given, so whether one extends the other was not compared.";
    report.add("saved", true, text, { size, head: head.size });
  } else if (isConsistent(old.size, later.size, old.root, later.root, readProof(proof))) {
    const text = "Your saved checkpoint of {size} entries is of the same history: {later} entries extend {old}.";
    report.add("saved", true, text, { size, ...sizes });
  } else {
    throw new Refused("the proof does not show that the history of {later} entries extends that of {old}", sizes);
  }
  report.trusted = true;
}
