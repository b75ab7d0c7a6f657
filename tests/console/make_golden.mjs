// Runs the corpus in Node and keeps what it prints: node tests/console/make_golden.mjs
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const here = new URL("./", import.meta.url);
const frames = /(?:^ *(?:at .*|\.\.\. \d+ lines matching cause stack trace \.\.\.)(?:\n|$(?![^])))+/gm;
const run = eval; // indirect: snippets are sloppy, global code, as scripts are

for (const file of readdirSync(new URL("corpus/", here)).sort()) {
  const text = readFileSync(new URL(`corpus/${file}`, here), "utf8");
  const golden = {};
  for (const part of text.split(/^\/\/# /m).slice(1)) {
    const name = part.slice(0, part.indexOf("\n"));
    if (name in golden) throw new Error(`${file}: two snippets are called ${name}`);
    try {
      golden[name] = capture(`(function () {\n${part.slice(name.length + 1)}\n})()`);
    } catch (error) {
      throw new Error(`${file}: ${name}`, { cause: error });
    }
  }
  writeFileSync(new URL(`golden/${file.replace(/\.js$/, ".json")}`, here), JSON.stringify(golden, null, 1) + "\n");
}

function capture(source) {
  const printed = { stdout: "", stderr: "" };
  const originals = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const stream of ["stdout", "stderr"]) {
    process[stream].write = (chunk) => {
      printed[stream] += chunk;
      return true;
    };
  }
  try {
    run(source);
  } finally {
    for (const stream of ["stdout", "stderr"]) process[stream].write = originals[stream];
  }
  for (const stream of ["stdout", "stderr"]) printed[stream] = printed[stream].replace(frames, oneFrame);
  return printed;
}

// A run of stack frames is one line: frames are the engine's own, and name the folder of whoever runs this.
function oneFrame(run) {
  return `${" ".repeat(run.search(/\S/))}at <frame>${run.endsWith(" {\n") ? " {" : ""}\n`;
}
