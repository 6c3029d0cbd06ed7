// Counts in c.json, in each of the ways there are.
import * as aimem from "aimem";
import fs from "node:fs";

for (let round = 0; round < Number(process.argv[2]); round += 1) {
  await aimem.update("c.json", ".n += 1");
  await aimem.update("c.json", (document) => void (document.n += 1));
  await aimem.withLock("c.json", async () => {
    fs.mkdirSync("inside"); // Fails when another is inside.
    await aimem.write("c.json", { n: (await aimem.read("c.json", ".n")) + 1 });
    fs.rmdirSync("inside");
  });
}
