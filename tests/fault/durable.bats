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
	assert_equal "$(moat ps -aq)" ""
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
}

@test "durable: what was saved is PostgreSQL's again, and serves pgbench from a second container, by name" {
	local programs
	moat volume inspect cluster >/dev/null 2>&1 || skip "there is no cluster from the test before"
	programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	moat network create --ipv6 db >/dev/null
	moat run -d --name durable --network db -u "$(id -u postgres):$(id -g postgres)" -v cluster:/db postgres sh -c "
		rm -f /db/data/postmaster.pid; echo host all all all trust >>/db/data/pg_hba.conf
		exec $programs/postgres -D /db/data -k /tmp -c listen_addresses='*' -c shared_buffers=4MB -c max_connections=9" >/dev/null
	run -0 moat run --rm --network db -e PGHOST=durable -e PGUSER=postgres -e PGDATABASE=postgres postgres sh -c "
		until $programs/pg_isready -q; do sleep 0.1; done
		echo 'INSERT INTO rows SELECT MAX(n) + 1, :client_id FROM rows ON CONFLICT DO NOTHING; SELECT COUNT(*) FROM rows;' >/tmp/script
		$programs/pgbench -n -f /tmp/script -c 4 -t 20"
	assert_has "number of transactions actually processed: 80/80"
	assert_has "number of failed transactions: 0 (0.000%)"
	moat rm -f durable
	moat network rm db
	moat volume rm cluster
}

@test "durable: nor PostgreSQL on a folder of the host's" {
	postgres 1 "$BATS_TEST_TMPDIR/bind"
}
