#!/usr/bin/env python3
"""Writes THIRD-PARTY.md: every crate that ends up in the binary, with its licence.

Asks cargo only; --offline needs what `cargo fetch` brings.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLATFORMS = ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-apple-darwin"]


def crates(platform):
    """The crates that are linked on a platform: no build tools, no test tools, none of our own."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--all-features"]
    command += [f"--filter-platform={platform}", *(["--offline"] if "--offline" in sys.argv else [])]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen, queue = set(), [metadata["resolve"]["root"]]
    while queue:
        node = nodes[queue.pop()]
        for dependency in node["deps"]:
            linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            macro = any("proc-macro" in target["kind"] for target in packages[dependency["pkg"]]["targets"])
            if linked and not macro and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                queue.append(dependency["pkg"])
    return {(packages[id]["name"], packages[id]["version"], packages[id]["license"] or "see its licence file") for id in seen if packages[id]["source"]}


lines = [
    "# Third-party crates",
    "",
    "What is linked into the binary on Linux or macOS, with all features. Made by `packaging/licences.py`.",
    "",
    "| crate | version | licence |",
    "|---|---|---|",
]
found = set().union(*(crates(platform) for platform in PLATFORMS))
lines += [f"| {name} | {version} | {licence.replace('/', ' OR ')} |" for name, version, licence in sorted(found)]
text = "\n".join(lines) + "\n"
page = ROOT / "THIRD-PARTY.md"
if "--check" in sys.argv:
    sys.exit(0 if page.read_text() == text else "THIRD-PARTY.md is old: run packaging/licences.py")
page.write_text(text)
