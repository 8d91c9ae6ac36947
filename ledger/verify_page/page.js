// The page itself: reads what was chosen, shows what was found.
import { words } from "./bundle.js";
import { Sha256 } from "./hashes.js";
import { LIMITS, say } from "./report.js";
import { verifyFile } from "./verify.js";
import { LANGUAGES, render } from "./words.js";

const PIECE = 1024 * 1024;
const SHOWN = 6; // entries at either end of a long list
const SEALS = { verified: "verified", consistent: "unverified", refused: "mismatch", unchecked: "unverified" };
const MARKS = { true: ["ok", "holds:"], false: ["bad", "does not hold:"], null: ["running", "not asked or open:"] };

const find = (id) => document.getElementById(id);
let language = preferred();
let subject = null; // the chosen or dropped file
let found = null; // the report that is shown
let state = null; // the sentence that says what goes on
let round = 0; // counts checks, so that an older one never answers for a newer

// --- words ---------------------------------------------------------------------------------------
function preferred() {
  for (const wish of navigator.languages) {
    if (wish.startsWith("ja")) return "ja";
    if (wish.startsWith("zh")) return "zh-Hans";
    if (wish.startsWith("en")) return "en";
  }
  return "en";
}

// Nothing in a file may steer how its text is laid out.
const shown = (sentence) => render(sentence, language).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");

// Parts of the page whose words are fixed: their English is kept, so that each language is put in its place.
const FIXED = [...document.querySelectorAll("[data-say]")].map((place) => [place, say(place.textContent)]);

function speak() {
  document.documentElement.lang = language;
  for (const [place, sentence] of FIXED) place.textContent = shown(sentence);
  document.title = `${shown(say("Check a bundle without the hub"))} · Akashi`;
  find("progress").setAttribute("aria-label", shown(say("Hashing")));
  if (subject) find("chosen").textContent = shown(say("Chosen: {file}, {size} bytes", { file: subject.name, size: subject.size }));
  tell(state);
  if (found) answer(found);
}

function tell(sentence) {
  state = sentence;
  find("state").textContent = sentence ? shown(sentence) : "";
}

// --- what was chosen -----------------------------------------------------------------------------
const typed = (id) => find(id).value.trim() || null;
const textOf = async (id) => (find(id).files.length ? find(id).files[0].text() : null);

async function given(rpc, wanted) {
  return {
    logKey: typed("log-key"),
    contract: typed("contract"),
    rpc,
    savedCheckpoint: await textOf("saved"),
    proof: await textOf("proof"),
    witnesses: words(find("witnesses").value),
    witnessesNeeded: typed("needed") === null ? null : Number(typed("needed")),
    files: await digests([...find("files").files], wanted),
  };
}

// Hashes files piece by piece, so that their size does not matter and the page stays alive. Ends early when nobody `wanted()` it
// any more.
async function digests(files, wanted) {
  const whole = files.reduce((size, file) => size + file.size, 0);
  const made = [];
  let done = 0;
  for (const file of files) {
    tell(say("Hashing {file} …", { file: file.name }));
    find("progress").hidden = false;
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      if (!wanted()) return made;
      find("progress").value = Math.floor((100 * (done + hash.size)) / whole);
    }
    done += file.size;
    made.push({ name: file.name, sha256: hash.digest(), size: file.size });
  }
  find("progress").hidden = true;
  return made;
}

async function check() {
  const mine = ++round, wanted = () => mine === round;
  forget();
  if (!subject) {
    tell(say("Choose a file first."));
    find("subject").focus();
    return;
  }
  tell(say("Checking …"));
  let data, trusted;
  try {
    trusted = await given(typed("rpc"), wanted);
    data = new Uint8Array(await subject.arrayBuffer());
    if (!wanted()) return;
  } catch (problem) {
    find("progress").hidden = true;
    tell(say("A file could not be read: {problem}", { problem: problem.message }));
    return;
  }
  try {
    const report = await verifyFile(data, trusted);
    if (!wanted()) return;
    tell(null);
    answer(report);
  } catch (problem) {
    if (wanted()) tell(say("This page failed, which says nothing about the file: {problem}", { problem: String(problem) }));
  }
}

// --- what was found ------------------------------------------------------------------------------
function forget() {
  found = null;
  find("progress").hidden = true;
  find("verdict").replaceChildren();
  find("answer").replaceChildren();
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const drawn = (id) => find(id).content.cloneNode(true);

function answer(report) {
  found = report;
  const seal = SEALS[report.verdict], said = element("p", { class: `record verdict-record verdict-${seal}` }, shown(report.summary));
  find("verdict").replaceChildren(element("div", { class: "verdict", "data-verdict": report.verdict }, drawn(`seal-${seal}`), said));
  const parts = [section("How we know", element("div", {}, ...report.checks.map(row)))];
  if (report.verdict !== "refused") {
    if (report.entries.length) parts.push(section("What was logged", element("ul", { class: "plain-list" }, ...logged(report.entries))));
    const limits = LIMITS.map((limit) => element("li", {}, shown(say(limit))));
    parts.push(section("What this cannot show", element("ul", { class: "plain-list limits" }, ...limits)));
  }
  find("answer").replaceChildren(...parts);
}

function section(title, content) {
  const head = element("div", { class: "section-head" }, element("h2", {}, shown(say(title))));
  return element("section", {}, head, content);
}

function row({ code, passed, sentence }) {
  const [kind, spoken] = MARKS[passed];
  const text = element("p", {}, element("span", { class: "visually-hidden" }, `${shown(say(spoken))} `), shown(sentence));
  return element("div", { class: `check check-${kind}`, "data-code": code }, drawn(`icon-${passed}`), text);
}

function logged(entries) {
  const between = entries.length - 2 * SHOWN;
  const line = (number, text) => element("li", {}, element("span", { class: "num" }, number), element("span", {}, text));
  const lines = (some) => some.map((entry) => line(`#${entry.index}`, shown(entry.words)));
  if (between <= 1) return lines(entries);
  const more = line("", `… ${shown(say("{count} more between these", { count: between }))}`);
  return [...lines(entries.slice(0, SHOWN)), more, ...lines(entries.slice(-SHOWN))];
}

// --- hands ---------------------------------------------------------------------------------------
function choose(file) {
  if (!file) return;
  subject = file;
  speak();
}

for (const [code, name] of Object.entries(LANGUAGES)) find("language").append(element("option", { value: code, lang: code }, name));
find("language").value = language;
find("language").addEventListener("change", () => {
  language = find("language").value;
  speak();
});
find("subject").addEventListener("change", () => choose(find("subject").files[0]));
// A verdict never stands beside other inputs than those it is about.
function begin() {
  round++;
  forget();
  tell(null);
}
find("form").addEventListener("input", begin);
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
for (const name of ["dragenter", "dragover"]) {
  find("zone").addEventListener(name, (event) => {
    event.preventDefault();
    find("zone").dataset.over = "";
  });
}
for (const name of ["dragleave", "drop"]) find("zone").addEventListener(name, () => delete find("zone").dataset.over);
find("zone").addEventListener("drop", (event) => {
  event.preventDefault();
  begin();
  choose(event.dataTransfer.files[0]);
});
speak();
