#!/usr/bin/env bats
# Folders and files of the host in containers: moat-fs, moat-shim and moat-init together.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run --name seed "$BUSYBOX" true
}

teardown_file() {
	file_teardown
}

# shared TEST: what shares.py tests, in a machine of its own.
shared() {
	run timeout 400 python3 "$TESTS/integration/shares.py" "$1" "$MOAT_BUILD/moat-shim" \
		"$MOAT_ROOT/containers/$(id_of seed)" "$BATS_TEST_TMPDIR/machine"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "shares: files do in a container what they do on the host" {
	shared semantics
}

@test "shares: folders and files are at their places, the deepest on top" {
	shared places
}

@test "shares: what cannot be mounted is refused, and the machine goes on" {
	shared refusals
}

@test "shares: two containers of a machine have their own, and so has the next in a place" {
	shared two
}

@test "shares: a server that is gone makes what is mounted fail, and nothing hang" {
	shared abandoned
}

@test "shares: a new volume gets what the image has" {
	shared fresh
}

@test "shares: what one side changes the other sees" {
	shared seen
}

@test "shares: watchers in the container hear of what the host does" {
	shared watched
}
