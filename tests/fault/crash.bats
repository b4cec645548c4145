#!/usr/bin/env bats
# kill -9 at bad moments: moatd comes back with the truth, running containers go on, logs are kept,
# and no half-written image is ever visible.

load ../integration/lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

teardown() {
	rm -f "$SUITE/gate"
}

ticking() {
	moat run -d --name "$1" "$BUSYBOX" sh -c 'i=0; while :; do i=$((i + 1)); echo tick $i; sleep 0.1; done' >/dev/null
	poll log_has "$1" "tick 3"
}

ticks() {
	moat logs "$1" | wc -l
}

more_ticks_than() {
	[ "$(ticks "$1")" -gt "$2" ]
}

# The log has every tick from 1 on, once and in order.
log_is_whole() {
	moat logs "$1" >"$BATS_TEST_TMPDIR/log"
	diff <(seq -f "tick %g" "$(wc -l <"$BATS_TEST_TMPDIR/log")") "$BATS_TEST_TMPDIR/log"
}

@test "crash: running containers go on without moatd, and a new one knows them" {
	local before
	ticking survivor
	before=$(ticks survivor)
	kill_moatd
	poll more_ticks_than survivor "$before"
	is_state survivor running
	log_is_whole survivor
	assert_equal "$(moat exec survivor echo still)" still
	moat stop -t 0 survivor
	assert_equal "$(moat inspect survivor | jq '.[0].State.ExitCode')" 137
	moat rm survivor
}

@test "crash: a container that ended while no moatd ran has its exit status" {
	local shim
	moat run -d --name unseen "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.1; done; echo bye; exit 21' >/dev/null
	poll moat exec unseen true
	shim=$(shim_pid unseen)
	moat exec unseen sh -c '(sleep 1; touch /go) >/dev/null 2>&1 &'
	kill_moatd
	poll gone "$shim"
	is_state unseen exited
	assert_equal "$(moat inspect unseen | jq '.[0].State.ExitCode')" 21
	assert_equal "$(moat logs unseen)" bye
	moat rm unseen
}

@test "crash: an attached run ends with an error or the status when moatd is killed, and never hangs" {
	local pid status=0
	timeout "$LIMIT" "$MOAT_BUILD/moat" run --name attached "$BUSYBOX" \
		sh -c 'echo ready; while [ ! -e /go ]; do sleep 0.1; done; echo after; exit 5' \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	pid=$!
	poll grep -q ready "$BATS_TEST_TMPDIR/out"
	kill_moatd
	is_state attached running
	moat exec -d attached touch /go
	wait "$pid" || status=$?
	[[ $status -eq 5 || $status -eq 125 ]]
	[ "$status" -eq 5 ] || [ -s "$BATS_TEST_TMPDIR/err" ]
	assert_equal "$(moat wait attached)" 5
	assert_equal "$(moat logs attached | tail -n 1)" after
	moat rm attached
}

@test "crash: a killed moat-shim ends its container, its machine too, and says so" {
	local shim engine
	ticking orphan
	shim=$(shim_pid orphan)
	engine=$(engine_pid orphan)
	kill -9 "$shim"
	poll gone "$engine"
	poll is_state orphan exited
	assert_equal "$(moat inspect orphan | jq '.[0].State.ExitCode')" 137
	[ -n "$(moat inspect orphan | jq -r '.[0].State.Error')" ]
	log_is_whole orphan
	moat start orphan
	poll is_state orphan running
	moat rm -f orphan
}

@test "crash: a moat-shim killed while no moatd ran is found out by the next one" {
	local shim
	ticking forgotten
	shim=$(shim_pid forgotten)
	kill_moatd
	kill -9 "$shim"
	poll gone "$shim"
	is_state forgotten exited
	assert_equal "$(moat inspect forgotten | jq '.[0].State.ExitCode')" 137
	moat rm forgotten
}

