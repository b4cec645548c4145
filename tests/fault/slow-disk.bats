#!/usr/bin/env bats
# A disk that takes for ever to say that something is written holds up who waits for just that, and nobody else.

load ../integration/lib

setup_file() {
	file_setup
	export SLOW_DISK=$MOAT_ROOT/slow
	cc -shared -fPIC -o "$SUITE/slow-disk.so" "$TESTS/fault/slow-disk.c"
	LD_PRELOAD=$SUITE/slow-disk.so "$MOAT_BUILD/moatd" --root "$MOAT_ROOT" --socket "$SOCKET" >/dev/null 2>&1 3>&- &
	disown
	poll curl -fs --unix-socket "$SOCKET" http://moat/_ping
	with_busybox
	moat create --name one "$BUSYBOX" true >/dev/null
	moat create --name two "$BUSYBOX" true >/dev/null
}

teardown_file() {
	rm -f "$SLOW_DISK"
	file_teardown
}

teardown() {
	rm -f "$SLOW_DISK"
}

@test "slow disk: whatever only looks is answered while a change waits for the disk" {
	local waiting
	touch "$SLOW_DISK"
	"$MOAT_BUILD/moat" rename one uno >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	waiting=$!
	sleep 0.5
	moat ps -a | grep -q two
	is_state two created
	moat inspect one two >/dev/null
	moat image ls | grep -q busybox
	kill -0 "$waiting"
	rm "$SLOW_DISK"
	wait "$waiting"
	is_state uno created
}

@test "slow disk: a change survives the death of moatd as soon as it is answered" {
	moat rename uno one
	kill_moatd
	is_state one created
}

@test "slow disk: a name is taken by one only, however long that takes" {
	local pid first second failed=0
	kill_moatd
	LD_PRELOAD=$SUITE/slow-disk.so "$MOAT_BUILD/moatd" --root "$MOAT_ROOT" --socket "$SOCKET" >/dev/null 2>&1 3>&- &
	poll curl -fs --unix-socket "$SOCKET" http://moat/_ping
	touch "$SLOW_DISK"
	"$MOAT_BUILD/moat" rename one wanted >/dev/null 2>&1 3>&- &
	first=$!
	"$MOAT_BUILD/moat" rename two wanted >/dev/null 2>&1 3>&- &
	second=$!
	sleep 0.5
	rm "$SLOW_DISK"
	wait "$first" || failed=$((failed + 1))
	wait "$second" || failed=$((failed + 1))
	assert_equal "$failed" 1
	is_state wanted created
}
