"use strict";
// Change files that other programs change too, without losing a byte. Each function runs the program
// `aimem` of the package beside this one. index.d.ts says what each does.

const { spawn, spawnSync } = require("node:child_process");
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

/** What happened, to which file, and what to do. */
class AimemError extends Error {
  constructor(message, code, facts) {
    super([message, facts.details, facts.hint && `hint: ${facts.hint}`].filter(Boolean).join("\n"));
    this.name = this.constructor.name;
    this.code = code;
    this.kind = facts.kind ?? "other";
    for (const name of ["hint", "file", "holder", "expires", "details"]) {
      this[name] = facts[name] ?? undefined;
    }
  }
}
class LockBusy extends AimemError {}
class LockLost extends AimemError {}
class FileMissing extends AimemError {}
class DataError extends AimemError {}
class NotPermitted extends AimemError {}

const KINDS = {
  busy: LockBusy,
  lost: LockLost,
  no_input: FileMissing,
  data: DataError,
  permission: NotPermitted,
};

/** The program: of the package for this machine, else as in PATH. */
function binary() {
  const name = `@aimem/${process.platform}-${process.arch}/bin/aimem`;
  try {
    return require.resolve(name);
  } catch {
    for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
      const program = path.join(folder, "aimem");
      // The command of this very package would look for the same.
      if (folder && fs.existsSync(program) && !fs.realpathSync(program).startsWith(path.dirname(__dirname))) {
        return program;
      }
    }
  }
  throw new Error(`${name} is not installed, and no aimem is in PATH; npm leaves it out with --omit=optional`);
}

function errorOf(ended, stderr) {
  const said = stderr.trim();
  let facts = {};
  try {
    facts = JSON.parse(said.slice(said.lastIndexOf("\n") + 1));
  } catch {
    // Not aimem's own words, but those of the system.
  }
  const known = typeof facts?.error === "string" ? facts : {};
  const Kind = KINDS[known.kind] ?? AimemError;
  return new Kind(known.error ?? (said || `aimem ended with ${ended}`), ended, known);
}

function run(words, content) {
  return new Promise((resolve, reject) => {
    const program = spawn(binary(), words, { stdio: ["pipe", "pipe", "pipe"] });
    const said = [[], []];
    program.stdout.on("data", (piece) => said[0].push(piece));
    program.stderr.on("data", (piece) => said[1].push(piece));
    // Whoever refuses a command line does not read on.
    program.stdin.on("error", () => {});
    program.stdin.end(content ?? "");
    program.on("error", reject);
    program.on("close", (code, signal) => {
      const [out, err] = said.map((pieces) => Buffer.concat(pieces).toString());
      code === 0 ? resolve(out) : reject(errorOf(code ?? signal, err));
    });
  });
}

// What the code that runs has locked; what it starts and awaits sees it too, and nobody else.
const context = new AsyncLocalStorage();
const open = new Map();

/** A file's name as the lock's key has it: all links resolved, what is missing appended. */
function trueName(file) {
  try {
    return fs.realpathSync.native(file);
  } catch {
    const whole = path.resolve(file);
    const above = path.dirname(whole);
    return above === whole ? whole : path.join(trueName(above), path.basename(whole));
  }
}

function heldOf(file) {
  const key = createHash("sha256").update(trueName(file)).digest("hex");
  return (context.getStore() ?? []).find((held) => open.has(held.id) && held.id.startsWith(key));
}

function words(file, { timeout, lock: held = heldOf(file), options = [] } = {}) {
  const list = ["--quiet", "--json", ...options];
  // In decimals: aimem knows no exponents.
  if (timeout !== undefined) list.push(`--timeout=${timeout === Infinity ? "inf" : timeout.toFixed(6)}`);
  if (held) list.push("--lock", held.id);
  return list;
}

const named = (args) => Object.entries(args).flatMap(([name, value]) => ["--argjson", name, JSON.stringify(value)]);
const isLines = (file) => /\.(jsonl|ndjson)$/i.test(file);

class Lock {
  #released;

  constructor(file, id, isInner = false) {
    this.file = file;
    this.id = id;
    // It is given back by whoever has taken it.
    if (isInner) this.#released = Promise.resolve();
    else open.set(id, this);
  }

  /** Gives it back; a second time does nothing. */
  release() {
    if (!this.#released) {
      open.delete(this.id);
      this.#released = run(["lock", "release", "--json", "--", this.id]).then(() => {});
    }
    return this.#released;
  }
}
if (Symbol.asyncDispose) {
  Lock.prototype[Symbol.asyncDispose] = Lock.prototype.release;
}

// Whatever ends the process ends the lock; this only spares the next one a look at who is gone.
process.on("exit", () => {
  for (const id of open.keys()) spawnSync(binary(), ["lock", "release", "--quiet", "--", id]);
});

