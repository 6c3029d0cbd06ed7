"""Change files that other programs change too, without losing a byte.

>>> import aimem
>>> aimem.update("sessions.json", ".sessions += [$new]", new={"id": "s1"})
>>> with aimem.lock("sessions.json"):
...     number = aimem.read("sessions.json", ".sessions | length")
...     aimem.append("notes.txt", f"{number} sessions")

Each function runs the program ``aimem``, which came with this module. A lock belongs to this
process: it is free when the process ends, however that happens. It shuts out other processes, and
threads of this one. Who took it, and what that calls, may work on the file. The functions block; in
asyncio call them by ``asyncio.to_thread``.
"""

from __future__ import annotations

import atexit
import contextvars
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Type, Union

__all__ = ["append", "binary", "lock", "read", "update", "write", "Lock", "AimemError"]
__all__ += ["DataError", "FileMissing", "LockBusy", "LockLost", "NotPermitted"]

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
_Word = Union[str, bytes]
_Words = Sequence[_Word]
_UNSET: Any = object()
_LINES = (".jsonl", ".ndjson")


class AimemError(Exception):
    """What happened, to which file, and what to do.

    ``code`` is aimem's exit code, ``kind`` its name: busy, lost, data, no_input, permission and so on.
    ``holder`` says who has the lock, and ``expires`` when a lease ends.
    """

    def __init__(self, message: str, code: int = 1, facts: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(message)
        facts = facts or {}
        self.message, self.code, self.kind = message, code, str(facts.get("kind") or "other")
        self.hint: Optional[str] = facts.get("hint")
        self.file: Optional[str] = facts.get("file")
        self.holder: Optional[str] = facts.get("holder")
        self.expires: Optional[str] = facts.get("expires")
        self.details: Optional[str] = facts.get("details")

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.message, self.details, self.hint and f"hint: {self.hint}"]))


class LockBusy(AimemError, TimeoutError):
    """The lock was not free in time; ``holder`` says who has it."""


class LockLost(AimemError):
    """The lock was lost, or the file is not what was read. Nothing was written."""


class FileMissing(AimemError, FileNotFoundError):
    """There is no such file, or it is none that can be read."""


class DataError(AimemError, ValueError):
    """It is no valid document, or the filter failed."""


class NotPermitted(AimemError, PermissionError):
    """Permission denied."""


_KINDS: Dict[str, Type[AimemError]] = {"busy": LockBusy, "lost": LockLost, "no_input": FileMissing}
_KINDS.update(data=DataError, permission=NotPermitted)


