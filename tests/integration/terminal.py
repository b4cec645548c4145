#!/usr/bin/env python3
"""Run a command on a terminal of its own and play a person.

  terminal.py ROWSxCOLUMNS STEP… -- COMMAND…

Steps, in order: "expect:TEXT" waits until TEXT came since the last step, "send:TEXT" types it (\\n, \\x03 and the
like are understood), "resize:ROWSxCOLUMNS" changes the terminal, "touch:PATH" makes a file that somebody waits for.
Then waits for the end, prints all the command wrote and exits as it did; 128 + signal when it was killed, 99 when a
step failed. Prints "raw" or "cooked" as the last line: what mode the terminal was left in.
"""
import fcntl
import os
import select
import struct
import sys
import termios
import time

from hang import HANG


def set_size(fd, text):
    rows, columns = map(int, text.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Terminal:
    def __init__(self, size, command):
        self.fd, self.slave = os.openpty()
        set_size(self.slave, size)
        self.seen = b""
        self.mark = 0
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.fd)
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(self.slave, fd)
            os.execvp(command[0], command)

    def read(self, timeout):
        """False when nothing came in time."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        self.seen += os.read(self.fd, 65536)
        return True

    def expect(self, text):
        deadline = time.monotonic() + HANG
        while text not in self.seen[self.mark:]:
            if time.monotonic() > deadline:
                sys.stdout.buffer.write(self.seen)
                print(f"\nterminal: never saw {text!r}")
                os.kill(self.pid, 9)
                sys.exit(99)
            self.read(0.2)
        self.mark = self.seen.index(text, self.mark) + len(text)

    def step(self, step):
        what, _, text = step.partition(":")
        if what == "expect":
            self.expect(text.encode())
        elif what == "send":
            os.write(self.fd, text.encode().decode("unicode_escape").encode("latin-1"))
        elif what == "resize":
            set_size(self.fd, text)
        elif what == "touch":
            open(text, "w", encoding="ascii").close()
        else:
            sys.exit(f"terminal: unknown step {step}")

    def finish(self):
        deadline = time.monotonic() + HANG
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self.read(0):
                    pass
                return os.waitstatus_to_exitcode(status)
            self.read(0.1)
        os.kill(self.pid, 9)
        return 99


def main():
    split = sys.argv.index("--")
    terminal = Terminal(sys.argv[1], sys.argv[split + 1:])
    for step in sys.argv[2:split]:
        terminal.step(step)
    code = terminal.finish()
    sys.stdout.buffer.write(terminal.seen.replace(b"\r\n", b"\n"))
    # Asked of the slave's side, which stays open here.
    raw = not termios.tcgetattr(terminal.slave)[3] & termios.ICANON
    sys.stdout.flush()
    print("\nraw" if raw else "\ncooked")
    sys.exit(code if code >= 0 else 128 - code)


main()
