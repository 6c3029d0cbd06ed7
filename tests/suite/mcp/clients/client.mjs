// Drives `aimem mcp` with the SDK for Node. The argument is the root.
import assert from "node:assert";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const root = process.argv[2];
const transport = new StdioClientTransport({
    command: process.env.AIMEM,
    args: ["mcp", "--root", root],
    env: process.env,
});
const client = new Client({ name: "node", version: "1" });
await client.connect(transport);
const { tools } = await client.listTools();
const call = async (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
const calls = {
    memory_write: { path: "b.md", content: "hi\n" },
    memory_read: { path: "b.md" },
    memory_update: { path: "a.json", filter: ".n += 1" },
    memory_list: {},
    lock_acquire: { path: "b.md" },
    lock_renew: { lock: "b.md" },
    locks_show: {},
    lock_release: { lock: "b.md" },
    mem0_save: { project_id: "web", content: "x" },
    mem0_recall: { project_id: "web" },
    mem0_search: { project_id: "web", query: "x" },
    mem0_list_projects: {},
    mem0_health: {},
    mem0_queue_status: {},
};
for (const [name, args] of Object.entries(calls)) {
    if (!tools.some((tool) => tool.name === name)) {
        assert(name.startsWith("mem0_"), name);
        continue;
    }
    const result = await call(name, args);
    assert(!result.isError, JSON.stringify(result));
    assert(result.structuredContent, name);
}
assert((await call("memory_read", { path: 5 })).isError);
await assert.rejects(call("no_such", {}), /no tool of this server/);
const many = Array.from({ length: 20 }, () => call("memory_update", { path: "a.json", filter: ".n += 1" }));
assert((await Promise.all(many)).every((result) => !result.isError));

const stop = new AbortController();
await assert.rejects(
    call("memory_write", { path: "held.json", content: "{}\n" }, {
        signal: stop.signal,
        onprogress: (progress) => {
            assert.match(progress.message, /held by pid/);
            stop.abort("enough");
        },
    }),
);
const uri = pathToFileURL(path.join(root, "a.json")).href;
assert((await client.listResources()).resources.some((resource) => resource.uri === uri));
assert.match((await client.readResource({ uri })).contents[0].text, /"n"/);
const updated = new Promise((resolve) => client.setNotificationHandler(ResourceUpdatedNotificationSchema, resolve));
await client.subscribeResource({ uri });
await call("memory_update", { path: "a.json", filter: ".n = 0" });
assert.equal((await updated).params.uri, uri);
await client.close();
console.log("all is well");
