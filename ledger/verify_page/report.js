// What was found, as sentences that are put into a language only when they are shown.

// A sentence: a text in English with {places}, and what stands in them: texts, numbers, sentences, or lists of either.
export const say = (text, values = {}) => ({ text, values });

// Something that does not hold.
export class Refused extends Error {
  constructor(text, values) {
    super(text);
    this.sentence = say(text, values);
  }
}

// A question that nobody answered, such as a node that cannot be reached.
export class Unanswered extends Refused {}

export const LIMITS = [
  "That a record is proved does not make it true: the proof shows that it is the one that was logged, and unchanged.",
  "Only what the bundle holds is proved. It cannot show that nothing else happened.",
  "acct: names are pseudonyms. The log does not say which person stands behind one.",
  "Times are the hub's word. The block of an anchor shows only that everything under it existed by then.",
  "Until an anchor is final, or witnesses that both know have cosigned, two readers can be shown different histories.",
  "An anchor is worth what its chain is worth. A chain that the hub runs by itself shows the mechanism, not the guarantee.",
];

const SUMMARIES = {
  verified: {
    bundle: "Verified: every record in this bundle is in the log you trust.",
    checkpoint: "Verified: this checkpoint is by the log you trust.",
  },
  refused: {
    bundle: "Refused: do not rely on this bundle.",
    checkpoint: "Refused: do not rely on this checkpoint.",
  },
  consistent:
    "Consistent, but not with whom: nothing you gave says which log to trust. Get the log key from somewhere other than this bundle and check again with it.",
  unchecked: "Not checked: something you asked for could not be looked at.",
};

// The checks of one `subject` ("bundle" or "checkpoint"). `passed` is null for what was not asked for or not possible; codes
// never change. `trusted` says that the log is one the reader already knew.
export class Report {
  checks = [];
  entries = [];
  trusted = false;
  unanswered = false;

  constructor(subject) {
    this.subject = subject;
  }

  get verdict() {
    if (this.checks.some((check) => check.passed === false)) return "refused";
    if (this.unanswered) return "unchecked";
    return this.trusted ? "verified" : "consistent";
  }

  get summary() {
    const found = SUMMARIES[this.verdict];
    return say(found[this.subject] ?? found);
  }

  add(code, passed, text, values) {
    this.checks.push({ code, passed, sentence: say(text, values) });
  }

  // Runs one question; what it throws becomes a check. Whatever is not foreseen is thrown on.
  ask(code, question) {
    try {
      return question();
    } catch (problem) {
      this.reject(code, problem);
      return undefined;
    }
  }

  reject(code, problem) {
    if (!(problem instanceof Refused)) throw problem;
    const silent = problem instanceof Unanswered;
    this.unanswered ||= silent;
    this.checks.push({ code, passed: silent ? null : false, sentence: say("{refusal}.", { refusal: problem.sentence }) });
  }
}
