"""Asks a real shell, on a terminal of its own, for everything that it would complete a command line with.

    complete.py bash|zsh|fish SCRIPT

Reads command lines as JSON strings, a line each, and prints the words that the line has after all completions of its last word were
inserted, as a JSON array. The command `sixfold` is a function that notes its arguments, so nothing of the shell's display is parsed.
"""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

shell, script = sys.argv[1:3]
keep = tempfile.TemporaryDirectory(prefix="sixfold-shell-", ignore_cleanup_errors=True)
folder = keep.name
heard = os.path.join(folder, "words")
START = {
    "bash": f"""
sixfold() {{ printf '%s\\0' "$@" > {heard}; }}
source {script}
bind 'set bell-style none'
bind '"\\C-o": insert-completions'
""",
    "zsh": f"""
PS1= ; unsetopt prompt_cr prompt_sp beep
sixfold() {{ printf '%s\\0' "$@" > {heard}; }}
autoload -Uz compinit && compinit -u -d {folder}/dump
source {script}
zstyle ':completion:*' completer _all_matches _complete
zstyle ':completion:*' insert yes
zstyle ':completion:*' old-matches no
bindkey '^O' complete-word
""",
}


class Session:
    """An interactive shell; a line is typed, then Ctrl-O, then Enter."""

    def __init__(self):
        start = os.path.join(folder, "start")
        with open(start, "w") as file:
            file.write(START[shell])
        argv = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
        environment = {**os.environ, "TERM": "dumb", "HOME": folder, "LC_ALL": "C"}
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.execvpe(argv[0], argv, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 4000, 0, 0))
        self.type(f"source {start}; : > {folder}/ready\n")
        self.until(lambda: os.path.exists(f"{folder}/ready"), "is ready")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def until(self, done, what, timeout=15):
        """Reads what the shell writes, for it would stop otherwise."""
        deadline = time.monotonic() + timeout
        shown = b""
        while not done():
            if select.select([self.terminal], [], [], 0.02)[0]:
                shown += os.read(self.terminal, 65536)
            if time.monotonic() > deadline:
                raise SystemExit(f"{shell}: not within {timeout} s: {what}; it shows {shown[-500:]!r}")

    def complete(self, line):
        if os.path.exists(heard):
            os.unlink(heard)
        self.type(line + "\x0f")
        # The shell may ask the kernel for typed characters while it completes: Enter comes when it is quiet.
        quiet = time.monotonic()
        while time.monotonic() - quiet < 0.25:
            if select.select([self.terminal], [], [], 0.05)[0]:
                os.read(self.terminal, 65536)
                quiet = time.monotonic()
        self.type("\n")
        self.until(lambda: os.path.exists(heard) and open(heard, "rb").read().endswith(b"\0"), f"runs {line!r}")
        return open(heard, "rb").read().decode().split("\0")[:-1]


def fish(line):
    """fish tells its completions when asked, with a description behind a tab."""
    out = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C -- $argv[1]", line],
        capture_output=True, text=True, check=True, env={**os.environ, "HOME": folder, "LC_ALL": "C.UTF-8"},
    )
    typed = line.split(" ")[1:-1]
    return typed + [row.split("\t")[0] for row in out.stdout.splitlines()]


session = None if shell == "fish" else Session()
for row in sys.stdin:
    line = json.loads(row)
    print(json.dumps(fish(line) if shell == "fish" else session.complete(line)), flush=True)
