"""Drives `aimem mcp` with Python's `mcp`, version 1 or 2. The argument is the root."""

import asyncio
import importlib.metadata
import os
import pathlib
import sys

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client

VERSION = int(importlib.metadata.version("mcp").split(".")[0])
ROOT = pathlib.Path(sys.argv[1])
SERVER = StdioServerParameters(command=os.environ["AIMEM"], args=["mcp", "--root", str(ROOT)], env=dict(os.environ))


def get(thing, *names):
    """A field by the name that one of the versions gives it."""
    for name in names:
        if hasattr(thing, name):
            return getattr(thing, name)
    raise AttributeError(names)


async def main():
    updates = []

    async def heard(message):
        root = get(message, "root") if hasattr(message, "root") else message
        if isinstance(root, types.ResourceUpdatedNotification):
            updates.append(str(root.params.uri))

    async with stdio_client(SERVER) as (read, write), ClientSession(read, write, message_handler=heard) as session:
        hello = await session.initialize()
        assert get(hello, "serverInfo", "server_info").name == "aimem"
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        calls = {
            "memory_write": {"path": "b.md", "content": "hi\n"},
            "memory_read": {"path": "b.md"},
            "memory_update": {"path": "a.json", "filter": ".n += 1"},
            "memory_list": {},
            "lock_acquire": {"path": "b.md"},
            "lock_renew": {"lock": "b.md"},
            "locks_show": {},
            "lock_release": {"lock": "b.md"},
            "mem0_save": {"project_id": "web", "content": "x"},
            "mem0_recall": {"project_id": "web"},
            "mem0_search": {"project_id": "web", "query": "x"},
            "mem0_list_projects": {},
            "mem0_health": {},
            "mem0_queue_status": {},
        }
        for name, arguments in calls.items():
            if name not in tools:
                assert name.startswith("mem0_"), name
                continue
            # The client checks the result against the tool's schema.
            result = await session.call_tool(name, arguments)
            assert not get(result, "isError", "is_error"), (name, result)
            assert get(result, "structuredContent", "structured_content") is not None, name
        bad = await session.call_tool("memory_read", {"path": 5})
        assert get(bad, "isError", "is_error") and "expected a string" in bad.content[0].text
        try:
            await session.call_tool("no_such", {})
            raise AssertionError("an unknown tool was called")
        except Exception as error:
            assert "no tool of this server" in str(error), error

        many = [session.call_tool("memory_update", {"path": "a.json", "filter": ".n += 1"}) for _ in range(20)]
        assert not any(get(result, "isError", "is_error") for result in await asyncio.gather(*many))
        value = await session.call_tool("memory_read", {"path": "a.json", "filter": ".n"})
        assert value.content[0].text == "21\n", value

        told = asyncio.Event()

        async def progress(progress, total, message):
            assert "held by pid" in message, message
            told.set()

        wait = asyncio.create_task(
            session.call_tool("memory_write", {"path": "held.json", "content": "{}\n"}, progress_callback=progress)
        )
        await asyncio.wait_for(told.wait(), 30)
        wait.cancel()
        await asyncio.gather(wait, return_exceptions=True)
        if VERSION == 1:
            # It tells the server nothing by itself.
            last = types.CancelledNotificationParams(requestId=session._request_id - 1)
            cancelled = types.CancelledNotification(method="notifications/cancelled", params=last)
            await session.send_notification(types.ClientNotification(cancelled))

        uri = (ROOT / "a.json").as_uri()
        resources = (await session.list_resources()).resources
        assert uri in [str(resource.uri) for resource in resources], resources
        assert '"n"' in (await session.read_resource(uri)).contents[0].text
        await session.subscribe_resource(uri)
        await session.call_tool("memory_update", {"path": "a.json", "filter": ".n = 0"})
        for _ in range(1000):
            if updates:
                break
            await asyncio.sleep(0.02)
        assert updates and updates[0].startswith("file://"), updates
    print("all is well")


asyncio.run(main())
