#!/usr/bin/env bats
# A full disk is a clear error, and what was there stays usable.

load ../integration/lib

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_setup bare
	mv "$MOAT_ROOT/kernel" "$SUITE/kernel-aside"
	mount -t tmpfs -o size=100m,mode=700 tmpfs "$MOAT_ROOT"
	mv "$SUITE/kernel-aside" "$MOAT_ROOT/kernel"
	start_moatd
	with_busybox
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system needs root"
}

teardown() {
	local left
	[ "$(id -u)" -eq 0 ] || return 0
	rm -f "$MOAT_ROOT/filler"
	left=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$left" ] || moat rm -f $left
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	kill_users_of "$MOAT_ROOT"
	poll umount "$MOAT_ROOT"
	rm -rf "$MOAT_ROOT"
}

restart_moatd() {
	kill_moatd
	start_moatd
}

# fill [BYTES]: leave so much room.
fill() {
	dd if=/dev/zero of="$MOAT_ROOT/filler" bs=64k 2>/dev/null || true
	truncate -s "-${1:-0}" "$MOAT_ROOT/filler"
}

@test "full disk: a pull that does not fit fails with a clear error and gives its space back" {
	local before after
	before=$(df --output=used "$MOAT_ROOT" | tail -n 1)
	fill 20000000
	run moat pull "$REGISTRY/test/big:latest"
	assert_error 1 "space"
	rm "$MOAT_ROOT/filler"
	after=$(df --output=used "$MOAT_ROOT" | tail -n 1)
	[ $((after - before)) -lt 2000 ]
	run moat image inspect "$REGISTRY/test/big:latest"
	assert_error 1
}

@test "full disk: create fails with a clear error, and works again with space" {
	fill
	run moat run --rm "$BUSYBOX" true
	assert_error 125
	rm "$MOAT_ROOT/filler"
	assert_equal "$(moat run --rm "$BUSYBOX" echo again)" again
	assert_equal "$(moat ps -aq)" ""
}

@test "full disk: a template that does not fit is kept in memory, and none is half on the disk" {
	assert_equal "$(find "$MOAT_ROOT/templates" -mindepth 1 -name template.json)" ""
	grep -q 'is not kept: .*space' "$MOAT_ROOT/moatd.log"
	moat run --name warm "$BUSYBOX" true
	assert_equal "$(moat inspect warm | jq '.[0].Moat.Restored')" true
	moat rm warm
	restart_moatd
	assert_equal "$(find "$MOAT_ROOT/templates" -mindepth 1)" ""
}

@test "full disk: a template that cannot be made is a clear error, and starts go on without it" {
	fill
	run moat system template build
	assert_error 1 "space"
	rm "$MOAT_ROOT/filler"
	assert_equal "$(find "$MOAT_ROOT/templates" -mindepth 1)" ""
	assert_equal "$(moat run --rm "$BUSYBOX" echo cold)" cold
}

@test "full disk: who fills it gets ENOSPC, a neighbour runs on, and both write again when there is room" {
	local since
	since=$(date +%s)
	moat run -d --name neighbour "$BUSYBOX" sleep 1000 >/dev/null
	moat run -d --name writer "$BUSYBOX" sleep 1000 >/dev/null
	moat exec neighbour sh -c 'echo before >/file; sync'
	run moat exec writer dd if=/dev/zero of=/fill bs=1M count=200 conv=fsync
	assert_status 1
	assert_has "No space left on device"
	poll eval 'moat inspect writer | jq -e ".[0].State.DiskFull"'
	assert_equal "$(moat exec neighbour cat /file)" before
	run moat stats --no-stream
	assert_status 0
	assert_has neighbour
	assert_has writer
	run moat exec neighbour dd if=/dev/zero of=/more bs=1M count=1 conv=fsync
	assert_status 1
	assert_has "No space left on device"
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=writer --filter event=disk_full
	assert_equal "${#lines[@]}" 1
	grep -q 'the disk is full: it cannot write' "$MOAT_ROOT/moatd.log"

	moat exec writer rm /fill
	moat exec writer sync
	poll moat exec neighbour sh -c 'echo after >/file && sync'
	poll moat exec writer sh -c 'echo after >/file && sync'
	poll eval 'moat inspect writer | jq -e ".[0].State.DiskFull | not"'
	moat restart -t 0 writer neighbour
	assert_equal "$(moat exec neighbour cat /file)" after
	assert_equal "$(moat exec writer cat /file)" after
	assert_equal "$(moat inspect writer | jq '.[0].State.DiskErrors')" null
	moat rm -f writer neighbour
}

# disk_failed NAME: requests to its disk have failed, for want of space.
disk_failed() {
	moat inspect "$1" | jq -e '.[0].State.DiskErrors | .Disk == "layer" and (.Reason | test("space")) and .Count > 0'
}