@test "crash: a moatd that was too slow for the events of a container hears from it again" {
	local dir
	moat run -d --name loud "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.1; done; exit 6' >/dev/null
	dir=$MOAT_ROOT/containers/$(id_of loud)
	kill -STOP "$(moatd_pid)"
	(cd "$dir/machine" && python3 -c '
import socket
for i in range(1200):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("shim.sock")
    s.send(b"{\"op\":\"%s\"}" % (b"resume" if i % 2 else b"pause"))
    s.recv(4096)')
	kill -CONT "$(moatd_pid)"
	grep -q "does not read its events" "$dir/machine/shim.log"
	# It goes through what it missed, and ends with what is so.
	poll moat exec -d loud touch /go
	assert_equal "$(moat wait loud)" 6
	assert_equal "$(moat inspect loud | jq -r '.[0].State.Error')" ""
	moat rm loud
}

@test "crash: no second machine gets a layer that is in use" {
	local dir holder
	moat create --name shared "$BUSYBOX" true >/dev/null
	moat start -a shared
	poll no_machine shared
	dir=$MOAT_ROOT/containers/$(id_of shared)
	flock "$dir/rw.ext4" sleep 1000 &
	holder=$!
	poll eval '! flock -n "'"$dir"'/rw.ext4" true'
	run moat start shared
	assert_error 1 "in use by another machine"
	pkill -P "$holder"
	wait "$holder" || true
	moat start -a shared
	moat rm shared
}

@test "crash: a layer that a power loss took before it was on the disk is made anew" {
	local dir
	moat create --name dark "$BUSYBOX" sh -c 'cat /kept || echo nothing; echo kept >/kept' >/dev/null
	assert_equal "$(moat start -a dark 2>/dev/null)" nothing
	dir=$MOAT_ROOT/containers/$(id_of dark)
	assert_equal "$(moat start -a dark 2>/dev/null)" kept
	poll no_machine dark
	truncate -s 0 "$dir/rw.ext4"
	assert_equal "$(moat start -a dark 2>/dev/null)" nothing
	poll no_machine dark
	# The size is there before the contents are.
	truncate -s 0 "$dir/rw.ext4"
	truncate -s 16G "$dir/rw.ext4"
	assert_equal "$(moat start -a dark 2>/dev/null)" nothing
	grep -q "lost with the host's power" "$dir/machine/shim.log"
	moat rm dark
}

@test "crash: a killed QEMU ends its container with 137 and an error; others go on" {
	local engine
	ticking bystander
	ticking hit
	engine=$(engine_pid hit)
	kill -9 "$engine"
	poll is_state hit exited
	assert_equal "$(moat inspect hit | jq '.[0].State.ExitCode')" 137
	[ -n "$(moat inspect hit | jq -r '.[0].State.Error')" ]
	log_is_whole hit
	is_state bystander running
	moat rm -f hit bystander
}

@test "crash: an attached run whose QEMU is killed ends with 137" {
	local pid status=0
	"$MOAT_BUILD/moat" run --name pulled-plug "$BUSYBOX" sh -c 'echo ready; sleep 1000' \
		>"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
	pid=$!
	poll grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -9 "$(engine_pid pulled-plug)"
	wait "$pid" || status=$?
	assert_equal "$status" 137
	moat rm pulled-plug
}

@test "crash: moatd killed while a machine boots: the container is there or startable, never stuck" {
	local pid
	"$MOAT_BUILD/moat" run -d --name booting "$BUSYBOX" sleep 1000 >/dev/null 2>&1 3>&- &
	pid=$!
	poll moat inspect booting
	kill_moatd
	wait "$pid" || true
	poll settled booting
	moat rm -f booting
	run moat inspect booting
	assert_error 1 booting
}

# starts_cut_off COMMAND…: COMMAND starts the container cut, whose engine stands still before it runs; moatd is
# killed then, and with --client so is COMMAND's process before. CLIENT is its id. On a busy host the container may run
# already, whether that moatd knew or not: then all of it is tried again. For start it is made before.
starts_cut_off() {
	local try with_client=
	[ "$1" != --client ] || { with_client=yes; shift; }
	for try in {1..50}; do
		[ "$1" != start ] || moat create --cold --name cut "$BUSYBOX" sleep 1000 >/dev/null
		"$MOAT_BUILD/moat" "$@" >/dev/null 2>&1 3>&- &
		CLIENT=$!
		poll engine_pid cut
		kill -STOP "$(engine_pid cut)"
		[ -z "$with_client" ] || { kill -9 "$CLIENT"; sleep 0.2; }
		kill_moatd
		is_state cut running || return 0
		moat rm -f cut
		wait "$CLIENT" || true
		echo "try $try came too late"
	done
	return 1
}

@test "crash: a start of --rm cut off by the death of moatd leaves nothing, with or without its client" {
	starts_cut_off run --rm --cold --name cut "$BUSYBOX" sleep 1000
	wait "$CLIENT" && false
	poll no_container cut
	starts_cut_off --client run --rm --cold --name cut "$BUSYBOX" sleep 1000
	poll no_container cut
	# And after another start of moatd nothing has come back, and what was only made is there.
	moat create --rm --name made "$BUSYBOX" true >/dev/null
	moat cp /etc/passwd made:/copied
	kill_moatd
	no_container cut
	is_state made created
	moat start -a made
	no_container made
}

@test "crash: a start cut off by the death of moatd leaves its container as it was made" {
	starts_cut_off start cut
	wait "$CLIENT" && false
	is_state cut created
	kill_moatd
	is_state cut created
	assert_equal "$(moat inspect cut | jq '.[0].State.ExitCode')" 0
	moat start cut
	assert_equal "$(moat exec cut echo fine)" fine
	moat rm -f cut
}

settled() {
	[[ $(state "$1") == @(created|running|exited) ]]
}

@test "crash: moatd killed in the middle of a pull leaves no image, and the next pull succeeds" {
	local pid
	"$MOAT_BUILD/moat" pull "$BAD_REGISTRY/stall/big:latest" >/dev/null 2>&1 3>&- &
	pid=$!
	poll downloading
	kill_moatd
	wait "$pid" && false
	touch "$SUITE/gate"
	run moat image inspect "$BAD_REGISTRY/stall/big:latest"
	assert_error 1
	assert_equal "$(find "$MOAT_ROOT/images/tmp" -type f)" ""
	moat pull -q "$BAD_REGISTRY/stall/big:latest"
	fsck.erofs "$(rootfs_of "$BAD_REGISTRY/stall/big:latest")"
	moat image rm "$BAD_REGISTRY/stall/big:latest"
}

downloading() {
	[ -n "$(find "$MOAT_ROOT/images/tmp" -type f -size +100k)" ]
}

@test "crash: moatd killed at many moments of pulls: every image that is visible is whole" {
	local i erofs
	touch "$SUITE/gate"
	for i in $(seq 8); do
		"$MOAT_BUILD/moat" pull -q "$REGISTRY/test/rich:latest" >/dev/null 2>&1 3>&- &
		sleep "0.0$((i * 11))"
		kill_moatd
		wait $! || true
		start_moatd
		if moat image inspect "$REGISTRY/test/rich:latest" >/dev/null 2>&1; then
			fsck.erofs "$(rootfs_of "$REGISTRY/test/rich:latest")"
			moat image rm "$REGISTRY/test/rich:latest" >/dev/null
		fi
		for erofs in "$MOAT_ROOT"/images/rootfs/*.erofs; do
			fsck.erofs "$erofs"
		done
	done
	moat pull -q "$REGISTRY/test/rich:latest"
	moat image rm "$REGISTRY/test/rich:latest"
}

@test "crash: an interrupted pull client ends the pull and leaves nothing" {
	local pid
	rm -f "$SUITE/gate"
	"$MOAT_BUILD/moat" pull "$BAD_REGISTRY/stall/big:latest" >/dev/null 2>&1 3>&- &
	pid=$!
	poll downloading
	# A shell lets what it runs in the background ignore SIGINT.
	kill -TERM "$pid"
	poll gone "$pid"
	wait "$pid" || true
	poll nothing_downloading
	touch "$SUITE/gate"
	run moat image inspect "$BAD_REGISTRY/stall/big:latest"
	assert_error 1
}

nothing_downloading() {
	[ -z "$(find "$MOAT_ROOT/images/tmp" -type f)" ]
}

@test "crash: the image store is an OCI layout that skopeo reads after all this" {
	skopeo inspect "oci:$MOAT_ROOT/images:$BUSYBOX" >/dev/null
	assert_equal "$(moat run --rm "$BUSYBOX" echo fine)" fine
}
