# Helpers of all integration tests. Files load it with `load lib` and call file_setup, file_teardown.

bats_require_minimum_version 1.7.0

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPO=${TESTS%/*}
export MOAT_BUILD=${MOAT_BUILD:-$REPO/build}

# Seconds until what hangs is ended. Nothing that a test waits for takes so long, on the slowest host too.
export LIMIT=${LIMIT:-900}
export COMPOSE_HTTP_TIMEOUT=$LIMIT
# Python's helpers import each other, and leave nothing behind among the sources.
export PYTHONDONTWRITEBYTECODE=1

moat() {
	timeout --foreground -k 5 "$LIMIT" "$MOAT_BUILD/moat" "$@"
}

# poll COMMAND…: repeat until it succeeds; fails when the limit is over.
poll() {
	local deadline=$((SECONDS + LIMIT))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "gave up waiting for: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

# gone PID: no such process, or only its exit status is left.
gone() {
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	# From its state on, see proc(5); the 18th is the number of threads. With threads its sockets are left.
	# shellcheck disable=SC2086 # words
	set -- ${stat##*) }
	[ "$1" = Z ] && [ "${18}" -le 1 ]
}

# users_of PATH: processes of moat's, or a server's, with PATH in their arguments or below it as MOAT_ROOT.
users_of() {
	local pid
	{
		grep -lsF -- "$1" /proc/[0-9]*/cmdline || true
		grep -lsz -- "^MOAT_ROOT=$1" /proc/[0-9]*/environ || true
	} | cut -d/ -f3 | sort -nu | while read -r pid; do
		# The test's own shells have it there, too.
		case $(readlink "/proc/$pid/exe" 2>/dev/null) in
		*/moat | */moatd | */moat-* | */qemu-system-* | */docker-registry | */python3*) echo "$pid" ;;
		esac
	done
	return 0
}

kill_users_of() {
	local pids
	pids=$(users_of "$1")
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
}

# file_setup [bare]: a data root of the file's own, with the guest kernel set and, unless bare, the template of a
# container without limits.
file_setup() {
	local name
	name=$(basename "$BATS_TEST_FILENAME" .bats)
	export MOAT_ROOT=$SUITE/roots/$name
	mkdir -p "$SUITE/roots"
	mkdir -m 700 "$MOAT_ROOT"
	cp -a "$SUITE/prepared/kernel" "$MOAT_ROOT/"
	[ "${1:-}" = bare ] || cp -a --sparse=always "$SUITE/prepared/templates" "$MOAT_ROOT/"
	export SOCKET=$MOAT_ROOT/moat.sock
	# Each start would have a spare machine made for a next one, which most tests have no use for.
	export MOAT_SPARES=${MOAT_TEST_SPARES:-0}
}

file_teardown() {
	kill_users_of "$MOAT_ROOT"
	rm -rf "$MOAT_ROOT"
}

# own_docker_config: docker's client keeps logins in a file of the test file's own; one that has none takes a
# credential helper that it finds on PATH.
own_docker_config() {
	export DOCKER_CONFIG=$MOAT_ROOT/docker-config
	mkdir -p "$DOCKER_CONFIG"
	echo '{"auths": {"nowhere.invalid": {}}}' >"$DOCKER_CONFIG/config.json"
}

# with_busybox: the image almost every test runs.
with_busybox() {
	moat pull -q "$BUSYBOX" >/dev/null
}