async function lock(file, { timeout, client = process.env.AIMEM_CLIENT } = {}) {
  const outer = heldOf(file);
  if (outer) return new Lock(file, outer.id, true);
  const script = path.basename(process.argv[1] ?? "").replaceAll(":", " ");
  const who = ["--pid", `${process.pid}`, "--client", client || `node ${script}`.trim()];
  const command = ["lock", "acquire", ...who, ...words(file, { timeout }), "--", file];
  return new Lock(file, JSON.parse(await run(command)).id);
}

async function withLock(file, work, options) {
  const held = await lock(file, options);
  let result;
  try {
    result = await context.run([...(context.getStore() ?? []), held], () => work(held));
  } catch (error) {
    // What went wrong inside says more than a lock that is lost.
    await held.release().catch(() => {});
    throw error;
  }
  await held.release();
  return result;
}

async function readReport(file, filter, args, options) {
  if (filter === undefined && /\.(jsonc|toml|jsonl|ndjson)$/i.test(file)) filter = ".";
  const command = ["read", ...words(file, options), ...named(args)];
  if (options.default !== undefined) command.push("--default", JSON.stringify(options.default));
  command.push("--", file);
  if (filter !== undefined) command.push(filter);
  const report = JSON.parse(await run(command));
  const etag = report.etag ?? "none";
  if (report.results === undefined) {
    const isNewText = etag === "none" && typeof options.default === "string" && !/\.json$/i.test(file);
    return { value: report.document ?? report.content ?? null, etag, isText: isNewText || "content" in report };
  }
  if (isLines(file)) return { value: report.results, etag };
  if (report.results.length !== 1) {
    const message = `the filter gave ${report.results.length} results; one is needed: [${filter}]`;
    throw new DataError(message, 65, { kind: "data", file });
  }
  return { value: report.results[0], etag };
}

async function read(file, filter, args = {}, options = {}) {
  return (await readReport(file, filter, args, options)).value;
}

async function update(file, change, args = {}, options = {}) {
  const isFunction = typeof change === "function";
  if (isFunction) options = args;
  const list = [...(options.options ?? [])];
  if (!isLines(file)) list.push("--return", options.returns ?? ".");
  if (options.create !== undefined) list.push(`--create=${JSON.stringify(options.create)}`);
  if (isFunction) {
    if (isLines(file)) throw new TypeError("lines of JSON are changed by a filter, each on its own");
    const { timeout } = options;
    if (options.lock) return updateBy(file, change, options, list, options.lock);
    return withLock(file, (held) => updateBy(file, change, options, list, held), { timeout });
  }
  const command = ["update", ...words(file, { ...options, options: list }), ...named(args), "--", file, change];
  return JSON.parse(await run(command)).returned?.[0];
}

async function updateBy(file, change, { create }, options, held) {
  // The lock shuts out all who take it. The tag tells of those who do not: then it begins again.
  for (let left = 99; ; left -= 1) {
    const { value, etag, isText } = await readReport(file, undefined, {}, { default: create, lock: held });
    const returned = await change(value);
    const made = returned === undefined ? value : returned;
    try {
      if (isText) {
        await write(file, `${made}`, { ifMatch: etag, lock: held });
        return made;
      }
      const tag = ["--if-match", etag, "--slurpfile", "document", "/dev/stdin"];
      const command = ["update", ...words(file, { lock: held, options: [...options, ...tag] }), "--", file];
      return JSON.parse(await run([...command, "$document[0]"], JSON.stringify(made))).returned[0];
    } catch (error) {
      if (!(error instanceof LockLost) || left === 0) throw error;
    }
  }
}

async function write(file, content, options = {}) {
  const isRaw = typeof content === "string" || content instanceof Uint8Array;
  const match = options.ifMatch === undefined ? [] : ["--if-match", options.ifMatch];
  const command = ["write", ...words(file, options), ...match, "--", file];
  await run(command, isRaw ? content : `${JSON.stringify(content, null, 2)}\n`);
}

async function append(file, lines, options = {}) {
  const list = Array.isArray(lines) ? lines : [lines];
  const texts = list.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  const text = texts.map((line) => (line.endsWith("\n") ? line : `${line}\n`)).join("");
  const command = ["append", ...words(file, options), "--", file];
  // What is too long for an argument comes on standard input, and is written piece by piece.
  await (text && Buffer.byteLength(text) < 100_000 ? run([...command, text]) : run(command, text));
}

module.exports = {
  append,
  binary,
  lock,
  read,
  update,
  withLock,
  write,
  Lock,
  AimemError,
  DataError,
  FileMissing,
  LockBusy,
  LockLost,
  NotPermitted,
};
