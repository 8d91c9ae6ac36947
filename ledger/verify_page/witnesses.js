// Who else saw this checkpoint: cosignatures of witnesses that the reader names (C2SP tlog-cosignature).
import { COSIGNATURE_TYPE, Key } from "./notes.js";
import { Refused, say, Unanswered } from "./report.js";

export function checkWitnesses(report, note, vkeys, wanted) {
  if (!vkeys.length && wanted === null) return;
  const keys = [...new Set(vkeys)].map(Key.given);
  const distinct = (of) => new Set(keys.map(of)).size === keys.length;
  if (!distinct((key) => key.typed.join()) || !distinct((key) => key.name) || !keys.every((key) => key.isType(COSIGNATURE_TYPE))) {
    throw new Unanswered("the witness keys that you gave are not distinct keys for cosignature/v1");
  }
  const needed = wanted ?? keys.length, named = keys.length;
  if (!(needed >= 1 && needed <= named)) {
    throw new Unanswered("of {named} witnesses that you named, {needed} cannot be asked for", { named, needed });
  }
  const seen = [], missing = [];
  for (const key of keys) {
    const times = note.by(key).map((signature) => cosigned(key, note.text, signature));
    if (times.length) seen.push({ name: key.name, seconds: times.reduce((one, two) => (one > two ? one : two)) });
    else missing.push(key.name);
  }
  if (seen.length < needed) {
    const text = "only {seen} of the {needed} witnesses that you ask for cosigned, and not {missing}";
    throw new Refused(text, { seen: seen.length, needed, missing });
  }
  const listed = seen.map(({ name, seconds }) => say("{name} ({moment})", { name, moment: moment(seconds) }));
  const text = "The checkpoint is cosigned by {seen} of the {named} witnesses that you named: {listed}.";
  report.add("witnesses", true, text, { seen: seen.length, named, listed });
}

function cosigned(key, text, signature) {
  const seconds = key.cosigned(text, signature);
  if (seconds === null) throw new Refused("the cosignature of {name} does not fit this checkpoint", { name: key.name });
  return seconds;
}

function moment(seconds) {
  if (seconds >= 253_402_300_800n) return say("second {seconds}", { seconds }); // the year 10000
  const text = new Date(Number(seconds) * 1000).toISOString();
  return say("{date} {time} UTC", { date: text.slice(0, 10), time: text.slice(11, 19) });
}
