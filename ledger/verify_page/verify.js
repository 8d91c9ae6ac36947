// The whole: a file and what the reader trusts go in, a report comes out.
import { checkpointAlone, openBundle, openCheckpoint, openNote } from "./bundle.js";
import { SPACE } from "./bytes.js";
import { checkChain } from "./chain.js";
import {
  checkAnchor, checkCheckpoint, checkContract, checkDetails, checkEntries, checkFiles, checkLogKey, checkRevisions, checkSaved,
  checkSignature,
} from "./checks.js";
import { Report, say } from "./report.js";
import { checkWitnesses } from "./witnesses.js";

// `given` may hold: logKey, a verifier key string or all that a log serves as /log/key (a checkpoint needs all); contract, an
// address; savedCheckpoint, a signed note, with a consistency proof between it and this checkpoint; witnesses, verifier key
// strings of which witnessesNeeded (else all) must have cosigned; files, with name, sha256 and size; rpc, a node's address.
// Malformed input is reported, never thrown.
export async function verifyFile(data, given = {}) {
  const { logKey = null, contract = null, savedCheckpoint = null, proof = null, rpc = null } = given;
  const { witnesses = [], witnessesNeeded = null, files = [] } = given;
  const report = new Report(data[0] === 0x7b ? "bundle" : "checkpoint");
  const opened = openFile(report, data, logKey);
  if (!opened) return report;
  const { bundle, head } = opened;
  if (report.subject === "bundle") {
    report.ask("entries", () => checkEntries(report, bundle, head));
    report.ask("details", () => checkDetails(report, bundle));
    report.ask("revisions", () => checkRevisions(report, bundle));
  }
  report.ask("files", () => checkFiles(report, bundle, files));
  if (report.subject === "bundle") report.ask("anchor", () => checkAnchor(report, bundle, head));
  report.ask("log_key", () => checkLogKey(report, bundle, logKey));
  report.ask("contract", () => checkContract(report, bundle, contract));
  report.ask("saved", () => checkSaved(report, bundle, head, savedCheckpoint, proof));
  report.ask("witnesses", () => checkWitnesses(report, bundle.checkpoint, witnesses, witnessesNeeded));
  await checkChain(report, bundle, head, contract, rpc);
  if (report.verdict !== "refused") {
    const entries = new Map(bundle.entries.map((entry) => [entry.index, entry]));
    for (const said of report.entries) said.words = inWords(entries.get(said.index));
  }
  return report;
}

// The content and its head, when the file has the right form and signatures.
function openFile(report, data, logKey) {
  let stage = "format";
  try {
    const note = openNote(data);
    let bundle;
    if (report.subject === "bundle") {
      [bundle, stage] = [openBundle(note), "signature"];
      checkSignature(report, bundle, note);
    } else {
      const origin = openCheckpoint(note);
      stage = "log_key";
      bundle = checkpointAlone(note, origin, logKey);
    }
    stage = "checkpoint";
    return { bundle, head: checkCheckpoint(report, bundle) };
  } catch (problem) {
    report.reject(stage, problem);
    return null;
  }
}

// --- entries in words ----------------------------------------------------------------------------
const MOST_WORDS = 60;

// A line about an entry whose details were checked: when, what, which number, what people wrote, and who.
function inWords({ members, disclosed }) {
  let moment = members.time;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(moment)) {
    moment = say("{date} {time} UTC", { date: moment.slice(0, 10), time: moment.slice(11, 16) });
  }
  const { number } = members.data;
  const quotes = [...disclosed].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, { text }]) => {
    const found = Object.values(JSON.parse(text)).find((value) => typeof value === "string");
    return found === undefined ? "" : ` \u201c${short(found, MOST_WORDS)}\u201d`;
  });
  return say("{moment}  {act}{number}{quotes}, {subject}, by {actor}", {
    moment,
    act: say(members.type.replace(/[._]/g, " ")),
    number: Number.isInteger(number) ? ` #${number}` : "",
    quotes: quotes.join(""),
    subject: shortName(members.subject),
    actor: shortName(members.actor),
  });
}

function short(text, most) {
  const signs = [...text.split(new RegExp(`${SPACE.source}+`)).filter(Boolean).join(" ")];
  return signs.length <= most ? signs.join("") : `${signs.slice(0, most).join("")}\u2026`;
}

function shortName(subject) {
  const place = subject.indexOf(":") + 1;
  return place ? subject.slice(0, place) + short(subject.slice(place), 8) : subject;
}
