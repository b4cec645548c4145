#!/usr/bin/env bats
# What a container was told is on the disk is there after its machine was killed.

load ../integration/lib

setup_file() {
	which sqlite3 >/dev/null || skip "sqlite3 is not installed"
	file_setup
	start_moatd
	moat pull -q "$REGISTRY/test/sqlite" >/dev/null
}

teardown_file() {
	file_teardown
}

durable() {
	timeout "$LIMIT" python3 "$TESTS/fault/durable.py" "$MOAT_BUILD/moat" "$REGISTRY/test/sqlite" "$@"
}

@test "durable: a database on the container's own layer loses no row that was committed" {
	durable 2 layer
	moat ps -aq | run grep .
	assert_equal "$output" ""
}

@test "durable: nor does one on a volume" {
	durable 1 rows
	moat volume rm rows
}
