#!/usr/bin/env python3
"""A database in a container whose machine is killed again and again: what was committed is there afterwards.

durable.py MOAT IMAGE KILLS PLACE: @IMAGE has sqlite3, @PLACE is "layer", or a volume's name. The container writes rows one
by one, each in a transaction of its own that waits for the disk, and says so; its machine is killed at a random moment.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

NAME = "durable"
SCRIPT = """
set -e
sql() { sqlite3 /db/rows.db "PRAGMA synchronous=FULL; $1" | tail -n 1; }
sqlite3 /db/rows.db "PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, what TEXT)" >/dev/null
n=$(sql "SELECT COALESCE(MAX(n), 0) FROM rows")
echo "begin $n $(sql "SELECT COUNT(*) FROM rows") $(sql "PRAGMA integrity_check")"
while :; do
	n=$((n + 1))
	sql "INSERT INTO rows VALUES ($n, hex(randomblob(500)))" >/dev/null
	echo "row $n"
done
"""


def moat(*words, check=True):
    return subprocess.run([sys.argv[1], *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check).stdout


def lines():
    return [line.split() for line in moat("logs", NAME).splitlines()]


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"nothing happens: {moat('logs', '--tail', '5', NAME)} {moat('inspect', NAME)}")
        time.sleep(0.05)


def state():
    return json.loads(moat("inspect", NAME))[0]["State"]


def begins():
    return [line for line in lines() if line[0] == "begin"]


def main():
    image, kills, place = sys.argv[2], int(sys.argv[3]), sys.argv[4]
    where = [] if place == "layer" else ["-v", f"{place}:/db"]
    moat("run", "-d", "--name", NAME, *where, image, "sh", "-c", f"mkdir -p /db{SCRIPT}")
    for i in range(kills):
        wait_for(lambda: len(begins()) > i and lines()[-1][0] == "row")
        time.sleep(random.uniform(0, 1.5))
        os.kill(state()["Pid"], signal.SIGKILL)
        wait_for(lambda: state()["Status"] == "exited")
        said = lines()
        last = int(next(line[1] for line in reversed(said) if line[0] == "row"))
        moat("start", NAME)
        wait_for(lambda: len(begins()) > i + 1)
        found = begins()[-1]
        boot = moat("logs", "--boot", NAME, check=False)
        print(f"kill {i + 1}: row {last} was committed, {found[1]} found, {found[3]}", flush=True)
        # Of a commit the machine may have been killed before the log had its line.
        if int(found[1]) < last or found[1] != found[2] or found[3] != "ok":
            sys.exit("rows are lost")
        if "EXT4-fs error" in boot or "Remounting filesystem read-only" in boot:
            sys.exit(f"the file system is damaged: {boot}")
    moat("stop", "-t", "0", NAME)
    moat("rm", NAME)


if __name__ == "__main__":
    main()
