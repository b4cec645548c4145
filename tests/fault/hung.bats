#!/usr/bin/env bats
# A machine, or a moat-shim, that does nothing any more: commands end with an answer or an error, none hangs,
# and other containers do not notice. What takes SOON seconds has hung, if not for ever: nothing here takes as long as
# three starts, and `kill` and `rm -f` are done within 2 seconds on an idle host.

load ../integration/lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	local begin=$SECONDS
	up alive
	up engine
	up shim
	export SOON=$((40 + 2 * (SECONDS - begin)))
	ENGINE=$(engine_pid engine)
	SHIM=$(shim_pid shim)
	SHIMS_ENGINE=$(engine_pid shim)
	export ENGINE SHIM SHIMS_ENGINE
	kill -STOP "$ENGINE" "$SHIM"
	# These take as long as a guest is given to start a process; the tests go on meanwhile.
	exec_in_background engine
	exec_in_background shim
}

teardown_file() {
	file_teardown
}

teardown() {
	moat rm -f box >/dev/null 2>&1 || true
}

up() {
	moat run -d --name "$1" "$BUSYBOX" sleep 1000 >/dev/null
}

exec_in_background() {
	local status=0
	(
		"$MOAT_BUILD/moat" exec "$1" true >"$SUITE/exec-$1" 2>&1 || status=$?
		echo "$status" >"$SUITE/exec-$1.status"
	) 3>&- &
	disown
}

# exec_failed NAME REASON: the one in the background has ended, and said why.
exec_failed() {
	poll test -s "$SUITE/exec-$1.status"
	assert_equal "$(cat "$SUITE/exec-$1.status")" 126
	grep -q "$2" "$SUITE/exec-$1"
}

# within COMMAND…: it ends, well or not.
within() {
	LIMIT=$SOON run moat "$@"
	[ "$status" -ne 124 ]
	[ "$status" -ne 137 ]
}

others_are_fine() {
	assert_equal "$(LIMIT=$SOON moat exec alive echo here)" here
	LIMIT=$SOON moat ps | grep -q alive
	LIMIT=$SOON moat stats --no-stream alive | grep -q alive
}

# All that looks at a container: each answers, or fails with a reason.
look_at() {
	others_are_fine
	LIMIT=$SOON moat ps | grep -q "$1"
	is_state "$1" running
	LIMIT=$SOON moat logs "$1"
	LIMIT=$SOON run moat top "$1"
	assert_error 1 "not answer"
	within stats --no-stream "$1"
	others_are_fine
}

ends_with_kill() {
	LIMIT=$SOON moat kill "$1"
	is_state "$1" exited
	assert_equal "$(moat inspect "$1" | jq '.[0].State.ExitCode')" 137
	moat start "$1"
	assert_equal "$(moat exec "$1" echo again)" again
	moat rm -f "$1"
}

@test "hung: a stopped QEMU: whatever looks at the container ends" {
	look_at engine
}

@test "hung: a stopped moat-shim: whatever looks at the container ends" {
	look_at shim
}

@test "hung: a stopped QEMU: stop, restart and rm -f" {
	up box
	kill -STOP "$(engine_pid box)"
	LIMIT=$SOON moat stop -t 1 box
	is_state box exited
	moat start box
	kill -STOP "$(engine_pid box)"
	LIMIT=$SOON moat restart -t 1 box
	is_state box running
	kill -STOP "$(engine_pid box)"
	LIMIT=$SOON moat rm -f box
	no_container box
}

# Its process writes to a file system that it has frozen, and nothing in its guest can kill it.
up_unkillable() {
	moat run -d --privileged --name "$1" "$BUSYBOX" \
		sh -c '[ ! -e /m ] || exec sleep 1000; mkdir /m && mount -t ext4 /dev/vdb /m &&
			fsfreeze --freeze /m && echo stuck; echo y >/m/more' >/dev/null
	poll log_has "$1" stuck
}

@test "hung: a process that the guest cannot kill: kill, stop, start and rm -f" {
	up_unkillable box
	LIMIT=$SOON moat kill box
	is_state box exited
	LIMIT=$SOON moat start box
	assert_equal "$(moat exec box echo again)" again
	moat rm -f box
	up_unkillable box
	LIMIT=$SOON moat stop -t 1 box
	is_state box exited
	moat rm box
	up_unkillable box
	LIMIT=$SOON moat rm -f box
	no_container box
}

@test "hung: a stopped QEMU: pause fails, and kill does not wait for it" {
	local pausing
	up box
	kill -STOP "$(engine_pid box)"
	"$MOAT_BUILD/moat" pause box >/dev/null 2>&1 3>&- &
	pausing=$!
	sleep 0.2
	LIMIT=$SOON moat kill box
	is_state box exited
	wait "$pausing" && false
	moat rm box
}