# start_guarded_registry PASSWORD: a registry of the file's own, which a user "me" may use; GUARDED is its name.
start_guarded_registry() {
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	python3 -W ignore -c 'import crypt, sys
print("me:" + crypt.crypt(sys.argv[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' "$1" >"$BATS_FILE_TMPDIR/htpasswd"
	cat >"$BATS_FILE_TMPDIR/guarded.yml" <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $BATS_FILE_TMPDIR/guarded}}
		auth: {htpasswd: {realm: moat, path: $BATS_FILE_TMPDIR/htpasswd}}
		http: {addr: "127.0.0.1:$port"}
	YML
	docker-registry serve "$BATS_FILE_TMPDIR/guarded.yml" >"$BATS_FILE_TMPDIR/guarded.log" 2>&1 3>&- &
	disown
	export GUARDED=localhost:$port
	poll curl -sS -o /dev/null "http://$GUARDED/v2/"
}

# Not by `system start`, which also makes a template.
start_moatd() {
	moat ps -q
}

# moatd_pid [ROOT]: the process that holds the data root.
moatd_pid() {
	local pid
	for pid in $(users_of "${1:-$MOAT_ROOT}"); do
		if [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$MOAT_BUILD/moatd")" ]; then
			echo "$pid"
			return
		fi
	done
	return 1
}

# kill_moatd [ROOT]: one that is being killed still takes requests, and answers none; so its end is waited for.
kill_moatd() {
	local pid
	pid=$(moatd_pid "$@")
	kill -9 "$pid"
	poll gone "$pid"
}

# net_pids [FOLDER]: moat-net's processes, for a moment also one that becomes another program.
net_pids() {
	pgrep -f "^moat-net ${1:-$MOAT_ROOT/net}\$"
}

# net_process inside|outside [FOLDER [PID]]: the one of moat-net's two that is in moat's network namespace, or in PID's, the
# host's. Their ages and numbers do not tell: both begin at once, and numbers begin anew.
net_process() {
	local pid host namespace pids=()
	host=$(readlink "/proc/${3:-self}/ns/net")
	for pid in $(net_pids "${@:2:1}"); do
		namespace=$(readlink "/proc/$pid/ns/net") || continue
		[ "$namespace" = "$host" ] && namespace=outside || namespace=inside
		[ "$namespace" != "$1" ] || pids+=("$pid")
	done
	# The oldest: what it starts is like it at first.
	[ "${#pids[@]}" -eq 0 ] || ps -o pid= --sort=start_time -p "${pids[*]}" | awk 'NR == 1 { print $1 }'
}

# id_of NAME: a container's full id.
id_of() {
	moat inspect -f '{{.Id}}' "$1"
}

# shim_pid NAME, engine_pid NAME: the processes of the machine a container is in, for its files or to run.
shim_pid() {
	local dir link machine pid
	dir=$MOAT_ROOT/containers/$(id_of "$1")
	for link in files machine; do
		machine=$(readlink "$dir/$link") || continue
		for pid in $(users_of "machines/${machine##*/}"); do
			if [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$MOAT_BUILD/moat-shim")" ]; then
				echo "$pid"
				return
			fi
		done
	done
	return 1
}

# no_machine NAME: the end of a container is told before its machine has let go of its disks.
no_machine() {
	! shim_pid "$1"
}

engine_pid() {
	local shim pid
	shim=$(shim_pid "$1")
	for pid in $(descendants "$shim"); do
		case $(readlink "/proc/$pid/exe") in
		*qemu-system-*)
			echo "$pid"
			return
			;;
		esac
	done
	# One that was forked is no child of its shim's.
	pid=$(moat inspect -f '{{.State.Pid}}' "$1")
	[ "${pid:-0}" -gt 0 ] && echo "$pid"
}

descendants() {
	local child
	for child in $(ps -o pid= --ppid "$1"); do
		echo "$child"
		descendants "$child"
	done
}

# host_msec PID: the time of processors that a process has had.
host_msec() {
	awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$1/stat"
}

# said_msec NAME: what stats says of a container's.
said_msec() {
	curl -sS --unix-socket "$SOCKET" "http://moat/containers/$1/stats?stream=0&one-shot=1" |
		jq '.cpu_stats.cpu_usage.total_usage / 1000000 | floor'
}

# own_kernel: has the guest moat's own kernel, with its patches?
own_kernel() {
	[[ $(cat "$MOAT_TEST_KERNEL/VERSION") == *-moat ]]
}

# state NAME: created, running, exited.
state() {
	moat inspect -f '{{.State.Status}}' "$1"
}

is_state() {
	[ "$(state "$1")" = "$2" ]
}

no_container() {
	! moat inspect "$1"
}

log_has() {
	moat logs "$1" 2>&1 | grep -qF -- "$2"
}

# archive LAYOUT: an OCI archive of a layout, on standard output.
archive() {
	tar -C "$1" -cf - .
}

# assert_has TEXT: the last `run` printed it.
assert_has() {
	if [[ $output != *"$1"* ]]; then
		printf 'expected to find: %s\nin: %s\n' "$1" "$output" >&2
		return 1
	fi
}

assert_status() {
	if [ "$status" -ne "$1" ]; then
		printf 'expected status %s, got %s; output: %s\n' "$1" "$status" "$output" >&2
		return 1
	fi
}

assert_equal() {
	if [ "$1" != "$2" ]; then
		printf 'expected: %s\nactual:   %s\n' "$2" "$1" >&2
		return 1
	fi
}

# assert_error STATUS TEXT…: the last `run` failed so, saying every TEXT, in one plain message.
assert_error() {
	local text
	assert_status "$1"
	shift
	for text in "$@"; do
		assert_has "$text"
	done
	[[ $output != *[Ss]egmentation* && $output != *Sanitizer* ]]
}

# rootfs_of IMAGE: its EROFS file. The image is known by its manifest, which is named by the file.
rootfs_of() {
	local config manifest
	config=$(moat image inspect "$1" | jq -r '.[0].Id')
	for manifest in "$MOAT_ROOT"/images/rootfs/*.erofs; do
		manifest=$(basename "$manifest" .erofs)
		if [ "$(jq -r .config.digest "$MOAT_ROOT/images/blobs/sha256/$manifest")" = "$config" ]; then
			echo "$MOAT_ROOT/images/rootfs/$manifest.erofs"
			return
		fi
	done
	return 1
}

# when_free COMMAND…: runs iperf3's client; its server takes one test at a time, and may still be at the end of another.
when_free() {
	run "$@"
	while [[ $output == *"the server is busy"* ]]; do
		sleep 0.05
		run "$@"
	done
	assert_status 0
}

# A tap is made in the network namespace of the tests.
needs_tap() {
	[ "$(id -u)" -eq 0 ] || skip "making a tap needs root"
}
