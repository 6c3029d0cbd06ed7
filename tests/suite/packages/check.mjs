// What the Node module promises, on files in the working folder.
import * as aimem from "aimem";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";

const pid = Number(process.argv[2]);
const program = aimem.binary();
const holder = (file) => JSON.parse(spawnSync(program, ["lock", "status", file, "--json"]).stdout).pid ?? null;
const refused = async (Kind, call) => {
  try {
    await call();
  } catch (error) {
    assert(error instanceof Kind, `${error.stack}`);
    return error;
  }
  assert.fail(`${call} was not refused`);
};

// Documents.
assert.deepEqual(await aimem.update("d.json", ".n += $by", { by: 4 }, { create: {} }), { n: 4 });
assert.equal(await aimem.update("d.json", ".n += 1", {}, { returns: ".n" }), 5);
assert.deepEqual(await aimem.read("d.json"), { n: 5 });
assert.equal(await aimem.read("d.json", ".n + $x", { x: 1 }), 6);
assert.deepEqual(await aimem.read("none.json", undefined, {}, { default: [] }), []);
const missing = await refused(aimem.FileMissing, () => aimem.read("none.json"));
assert(missing.code === 66 && missing.hint && missing instanceof aimem.AimemError);
const wrong = await refused(aimem.DataError, () => aimem.update("d.json", ".n["));
assert(wrong.message.includes(".n["));
await refused(aimem.DataError, () => aimem.read("d.json", ".n, .n"));
const bigger = (document) => {
  document.n *= 2;
  document["é"] = 'a "word"';
};
assert.equal((await aimem.update("d.json", bigger)).n, 10);
assert.equal(await aimem.update("d.json", async (document) => ({ ...document, n: 11 }), { returns: ".n" }), 11);
await refused(RangeError, () => aimem.update("d.json", () => { throw new RangeError("no"); }));
assert.equal(holder("d.json"), null, "an exception gives the lock back");
await refused(aimem.DataError, () => aimem.update("d.json", (document) => document.n === 1));
fs.writeFileSync("c.toml", "# kept\nn = 1\n");
await aimem.update("c.toml", bigger);
assert(fs.readFileSync("c.toml", "utf8").startsWith("# kept\nn = 2\n"));

// Text.
await aimem.write("t.md", "- one\n");
await aimem.append("t.md", ["- two", "- three\n", "-"]);
assert.equal(await aimem.read("t.md"), "- one\n- two\n- three\n-\n");
assert.equal(await aimem.update("t.md", (text) => text.replace("two", "2")), "- one\n- 2\n- three\n-\n");
assert.equal(await aimem.update("new.md", (text) => `${text}begun\n`, { create: "" }), "begun\n");
assert.equal(fs.readFileSync("new.md", "utf8"), "begun\n");
await aimem.append("l.jsonl", [{ event: "é" }, { event: 2 }]);
assert.deepEqual(await aimem.read("l.jsonl", ".event"), ["é", 2]);
assert.equal(await aimem.update("l.jsonl", ".seen = true"), undefined);
await refused(TypeError, () => aimem.update("l.jsonl", (lines) => lines));
const long = "x".repeat(300_000);
await aimem.append("long.txt", long);
assert.deepEqual(await aimem.update("long.json", () => [long], { create: [] }), [long]);
await refused(aimem.LockLost, () => aimem.write("t.md", "x", { ifMatch: "none" }));

// Locks.
await aimem.write("k.json", { n: 0 });
await aimem.withLock("k.json", async (held) => {
  assert.equal(holder("k.json"), process.pid);
  await aimem.update("k.json", ".n += 1");
  await aimem.withLock("./k.json", (inner) => assert.equal(inner.id, held.id));
  assert.equal(holder("k.json"), process.pid, "the inner one gives nothing back");
  // All at once, by reading and writing: none is lost.
  await Promise.all([1, 2, 3, 4].map(() => aimem.update("k.json", (document) => void (document.n += 1))));
  execFileSync(program, ["update", "k.json", ".n += 1", "-n"], { env: { ...process.env, AIMEM_LOCK_ID: held.id } });
});
assert.equal(holder("k.json"), null);
assert.equal(await aimem.read("k.json", ".n"), 6);
const held = await aimem.lock("k.json");
// What does not name the lock is shut out, in this process too.
const busy = await refused(aimem.LockBusy, () => aimem.update("k.json", ".n = 9", {}, { timeout: 0 }));
assert(busy.holder.includes(`pid ${process.pid} (node check.mjs`), busy.holder);
await aimem.update("k.json", ".n += 1", {}, { lock: held });
await held.release();
await held.release();
const broken = await aimem.lock("k.json");
spawnSync(program, ["lock", "break", "k.json"]);
await refused(aimem.LockLost, () => aimem.write("k.json", { n: 9 }, { lock: broken }));
await refused(aimem.LockLost, () => broken.release());
assert.equal(await aimem.read("k.json", ".n"), 7);

// A program that takes no lock writes between the reading and the writing.
await aimem.write("s.json", { n: 0 });
const seen = [];
const changed = await aimem.update("s.json", (document) => {
  seen.push(document.n);
  if (seen.length < 3) fs.writeFileSync("s.json", JSON.stringify({ n: seen.length * 10 }));
  document.n += 1;
});
assert.deepEqual([changed, seen], [{ n: 21 }, [0, 10, 20]]);

const other = await refused(aimem.LockBusy, () => aimem.lock("f.json", { timeout: 0.01 }));
assert(other.code === 75 && other.holder.includes(`pid ${pid}`) && other.file.endsWith("/f.json"));
await aimem.lock("left.json"); // Not released: the end of this process does it.
console.log("ok");