# held_at_start COMMAND…: of moat's, ends while box is about to start and its engine, HELD, stands still; the start fails by
# it. On a busy host box may run before: then all of it is tried again.
held_at_start() {
	local starting
	for _ in {1..50}; do
		moat create --cold --name box "$BUSYBOX" sleep 1000 >/dev/null
		moat start box >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		starting=$!
		poll engine_pid box
		HELD=$(engine_pid box)
		kill -STOP "$HELD"
		LIMIT=$SOON moat "$@"
		wait "$starting" || return 0
		no_container box || moat rm -f box
	done
	return 1
}

@test "hung: rm -f waits neither for an update nor for a start that waits for the guest" {
	local waiting
	up box
	kill -STOP "$(engine_pid box)"
	"$MOAT_BUILD/moat" update --pids-limit 77 box >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	waiting=$!
	sleep 0.5
	LIMIT=$SOON moat rm -f box
	no_container box
	wait "$waiting" && false
	held_at_start rm -f box
	no_container box
	poll gone "$HELD"
}

@test "hung: stop gives a start that waits for the guest the time it gives a process" {
	held_at_start stop -t 1 box
	is_state box created
	LIMIT=$SOON moat start box
	assert_equal "$(moat exec box echo here)" here
}

@test "hung: a stopped moat-shim: stop and rm -f" {
	local shim
	up box
	kill -STOP "$(shim_pid box)"
	LIMIT=$SOON moat stop -t 0 box
	is_state box exited
	moat start box
	shim=$(shim_pid box)
	kill -STOP "$shim"
	LIMIT=$SOON moat rm -f box
	no_container box
	poll gone "$shim"
}

@test "hung: a stopped moat-shim and a moatd that was killed: the next one ends it" {
	local shim
	up box
	shim=$(shim_pid box)
	kill -STOP "$shim"
	kill_moatd
	others_are_fine
	is_state box running
	LIMIT=$SOON moat rm -f box
	poll gone "$shim"
}

@test "hung: moat-shims that do not answer do not hold up a new moatd" {
	local i silent
	for i in $(seq 20); do
		moat create --name "silent$i" "$BUSYBOX" true >/dev/null
	done
	silent=$(moat ps -aqf name=silent --no-trunc)
	(cd "$MOAT_ROOT/containers" && exec python3 -c '
import os, socket, sys, time
held = []
for i, folder in enumerate(sys.argv[1:]):
    machine = "../../machines/%016x" % i
    os.chdir(folder)
    os.mkdir(machine)
    os.symlink(machine, "machine")
    os.chdir("machine")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind("shim.sock")
    s.listen(64)
    held.append(s)
    os.chdir("../../containers")
open("../silent", "w").close()
time.sleep(100000)' $silent) 3>&- &
	silent=$!
	poll test -e "$MOAT_ROOT/silent"
	kill_moatd
	assert_equal "$(LIMIT=$SOON moat ps -aqf name=silent | wc -l)" 20
	assert_equal "$(curl -s --unix-socket "$SOCKET" http://moat/_ping)" OK
	others_are_fine
	kill "$silent"
	for i in $(seq 20); do
		LIMIT=$SOON moat rm -f "silent$i"
	done
}

@test "hung: a moat-shim that is stopped in the middle of a copy, and a moatd that was killed: the next one ends it" {
	local copy shim
	# Nothing of its start is cut off: it stays.
	moat create --rm --name box "$BUSYBOX" cat /kept >/dev/null
	cd "$BATS_TEST_TMPDIR"
	echo kept >kept
	mkfifo hold
	"$MOAT_BUILD/moat" cp - box:/ <hold 3>&- &
	copy=$!
	exec 9>hold
	poll shim_pid box
	shim=$(shim_pid box)
	kill -STOP "$shim"
	kill_moatd
	exec 9>&-
	# Where it was between two requests it goes on with the next moatd, else it fails.
	wait "$copy" || true
	# It had the container's disks.
	moat cp kept box:/
	poll gone "$shim"
	[ "$(moat start -a box)" = kept ]
}

@test "hung: a moat-shim that takes no connections any more stops nobody" {
	local dir
	up box
	dir=$MOAT_ROOT/containers/$(id_of box)
	kill -STOP "$(shim_pid box)"
	# More connections than wait in a socket's queue.
	(cd "$dir/machine" && python3 -c '
import socket
held = []
try:
    for _ in range(5000):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        s.connect("shim.sock")
        held.append(s)
except BlockingIOError:
    pass')
	LIMIT=$SOON run moat exec box true
	assert_error 126 "not answer"
	others_are_fine
	LIMIT=$SOON moat rm -f box
	no_container box
}

@test "hung: an exec in a machine that does not answer ends with a reason, and kill ends the machine" {
	exec_failed engine "did not start the process in time"
	ends_with_kill engine
	gone "$ENGINE"
}

@test "hung: an exec through a moat-shim that does not answer ends with a reason, and kill ends both" {
	exec_failed shim "not answer"
	ends_with_kill shim
	poll gone "$SHIM"
	poll gone "$SHIMS_ENGINE"
}
