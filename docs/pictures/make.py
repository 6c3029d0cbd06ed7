#!/usr/bin/env python3
"""Draws the pictures of the documentation, from data that is checked in beside them.

make.py                        draw architecture.svg, contention.svg, denial.svg, tour.svg and watch.svg
make.py --check                compare them with what would be drawn
make.py --record-views AIMEM   record tour.json and watch.json anew on a terminal with this binary, then draw
make.py --record-denial AIMEM  record denial.json alone, then draw
make.py --record AIMEM         all of that, and measure contention.json

Python's standard library only; no network. Measuring needs bash and jq.
"""

import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
INK, FAINT, PAPER = "#1f2933", "#9aa5b1", "#ffffff"
OURS, THEIRS = "#1b7f79", "#d9822b"
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"
MONO = "font-family='DejaVu Sans Mono, Menlo, monospace'"

# A lock as bash scripts make it: mkdir, a PID, kill -0, a pause of a tenth of a second.
MKDIR_LOCK = r"""
until mkdir "$1.lock" 2>/dev/null; do
    kill -0 "$(cat "$1.lock/pid" 2>/dev/null)" 2>/dev/null || rm -rf "$1.lock"
    sleep 0.1
done
echo $$ > "$1.lock/pid"
jq "$2" "$1" > "$1.tmp.$$" && mv "$1.tmp.$$" "$1"
rm -rf "$1.lock"
"""
UPDATES = 10
EIGHT = "for i in 1 2 3 4 5 6 7 8; do"
TOUR = [
    """echo '{"sessions": []}' > sessions.json""",
    f"""{EIGHT} aimem update sessions.json '.count += 1' & done; wait""",
    """aimem read -c sessions.json""",
    """ID=$(aimem lock acquire sessions.json --ttl 10m --client claude-code)""",
    f"""{EIGHT} aimem update -q sessions.json '.count += 1' & done; sleep 1""",
    """aimem lock status sessions.json""",
    """aimem update sessions.json '.count = 0' --nonblock""",
    """aimem lock release "$ID"; wait; aimem read -c sessions.json""",
    """aimem update sessions.json '.count = 0' --dry-run""",
    """aimem undo sessions.json && aimem read sessions.json .count""",
]
# What goes on behind the view of all locks.
WATCHED = f"""
for file in sessions.json notes.md; do echo '{{}}' > $file; done
aimem lock with sessions.json -- sleep 3 & aimem lock acquire notes.md --ttl 10m --client cursor >/dev/null; sleep 0.3
{EIGHT} aimem update -q sessions.json '.count += 1' & done
sleep 0.7; timeout 1 aimem locks show --watch=200ms; wait
"""
# A terminal's colours, as it is told of them.
COLOURS = {"1;31": "#ff6b68", "31": "#ff6b68", "32": "#7fd962", "36": "#5ccfe6", "1;36": "#5ccfe6",
           "34;1": "#73b8ff", "90": "#8a919c", "1;33": "#ffd173", "1": "#ffffff"}

# One file, two sessions: who asks, the event, the tool, and what is done to the file then.
DENIAL = [
    ("5f1c", "PreToolUse", "Edit", None),
    ("77aa", "PreToolUse", "Edit", None),
    ("5f1c", "PostToolUse", "Edit", "- one\n"),
    ("5f1c", "Stop", "", None),
    ("77aa", "PreToolUse", "Edit", None),
]


def svg(width, height, parts, background=PAPER):
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}'>"
    return "\n".join([head, f"<rect width='{width}' height='{height}' fill='{background}'/>", *parts, "</svg>", ""])


def text(x, y, words, size=14, anchor="start", fill=INK, font=FONT, weight="normal"):
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' text-anchor='{anchor}' fill='{fill}' font-weight='{weight}' "
        f"{font} xml:space='preserve'>{escape(words)}</text>"
    )


