"""Types into a program on a terminal, and waits for what it shows.

terminal.py STEPS PROGRAM [ARG…]: STEPS is a JSON list of [keys, shown]. Prints everything that was
shown. Exit 1 when something was not shown in time.
"""

import fcntl, json, os, pty, re, select, struct, sys, termios, time

PATIENCE = 60
# What moves the cursor or colours is no text.
ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|.)|\r")

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 400, 0, 0))
everything = b""
for keys, shown in steps:
    os.write(terminal, keys.encode())
    seen, end = b"", time.monotonic() + PATIENCE
    while shown.encode() not in ESCAPES.sub(b"", seen):
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        if not ready:
            sys.stdout.buffer.write(everything + seen)
            sys.exit(f"{keys!r} never showed {shown!r}, but {seen!r}")
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            sys.exit(f"the program ended at {keys!r}, after {everything + seen!r}")
    everything += seen
sys.stdout.buffer.write(everything)
os.close(terminal)
os.kill(pid, 9)
os.waitpid(pid, 0)
