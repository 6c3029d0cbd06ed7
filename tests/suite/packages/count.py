"""Counts in c.json, in each of the ways there are; with `hold`, takes the lock and waits to be killed."""

import os
import sys

import aimem


def one_more(document):
    document["n"] += 1


if sys.argv[1] == "hold":
    with aimem.lock("c.json"):
        print("in", flush=True)
        sys.stdin.read()
for _ in range(int(sys.argv[1])):
    aimem.update("c.json", ".n += 1")
    aimem.update("c.json", one_more)
    with aimem.lock("c.json"):
        os.mkdir("inside")  # Fails when another is inside.
        number = aimem.read("c.json", ".n")
        aimem.write("c.json", {"n": number + 1})
        os.rmdir("inside")