def binary() -> str:
    """The program: where the installer of this module has put it, else as in ``PATH``."""
    site = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # As with --target; as with --prefix and in an environment; for everybody; with --user.
    folders = [os.path.join(site, "bin"), os.path.normpath(os.path.join(site, "../../../bin"))]
    folders += [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", f"{os.name}_user")]
    for folder in folders:
        program = os.path.join(folder, "aimem")
        if os.access(program, os.X_OK) and os.path.isfile(program):
            return program
    found = shutil.which("aimem")
    if found:
        return found
    raise FileNotFoundError(f"the program aimem is not in {', '.join(folders)}, nor in PATH")


def _run(words: _Words, content: Optional[bytes] = None) -> bytes:
    source: Dict[str, Any] = {"stdin": subprocess.DEVNULL} if content is None else {"input": content}
    pipe = subprocess.PIPE
    ran: "subprocess.CompletedProcess[bytes]" = subprocess.run(
        [binary(), *words], stdout=pipe, stderr=pipe, **source
    )
    if ran.returncode == 0:
        return ran.stdout
    said = ran.stderr.decode("utf-8", "replace").strip()
    try:
        facts: Mapping[str, Any] = json.loads(said.splitlines()[-1])
        message = str(facts["error"])
    except (IndexError, KeyError, TypeError, ValueError):
        facts, message = {}, said or f"aimem ended with {ran.returncode}"
    raise _KINDS.get(facts.get("kind", ""), AimemError)(message, ran.returncode, facts)


# What the code that runs has locked: a task or a thread of another context does not see it.
_held: "contextvars.ContextVar[Tuple[Lock, ...]]" = contextvars.ContextVar("aimem_held", default=())
_open: "Dict[str, Lock]" = {}


def _lock_of(path: Path) -> "Optional[Lock]":
    key = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return next((lock for lock in _held.get() if lock._is_open() and lock.id.startswith(key)), None)


def _options(path: Path, timeout: Optional[float], options: _Words) -> List[_Word]:
    words: List[_Word] = ["--quiet", "--json", *options]
    if timeout is not None:
        words.append(f"--timeout={timeout:f}")
    held = _lock_of(path)
    return [*words, "--lock", held.id] if held else words


class Lock:
    """A lock that this process holds, until it is released or the process ends.

    A program that you start works under it when its environment has ``id`` as ``AIMEM_LOCK_ID``.
    """

    def __init__(self, path: Path, id: str, outer: "Optional[Lock]" = None) -> None:
        self.path, self.id = path, id
        self._outer, self._process = outer, os.getpid()
        if outer is None:
            _open[id] = self
            _held.set((*_held.get(), self))

    def _is_open(self) -> bool:
        # A forked child holds nothing: the lock is its parent's.
        return self.id in _open and self._process == os.getpid()

    def release(self) -> None:
        """Gives it back; a second time does nothing. LockLost: somebody has broken it meanwhile."""
        if self._outer is None and self._is_open():
            del _open[self.id]
            _held.set(tuple(other for other in _held.get() if other is not self))
            _run(["lock", "release", "--json", "--", self.id])

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], *_: object) -> None:
        try:
            self.release()
        except AimemError:
            # What went wrong inside says more.
            if kind is None:
                raise


def lock(path: Path, *, timeout: Optional[float] = None, client: Optional[str] = None) -> Lock:
    """Takes the lock of a file, which need not exist: ``with aimem.lock(path): …``.

    Waits ``timeout`` seconds (30, or ``LOCK_TIMEOUT``; 0 tries once), then raises LockBusy. Where this
    code has it already, that one stands for both. ``client`` is what others are told of the holder.
    """
    outer = _lock_of(path)
    if outer:
        return Lock(path, outer.id, outer)
    words = ["--pid", str(os.getpid()), *_options(path, timeout, ())]
    script = os.path.basename(sys.argv[0] if sys.argv else "").replace(":", " ")
    client = client or os.environ.get("AIMEM_CLIENT") or f"python {script}".strip()
    words += ["--client", client]
    return Lock(path, json.loads(_run(["lock", "acquire", *words, "--", os.fsencode(path)]))["id"])


@atexit.register
def _release_all() -> None:
    for held in list(_open.values()):
        try:
            held.release()
        except (AimemError, OSError):
            pass  # It is free in a moment: its process ends.


def _named(args: Mapping[str, Any]) -> List[_Word]:
    return [word for name, value in args.items() for word in ("--argjson", name, json.dumps(value))]


def read(
    path: Path, filter: Optional[str] = None, /, *, default: Any = _UNSET, options: _Words = (), **args: Any
) -> Any:
    """One whole version of a file, without waiting for anybody: a JSON, JSONC or TOML document, or
    what the jq filter makes of it; a list of the results for .jsonl; any other file as a string.

    ``default`` stands for a file that is missing; without it that is FileMissing. Other arguments are
    ``$NAME`` in the filter, ``options`` those of ``aimem read``.
    """
    return _read(path, filter, default, [*options, *_named(args)])[0]