def box(x, y, width, height, title, lines, fill):
    parts = [f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='8' fill='{fill}' stroke='{INK}'/>"]
    parts.append(text(x + width / 2, y + 24, title, 15, "middle", weight="bold"))
    parts += [text(x + width / 2, y + 45 + 18 * row, line, 12, "middle") for row, line in enumerate(lines)]
    return parts


def arrow(x1, y1, x2, y2):
    return f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{INK}' stroke-width='1.5' marker-end='url(#tip)'/>"


def architecture():
    parts = [
        "<defs><marker id='tip' markerWidth='9' markerHeight='9' refX='8' refY='4.5' orient='auto'>"
        f"<path d='M0,0 L9,4.5 L0,9 z' fill='{INK}'/></marker></defs>"
    ]
    for column, who in enumerate(["agents", "skills, hooks", "old scripts", "cron, CI"]):
        parts += box(20 + 190 * column, 20, 170, 40, who, [], "#f5f7fa")
        parts.append(arrow(105 + 190 * column, 60, 390, 98))
    parts += box(290, 100, 200, 66, "cli", ["what is typed and shown"], "#e3f4f2")
    parts += box(150, 210, 220, 66, "memory", ["one transaction on one file"], "#e3f4f2")
    parts += box(430, 210, 220, 66, "queue", ["the outbox of memories"], "#e3f4f2")
    parts += [arrow(360, 166, 290, 208), arrow(420, 166, 510, 208)]
    layers = [
        ("lock", ["who may change", "a file now"]),
        ("document", ["JSON and jq,", "without I/O"]),
        ("replace", ["old or new,", "never half"]),
    ]
    for column, (name, lines) in enumerate(layers):
        parts += box(60 + 230 * column, 320, 200, 84, name, lines, "#fdf1e3")
        parts.append(arrow(260, 276, 160 + 230 * column, 318))
    parts += [arrow(540, 276, 190, 318), arrow(540, 276, 640, 318)]
    parts += box(60, 440, 660, 60, "sys", ["questions to the kernel: files, processes, signals, clocks"], "#f5f7fa")
    parts += [arrow(160 + 230 * column, 404, 160 + 230 * column, 438) for column in range(3)]
    return svg(780, 520, parts)


def contention():
    data = json.loads((HERE / "contention.json").read_text())
    parts = [text(30, 34, f"{data['updates']} updates of one JSON file by each of N processes at once", 17, weight="bold")]
    parts += [f"<rect x='30' y='50' width='12' height='12' fill='{OURS}'/>", text(48, 61, "aimem update", 13)]
    parts += [f"<rect x='180' y='50' width='12' height='12' fill='{THEIRS}'/>", text(198, 61, "bash mkdir lock, jq, mv", 13)]
    charts = [("updates lost, per cent", "lost", 40), ("seconds until the last is done", "seconds", 410)]
    for title, field, left in charts:
        parts.append(text(left, 98, title, 13, weight="bold"))
        rows = data["rows"]
        value = {
            "lost": lambda run, row: 100 * run["lost"] / (row["processes"] * data["updates"]),
            "seconds": lambda run, row: run["seconds"],
        }[field]
        top = max(value(row[way], row) for row in rows for way in ("aimem", "mkdir")) or 1
        for index, row in enumerate(rows):
            x = left + 10 + index * 56
            for offset, way, colour in ((0, "aimem", OURS), (22, "mkdir", THEIRS)):
                amount = value(row[way], row)
                height = round(190 * amount / top, 1)
                parts.append(f"<rect x='{x + offset}' y='{330 - height}' width='20' height='{height}' fill='{colour}'/>")
                label = f"{amount:.0f}" if field == "lost" or amount >= 10 else f"{amount:.1f}"
                parts.append(text(x + offset + 10, 326 - height, label, 10, "middle"))
            parts.append(text(x + 21, 348, f"N={row['processes']}", 11, "middle"))
        parts.append(f"<line x1='{left}' y1='330' x2='{left + 345}' y2='330' stroke='{INK}'/>")
    parts.append(text(30, 382, data["machine"], 11, fill=FAINT))
    return svg(780, 400, parts)


def tour():
    steps = json.loads((HERE / "tour.json").read_text())
    lines = []
    for step in steps:
        lines += wrapped("\x1b[prompt]$ " + step["command"])
        for line in step["output"].splitlines():
            lines += wrapped(line)
    return terminal(lines)


def watch():
    view = json.loads((HERE / "watch.json").read_text())
    return terminal(wrapped("\x1b[prompt]$ aimem locks show --watch") + [line[:104] for line in view])


def terminal(lines):
    """A window with these lines, in the colours that they ask for."""
    parts = [f"<circle cx='{20 + 18 * dot}' cy='18' r='6' fill='{colour}'/>"
             for dot, colour in enumerate(["#ff5f56", "#ffbd2e", "#27c93f"])]
    for row, line in enumerate(lines):
        spans, colour = [], "#e0e0e0"
        for piece in re.split(r"(\x1b\[(?:prompt\]|[0-9;]*m))", line):
            if piece.startswith("\x1b"):
                colour = "#7fdbca" if "prompt" in piece else COLOURS.get(piece[2:-1], "#e0e0e0")
            elif piece:
                spans.append(f"<tspan fill='{colour}'>{escape(piece)}</tspan>")
        parts.append(f"<text x='16' y='{52 + 18 * row}' font-size='13' {MONO} xml:space='preserve'>{''.join(spans)}</text>")
    return svg(860, 52 + 18 * len(lines), parts, "#1f2933")


def wrapped(line, width=104):
    """The line in pieces of a terminal's width; what colours has no width, and goes on."""
    pieces, piece, used, colour = [], "", 0, ""
    for part in re.split(r"(\x1b\[(?:prompt\]|[0-9;]*m))", line):
        if part.startswith("\x1b"):
            piece, colour = piece + part, part
            continue
        while len(part) > width - used:
            pieces.append(piece + part[: width - used])
            part, piece, used = part[width - used:], colour, 0
        piece, used = piece + part, used + len(part)
    return [*pieces, piece]


def denial():
    steps = json.loads((HERE / "denial.json").read_text())
    parts, y = [text(30, 34, "Two agents and one file: what a client asks, and what it is answered", 17, weight="bold")], 66
    for step in steps:
        first = step["session"] == steps[0]["session"]
        left, colour = (30, OURS) if first else (170, THEIRS)
        parts.append(text(left, y, f"session {step['session']}: {step['event']} {step['tool']} notes.md".replace("  notes.md", ""), 13, fill=colour, weight="bold"))
        why = step["answer"].get("hookSpecificOutput", {}).get("permissionDecisionReason")
        for line in ["denied: " + why[start:start + 92] if start == 0 else why[start:start + 92] for start in range(0, len(why), 92)] if why else ["let in" if step["event"] == "PreToolUse" else "noted"]:
            y += 18
            parts.append(text(left + 16, y, line, 12, fill=INK if why else FAINT, font=MONO if why else FONT))
        y += 32
    return svg(920, y, parts)


def environment(aimem, home):
    path = f"{pathlib.Path(aimem).resolve().parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def on_terminal(aimem, script):
    """What a shell script writes on a terminal, with nothing but colours left of what is no text."""
    with tempfile.TemporaryDirectory(prefix="tour-") as folder:
        own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 104, 0, 0))
        environ = {**environment(aimem, folder), "TERM": "xterm"}
        run = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(own, 65536)
            except OSError:
                break
            if not piece:
                break
            written += piece
        run.wait()
        return written.decode().replace("\r", "").replace(str(pathlib.Path(folder).resolve()), "~")