@test "full disk: when others fill it a machine gets I/O errors, goes on, and is of use again with space" {
	local since
	since=$(date +%s)
	moat run -d --name neighbour "$BUSYBOX" sleep 1000 >/dev/null
	moat run -d --name writer "$BUSYBOX" sleep 1000 >/dev/null
	moat exec neighbour sh -c 'echo before >/file; sync'
	moat exec writer sh -c 'echo before >/file; sync'
	assert_equal "$(moat inspect writer | jq '.[0].State.DiskErrors')" null
	moat exec writer dd if=/dev/zero of=/fill bs=1M count=16
	fill
	run moat exec writer dd if=/dev/zero of=/fill bs=1 count=1 conv=notrunc,fsync
	assert_status 1
	assert_has "Input/output error"

	assert_equal "$(moat exec neighbour cat /file)" before
	assert_equal "$(moat exec writer cat /file)" before
	run moat stats --no-stream
	assert_status 0
	assert_has neighbour
	assert_has writer
	is_state neighbour running
	is_state writer running
	poll disk_failed writer
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=writer --filter event=disk_error
	assert_status 0
	assert_has "disk=layer"
	[ "${#lines[@]}" -lt 20 ]
	grep -q 'requests to its disks have failed on the host.*space' "$MOAT_ROOT/moatd.log"

	rm "$MOAT_ROOT/filler"
	moat exec neighbour sh -c 'echo after >/file; sync'
	moat restart -t 0 writer neighbour
	assert_equal "$(moat exec neighbour cat /file)" after
	assert_equal "$(moat inspect writer | jq '.[0].State.DiskErrors')" null
	assert_equal "$(moat exec writer cat /file)" before
	moat exec writer sh -c 'rm -f /fill; echo after >/file; sync'
	assert_equal "$(moat exec writer cat /file)" after
	moat rm -f writer neighbour
}

@test "full disk: a container that runs gets an I/O error, and ends; moatd stays" {
	moat run -d --name writer "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.1; done; cat /dev/zero >/fill; sync; exit 1' >/dev/null
	poll moat exec writer true
	fill 4000000
	moat exec writer touch /go || true
	run moat ps -a
	assert_status 0
	assert_has writer
	moat rm -f writer
	rm "$MOAT_ROOT/filler"
	assert_equal "$(moat run --rm "$BUSYBOX" echo alive)" alive
}

# filled: without a free byte. A machine that ends may free some meanwhile.
filled() {
	fill
	[ "$(df --output=avail -B 1 "$MOAT_ROOT" | tail -n 1)" -lt 4096 ]
}

# full COMMAND…: without a free byte, as often as there is something to free.
full() {
	poll filled
	moat "$@"
}

@test "full disk: containers and images are removed, and a moatd that was killed starts" {
	local i
	moat pull -q "$REGISTRY/test/configured:latest" >/dev/null
	moat image tag "$REGISTRY/test/configured:latest" other:1
	moat run -d --name up "$BUSYBOX" sleep 1000 >/dev/null
	moat run --name ended "$BUSYBOX" true
	for i in $(seq 60); do
		moat create --name "c$i" "$BUSYBOX" true >/dev/null
	done
	fill
	restart_moatd
	assert_equal "$(moat ps -aq | wc -l)" 62
	is_state up running
	for i in $(seq 50); do
		moat rm "c$i"
	done
	full rm -f up ended
	full image rm other:1
	full image rm "$REGISTRY/test/configured:latest"
	fill
	restart_moatd
	full container prune -f
	assert_equal "$(moat ps -aq)" ""
	full image prune -af
	assert_equal "$(moat image ls -q)" ""
	fill
	restart_moatd
	assert_equal "$(moat ps -aq)" ""
	assert_equal "$(moat image ls -q)" ""
	rm "$MOAT_ROOT/filler"
	with_busybox
	assert_equal "$(moat run --rm "$BUSYBOX" echo again)" again
}

# signal_directly FOLDER SIGNAL: to the container of that folder, by its machine's socket, as no moatd runs.
signal_directly() {
	(cd "$1/machine" && python3 - "$2" <<-'PY'
		import json, socket, sys

		def ask(**request):
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.connect("shim.sock")
		    s.send(json.dumps(request).encode())
		    return json.loads(s.recv(1 << 17))

		[container] = ask(op="status")["containers"]
		assert ask(op="signal", container=container["name"], target="", signal=int(sys.argv[1]))["ok"]
	PY
	)
}

@test "full disk: a container that ends meanwhile keeps its exit code and its files, and starts again" {
	local id
	moat run -d --name seven "$BUSYBOX" sh -c 'mkdir -p /a/b/c; cat /a/b/c/* 2>/dev/null; echo x >/a/b/c/$$
		trap "exit 7" USR1; echo waits; while :; do sleep 0.1; done' >/dev/null
	poll log_has seven waits
	id=$(id_of seven)
	kill_moatd
	fill
	signal_directly "$MOAT_ROOT/containers/$id" 10
	poll test -e "$MOAT_ROOT/containers/$id/exit.json"
	start_moatd
	assert_equal "$(moat inspect seven | jq -c '.[0].State | [.Status, .ExitCode, .Error]')" '["exited",7,""]'
	rm "$MOAT_ROOT/filler"
	moat start seven
	# Before it has its trap it is not ended by that.
	poll eval 'moat kill -s USR1 seven; is_state seven exited'
	assert_equal "$(moat wait seven)" 7
	# A disk that its machine could not make clean would want room for that at the next start.
	poll no_machine seven
	fill
	moat start seven
	poll eval 'moat kill -s USR1 seven; is_state seven exited'
	assert_equal "$(moat wait seven)" 7
	full rm seven
}