def _read(path: Path, filter: Optional[str], default: Any, words: _Words) -> Tuple[Any, str, bool]:
    """The content, its tag, and whether it is plain text."""
    name = os.fsdecode(path).lower()
    if filter is None and name.endswith((".jsonc", ".toml", *_LINES)):
        filter = "."
    words = [*_options(path, None, words)]
    if default is not _UNSET:
        words += ["--default", json.dumps(default)]
    operands = [os.fsencode(path)] if filter is None else [os.fsencode(path), filter]
    report = json.loads(_run(["read", *words, "--", *operands]))
    tag = report["etag"] or "none"
    if "results" not in report:
        new_text = tag == "none" and isinstance(default, str) and not name.endswith(".json")
        return report.get("document", report.get("content")), tag, new_text or "content" in report
    results = report["results"]
    if name.endswith(_LINES):
        return results, tag, False
    if len(results) != 1:
        raise DataError(f"the filter gave {len(results)} results; one is needed: [{filter}]", 65)
    return results[0], tag, False


def update(
    path: Path,
    change: Union[str, Callable[[Any], Any]],
    /,
    *,
    create: Any = _UNSET,
    returns: Optional[str] = None,
    timeout: Optional[float] = None,
    options: _Words = (),
    **args: Any,
) -> Any:
    """Changes a document under its lock, durably, whole or not at all.

    ``change`` is a jq filter, in which other arguments are ``$NAME``; or a function, which is given the
    document (of a text file: the text) and returns the new one, or None when it has changed it in
    place. A missing file starts from ``create``. Returns the new document, or what the filter
    ``returns`` makes of it; of a .jsonl file, whose every line is changed by the filter, None.
    """
    is_lines = os.fsdecode(path).lower().endswith(_LINES)
    words: List[_Word] = list(options) if is_lines else [*options, "--return", returns or "."]
    if create is not _UNSET:
        words.append("--create=" + json.dumps(create))
    if callable(change):
        if is_lines:
            raise TypeError("lines of JSON are changed by a filter, each on its own")
        with lock(path, timeout=timeout):
            return _by_function(path, change, create, words)
    words = [*_options(path, timeout, words), *_named(args), "--", os.fsencode(path)]
    done = json.loads(_run(["update", *words, change]))
    return None if is_lines else done["returned"][0]


def _by_function(path: Path, change: Callable[[Any], Any], default: Any, words: _Words) -> Any:
    # The lock shuts out all who take it. The tag tells of those who do not: then it begins again.
    for attempts_left in reversed(range(100)):
        document, tag, is_text = _read(path, None, default, ())
        made = change(document)
        made = document if made is None else made
        try:
            if is_text:
                write(path, str(made), if_match=tag)
                return made
            names: _Words = ["--if-match", tag, "--slurpfile", "document", "/dev/stdin"]
            command = ["update", *_options(path, None, [*words, *names]), "--", os.fsencode(path)]
            return json.loads(_run([*command, "$document[0]"], json.dumps(made).encode()))["returned"][0]
        except LockLost:
            if attempts_left == 0:
                raise
    raise AssertionError("the last attempt returns or raises")


def write(path: Path, content: Any, *, if_match: str = "", timeout: Optional[float] = None) -> None:
    """Replaces a file under its lock, durably, whole or not at all: by text, bytes, or any other value
    as JSON. ``if_match`` is the tag that it must still have, "none" for no file; else LockLost."""
    if not isinstance(content, (str, bytes)):
        content = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    words = _options(path, timeout, ["--if-match", if_match] if if_match else [])
    content = content if isinstance(content, bytes) else content.encode()
    _run(["write", *words, "--", os.fsencode(path)], content)


def append(path: Path, *lines: Any, timeout: Optional[float] = None) -> None:
    """Adds lines at the end of a file, durably and together: text as it is, any other value as JSON."""
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    content = "".join(text if text.endswith("\n") else text + "\n" for text in texts).encode()
    words: _Words = ["append", *_options(path, timeout, ()), "--", os.fsencode(path)]
    # What is too long for an argument comes on standard input, and is written piece by piece.
    _run([*words, content]) if 0 < len(content) < 100_000 else _run(words, content)