def record_tour(aimem):
    output = on_terminal(aimem, "".join(f"printf '\\036'\n{command}\n" for command in TOUR))
    steps = [{"command": command, "output": output} for command, output in zip(TOUR, output.split("\x1e")[1:])]
    (HERE / "tour.json").write_text(json.dumps(steps, indent=2, ensure_ascii=False) + "\n")


def record_watch(aimem):
    frames = on_terminal(aimem, WATCHED).split("\x1b[H\x1b[?7l")
    head, *rows = frames[-1].split("\x1b[J")[0].replace("\x1b[K", "").splitlines()
    # The paths are shorter than they were.
    cells = [re.split(" {2,}", row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [head, *("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)]
    (HERE / "watch.json").write_text(json.dumps(lines, indent=2, ensure_ascii=False) + "\n")


def record_denial(aimem):
    steps = []
    with tempfile.TemporaryDirectory(prefix="denial-") as folder:
        work = pathlib.Path(folder).resolve()
        notes = work / "notes.md"
        notes.write_text("# Notes\n")
        for session, event, tool, added in DENIAL:
            notes.write_text(notes.read_text() + (added or ""))
            asked = {"session_id": session, "cwd": str(work), "hook_event_name": event, "tool_name": tool,
                     "tool_use_id": "1", "tool_input": {"file_path": "notes.md"}}
            run = subprocess.run([aimem, "hook", "run", "--client", "claude-code"], input=json.dumps(asked).encode(),
                                 env=environment(aimem, work), stdout=subprocess.PIPE, check=True)
            answer = json.loads(run.stdout.decode().replace(str(work), "~"))
            steps.append({"session": session, "event": event, "tool": tool, "answer": answer})
    (HERE / "denial.json").write_text(json.dumps(steps, indent=2, ensure_ascii=False) + "\n")


def measure(aimem, script, processes):
    with tempfile.TemporaryDirectory(prefix="contention-") as folder:
        document = pathlib.Path(folder, "document.json")
        document.write_text('{"count": 0}\n')
        loop = f"for i in $(seq {UPDATES}); do {script}; done"
        start = time.monotonic()
        children = [
            subprocess.Popen(["bash", "-c", loop, "-", str(document), ".count += 1"], cwd=folder,
                             env=environment(aimem, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(processes)
        ]
        for child in children:
            child.wait()
        seconds = time.monotonic() - start
        try:
            count = json.loads(document.read_text())["count"]
        except ValueError:
            count = 0
        return {"lost": processes * UPDATES - count, "seconds": round(seconds, 3)}


def record_contention(aimem):
    rows = []
    for processes in (1, 2, 4, 8, 16, 32):
        row = {"processes": processes}
        row["aimem"] = measure(aimem, 'aimem update "$1" "$2"', processes)
        # A process of its own for each update, as a skill would call a script.
        row["mkdir"] = measure(aimem, f"bash -c '{MKDIR_LOCK}' - \"$1\" \"$2\"", processes)
        rows.append(row)
        print(row, file=sys.stderr)
    data = {
        "updates": UPDATES,
        "machine": f"Measured by docs/pictures/make.py --record on Linux, {os.cpu_count()} cores.",
        "rows": rows,
    }
    (HERE / "contention.json").write_text(json.dumps(data, indent=2) + "\n")


PICTURES = {
    "architecture.svg": architecture,
    "contention.svg": contention,
    "denial.svg": denial,
    "tour.svg": tour,
    "watch.svg": watch,
}
RECORDED = {
    "--record-views": [record_tour, record_watch],
    "--record-denial": [record_denial],
    "--record": [record_tour, record_watch, record_denial, record_contention],
}

for option, recordings in RECORDED.items():
    if option in sys.argv:
        for record in recordings:
            record(sys.argv[sys.argv.index(option) + 1])
for name, draw in PICTURES.items():
    if "--check" in sys.argv:
        if (HERE / name).read_text() != draw():
            sys.exit(f"docs/pictures/{name} is old: run docs/pictures/make.py")
    else:
        (HERE / name).write_text(draw())
