// Standard JSON on stdin, the compiler's answer on stdout. Imports beginning with "@" come from node_modules.
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const modules = path.join(__dirname, "..", "node_modules");

function find(name) {
  const file = path.resolve(modules, name);
  if (!name.startsWith("@") || !file.startsWith(modules + path.sep) || !fs.existsSync(file)) {
    return { error: `no source ${name}` };
  }
  return { contents: fs.readFileSync(file, "utf8") };
}

const input = fs.readFileSync(0, "utf8");
const output = JSON.parse(solc.compile(input, { import: find }));
fs.writeSync(1, JSON.stringify({ version: solc.version(), ...output }));
