#!/usr/bin/env bats
# What a container was told is on the disk is there after its machine was killed. MOAT_DURABLE_KILLS=20 kills so often at each
# place.

load ../integration/lib

setup_file() {
	file_setup
	start_moatd
}

teardown_file() {
	file_teardown
}

teardown() {
	moat rm -fv durable >/dev/null 2>&1 || true
}

sqlite() {
	which sqlite3 >/dev/null || skip "sqlite3 is not installed"
	moat pull -q "$REGISTRY/test/sqlite" >/dev/null
	durable "$REGISTRY/test/sqlite" sqlite "$@"
}

postgres() {
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || skip "PostgreSQL is not installed"
	[ "$(id -u)" -eq 0 ] || skip "a cluster of another user's needs root"
	if ! moat image inspect postgres >/dev/null 2>&1; then
		python3 "$TESTS/integration/programimage.py" "$BATS_TEST_TMPDIR/root.tar" /usr/lib/postgresql/*/{bin,lib} /usr/share/postgresql/*/timezonesets \
			/usr/share/zoneinfo/{UTC,Etc/UTC}
		moat image import "$BATS_TEST_TMPDIR/root.tar" postgres >/dev/null
	fi
	durable postgres postgres "$@"
}

# durable IMAGE DATABASE KILLS PLACE
durable() {
	local kills=${MOAT_DURABLE_KILLS:-$3}
	timeout $((LIMIT + kills * 60)) python3 "$TESTS/fault/durable.py" "$MOAT_BUILD/moat" "$1" "$2" "$kills" "$4"
	moat ps -aq | run grep .
	assert_equal "$output" ""
}

@test "durable: sqlite on the container's own layer loses no row that was committed" {
	sqlite 2 layer
}

@test "durable: nor does sqlite on a volume" {
	sqlite 1 rows
	moat volume rm rows
}

@test "durable: nor sqlite on a folder of the host's" {
	sqlite 1 "$BATS_TEST_TMPDIR/bind"
}

@test "durable: PostgreSQL on the container's own layer loses no row that was committed" {
	postgres 1 layer
}

@test "durable: nor does PostgreSQL on a volume" {
	postgres 1 cluster
	moat volume rm cluster
}

@test "durable: nor PostgreSQL on a folder of the host's" {
	postgres 1 "$BATS_TEST_TMPDIR/bind"
}
