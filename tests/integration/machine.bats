#!/usr/bin/env bats
# Several containers in one machine: what moat-shim and moat-init do beyond what moatd asks for yet.

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

# together TEST: what machine.py tests, in a machine of its own.
together() {
	run timeout "$LIMIT" python3 "$TESTS/integration/machine.py" "$1" "$MOAT_BUILD/moat-shim" \
		"$MOAT_ROOT/containers/$(id_of seed)" "$BATS_TEST_TMPDIR/machine"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "machine: two containers share it and nothing else, and the end of one leaves the other alone" {
	together two
}

@test "machine: a container that is removed leaves nothing behind" {
	together remove
}

@test "machine: 200 containers one after the other leave its memory where it was" {
	together many
}

@test "machine: it rests without a container, and goes on with the next" {
	together rest
}

@test "machine: its network comes with a container, changes while that runs, and goes with the last" {
	needs_tap
	together network
}

@test "machine: a container whose network cannot be is not started, and says why" {
	needs_tap
	together bad_network
}

@test "machine: networks that come and go leave its memory where it was" {
	needs_tap
	together many_networks
}

@test "machine: it is there while a container runs or somebody holds it, and no longer" {
	together hold
}
