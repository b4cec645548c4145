#!/usr/bin/env python3
"""A database in a container whose machine is killed again and again: what was committed is there afterwards.

durable.py MOAT IMAGE DATABASE KILLS PLACE: @IMAGE has sqlite3 or PostgreSQL, as @DATABASE says; @PLACE is "layer", a volume's name, or
a folder of the host's. The container writes rows one by one, each in a transaction of its own that waits for the disk, and says
so; its machine is killed at a random moment. A cluster for PostgreSQL is made on the host, as that takes an emulated machine long.
"""
import json
import os
import pathlib
import pwd
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from hang import HANG  # noqa: E402

NAME = "durable"
SQLITE = """
set -e
mkdir -p /db
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
# psql says a row on standard error, which it does not keep back, when the statement before it is committed. It writes it word by word:
# the loop behind it has the whole line before it says it, so that a kill leaves no half of one.
POSTGRES = """
set -e
PATH=$PATH:/usr/lib/postgresql/VERSION/bin
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
rm -f /db/data/postmaster.pid
postgres -D /db/data -k /tmp -c listen_addresses= -c shared_buffers=4MB -c max_connections=5 -c autovacuum=off >/tmp/said 2>&1 &
until psql -qAtc 'CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, what TEXT)' 2>/dev/null; do kill -0 $! || { cat /tmp/said; exit 1; }; sleep 0.1; done
n=$(psql -qAtc 'SELECT COALESCE(MAX(n), 0) FROM rows')
# Once by its index, and once by reading all.
count=$(psql -qAtc 'SET enable_seqscan=off; SELECT COUNT(n) FROM rows')
bytes=$(psql -qAtc 'SET enable_indexscan=off; SET enable_indexonlyscan=off; SET enable_bitmapscan=off; SELECT COALESCE(SUM(LENGTH(what)), 0) FROM rows')
[ "$bytes" = $((count * 480)) ] && ok=ok || ok=damaged
echo "begin $n $count $ok"
while :; do
	n=$((n + 1))
	echo "INSERT INTO rows VALUES ($n, REPEAT(MD5(RANDOM()::TEXT), 15));"
	echo "\\\\warn row $n"
done | psql -qAt 2>&1 | while read -r line; do echo "$line"; done
"""


def run(*words, check=True):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check).stdout


def moat(*words, check=True):
    return run(sys.argv[1], *words, check=check)


def lines():
    return [line.split() for line in moat("logs", NAME).splitlines() if line.strip()]


def wait_for(condition):
    deadline = time.monotonic() + HANG
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"nothing happens: {moat('logs', '--tail', '5', NAME)} {moat('inspect', NAME)}")
        time.sleep(0.05)


def inspect():
    return json.loads(moat("inspect", NAME))[0]


def begins():
    return [line for line in lines() if line[0] == "begin"]


def make_cluster(folder):
    """Return: where the programs of the newest PostgreSQL are."""
    programs = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    subprocess.run([programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--wal-segsize=1"],
                   check=True, stdout=subprocess.DEVNULL, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", umask=0o077)
    return programs.parent.name, f"{user.pw_uid}:{user.pw_gid}"


def create(image, database, place):
    options = [] if place == "layer" else ["-v", f"{place}:/db"]
    if database == "sqlite":
        moat("create", "--name", NAME, *options, image, "sh", "-c", SQLITE)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        version, user = make_cluster(folder)
        moat("create", "--name", NAME, "-u", user, *options, image, "sh", "-c", POSTGRES.replace("VERSION", version))
        if place == "layer":
            (folder / "db").mkdir()
            os.rename(folder / "data", folder / "db/data")
            moat("cp", "-a", "-q", str(folder / "db"), f"{NAME}:/")
            return
        # A thousand files are there sooner without a guest's help.
        if not place.startswith("/"):
            place = moat("volume", "inspect", "-f", "{{.Mountpoint}}", place).strip()
        os.makedirs(place, exist_ok=True)
        run("cp", "-a", str(folder / "data"), place)


def check_layer():
    """A file system that was killed so often and then unmounted has no errors."""
    layer = pathlib.Path(os.environ["MOAT_ROOT"]) / "containers" / inspect()["Id"] / "rw.ext4"
    deadline = time.monotonic() + HANG
    # The container's end is told before its machine has unmounted it.
    while (said := subprocess.run(["e2fsck", "-fn", layer], capture_output=True, text=True)).returncode != 0:
        if time.monotonic() > deadline:
            sys.exit(f"the file system is damaged: {said.stdout}")
        time.sleep(0.5)


def main():
    image, database, kills, place = sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
    create(image, database, place)
    moat("start", NAME)
    for i in range(kills):
        wait_for(lambda: len(begins()) > i and lines()[-1][0] == "row")
        time.sleep(random.uniform(0, 1.5))
        os.kill(inspect()["State"]["Pid"], signal.SIGKILL)
        wait_for(lambda: inspect()["State"]["Status"] == "exited")
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
    check_layer()
    moat("rm", NAME)


if __name__ == "__main__":
    main()
