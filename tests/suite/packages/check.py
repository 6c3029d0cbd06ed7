"""What the Python module promises, on files in the working folder."""

import json
import os
import subprocess
import sys
import threading

import aimem


def refused(kind, call, *args, **named):
    try:
        call(*args, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call} {args} was not refused")


def holder(file):
    """The process that has the lock, as everybody sees it."""
    status = [aimem.binary(), "lock", "status", file, "--json"]
    return json.loads(subprocess.run(status, stdout=subprocess.PIPE).stdout).get("pid")


def documents():
    assert aimem.update("d.json", ".n += $by", create={}, by=4) == {"n": 4}
    assert aimem.update("d.json", ".n += 1", returns=".n") == 5
    assert aimem.read("d.json") == {"n": 5} and aimem.read("d.json", ".n + $x", x=[1][0]) == 6
    assert aimem.read("none.json", default=[]) == []
    missing = refused(aimem.FileMissing, aimem.read, "none.json")
    assert isinstance(missing, FileNotFoundError) and missing.code == 66 and missing.hint
    refused(aimem.FileMissing, aimem.update, "none.json", lambda document: None)
    wrong = refused(aimem.DataError, aimem.update, "d.json", ".n[")
    assert isinstance(wrong, ValueError) and ".n[" in str(wrong)
    assert "2 results" in str(refused(ValueError, aimem.read, "d.json", ".n, .n"))

    def bigger(document):
        document["n"] *= 2
        document["é"] = 'a "word"'

    assert aimem.update("d.json", bigger)["n"] == 10
    assert aimem.update("d.json", lambda document: {**document, "n": 11}, returns=".n") == 11
    assert refused(ZeroDivisionError, aimem.update, "d.json", lambda document: 1 // 0)
    assert holder("d.json") is None, "an exception gives the lock back"
    assert aimem.update("e.json", lambda document: document + [1], create=[]) == [1]
    # A question is no document.
    refused(aimem.DataError, aimem.update, "d.json", lambda document: document["n"] == 1)
    with open("c.toml", "w") as file:
        file.write("# kept\nn = 1\n")
    aimem.update("c.toml", bigger)
    assert open("c.toml").read().startswith("# kept\nn = 2\n") and aimem.read("c.toml")["n"] == 2


def texts():
    aimem.write("t.md", "- one\n")
    aimem.append("t.md", "- two", "- three\n", "-")
    assert aimem.read("t.md") == "- one\n- two\n- three\n-\n"
    assert aimem.update("t.md", lambda text: text.replace("two", "2")) == "- one\n- 2\n- three\n-\n"
    assert aimem.update("new.md", lambda text: text + "begun\n", create="") == "begun\n"
    assert open("new.md").read() == "begun\n"
    aimem.append("l.jsonl", {"event": "é"}, {"event": 2})
    assert aimem.read("l.jsonl", ".event") == ["é", 2] and len(aimem.read("l.jsonl")) == 2
    assert aimem.update("l.jsonl", ".seen = true") is None and aimem.read("l.jsonl", ".seen") == [True, True]
    refused(TypeError, aimem.update, "l.jsonl", lambda lines: lines)
    long = "x" * 300_000
    aimem.append("long.txt", long)
    assert aimem.update("long.json", lambda document: [long], create=[]) == [long]
    aimem.write(b"bytes\xff.bin", b"\x00\xff")
    refused(aimem.LockLost, aimem.write, "t.md", "x", if_match="none")


def locks():
    aimem.write("k.json", {"n": 0})
    with aimem.lock("k.json") as held, aimem.lock("./k.json") as inner:
        assert holder("k.json") == os.getpid() and inner.id == held.id
        aimem.update("k.json", ".n += 1")
        busy = []
        other = threading.Thread(
            target=lambda: busy.append(refused(aimem.LockBusy, aimem.update, "k.json", ".n = 9", timeout=0))
        )
        other.start()
        other.join()
        assert isinstance(busy[0], TimeoutError) and f"pid {os.getpid()} (python check.py" in busy[0].holder
        inner.release()
        assert holder("k.json") == os.getpid(), "the inner one gives nothing back"
        child = os.fork()
        if child == 0:
            try:
                refused(aimem.LockBusy, aimem.lock, "k.json", timeout=0)
            except BaseException:
                os._exit(1)
            sys.exit(0)  # Not os._exit: what a child does at its end must not touch its parent's lock.
        assert os.waitpid(child, 0)[1] == 0
        assert holder("k.json") == os.getpid()
        environment = {**os.environ, "AIMEM_LOCK_ID": held.id}
        subprocess.run([aimem.binary(), "update", "k.json", ".n += 1", "-n"], env=environment, check=True)
    assert holder("k.json") is None and aimem.read("k.json", ".n") == 2
    held.release()
    broken = aimem.lock("k.json")
    subprocess.run([aimem.binary(), "lock", "break", "k.json"], stderr=subprocess.DEVNULL, check=True)
    refused(aimem.LockLost, aimem.update, "k.json", ".n = 9")
    refused(aimem.LockLost, aimem.write, "k.json", {"n": 9})
    refused(aimem.LockLost, broken.release)
    assert aimem.read("k.json", ".n") == 2
    aimem.lock("left.json")  # Not released: the end of this process does it.


def strangers():
    """A program that takes no lock writes between the reading and the writing."""
    aimem.write("s.json", {"n": 0})
    seen = []

    def change(document):
        seen.append(document["n"])
        if len(seen) < 3:
            with open("s.json", "w") as file:
                json.dump({"n": len(seen) * 10}, file)
        document["n"] += 1

    assert aimem.update("s.json", change) == {"n": 21} and seen == [0, 10, 20]


def other_holder(pid):
    busy = refused(aimem.LockBusy, aimem.lock, "f.json", timeout=0.01)
    assert busy.code == 75 and f"pid {pid}" in busy.holder and busy.file.endswith("/f.json"), vars(busy)


documents()
texts()
locks()
strangers()
other_holder(sys.argv[1])
print("ok")
