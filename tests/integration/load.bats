#!/usr/bin/env bats
# Much at once, long in a row, and large: nothing is lost, doubled or stuck, also where moatd is killed in the middle.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run -d --name box "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.2; done; echo last word; sleep 1000' >/dev/null
}

teardown_file() {
	file_teardown
}

# run_many FIRST LAST: that many at once; each leaves its output and its status in files.
run_many() {
	local i
	for i in $(seq "$1" "$2"); do
		(
			status=0
			timeout -k 5 "$LIMIT" "$MOAT_BUILD/moat" run --rm "$BUSYBOX" sh -c "echo out $i; echo err $i >&2; exit $((i % 100))" \
				>"$BATS_TEST_TMPDIR/out.$i" 2>"$BATS_TEST_TMPDIR/err.$i" || status=$?
			echo "$status" >"$BATS_TEST_TMPDIR/status.$i"
		) 3>&- &
	done
}

# was_exact I: the run had its own output and status.
was_exact() {
	[ "$(cat "$BATS_TEST_TMPDIR/out.$1" "$BATS_TEST_TMPDIR/err.$1" "$BATS_TEST_TMPDIR/status.$1")" = "out $1
err $1
$(($1 % 100))" ]
}

only_box_is_left() {
	[ "$(moat ps -aq | wc -l)" -eq 1 ]
}

@test "load: 50 runs at once: each has its own output and exit status, and is removed" {
	local i
	run_many 1 50
	wait
	for i in $(seq 50); do
		was_exact "$i" || (tail -n 3 "$BATS_TEST_TMPDIR"/*."$i" && false)
	done
	poll only_box_is_left
}

@test "load: moatd is killed under ten runs: each ends, right or with a reason, and none is left running" {
	local i
	run_many 1 10
	poll eval '[ -n "$(ls -A "$MOAT_ROOT/containers" | sed -n 3p)" ]'
	sleep 0.5
	kill_moatd
	wait
	for i in $(seq 10); do
		was_exact "$i" || { [ "$(cat "$BATS_TEST_TMPDIR/status.$i")" -eq 125 ] && [ -s "$BATS_TEST_TMPDIR/err.$i" ]; } ||
			(tail -n 3 "$BATS_TEST_TMPDIR"/*."$i" && false)
	done
	poll eval '[ "$(moat ps -q | wc -l)" -eq 1 ]'
	moat container prune -f
	poll only_box_is_left
}

# Of those that began by themselves, and not as children of the container's, only the first is left.
only_one_began() {
	[ "$(moat top box | awk 'NR > 1 && $3 == 0' | wc -l)" -eq 1 ]
}

@test "load: 1,000 execs in one machine one after another, moatd killed in between" {
	local crowd
	timeout "$LIMIT" python3 "$TESTS/integration/crowd.py" execs box 1000 >"$BATS_TEST_TMPDIR/count" 3>&- &
	crowd=$!
	sleep 3
	kill_moatd
	wait "$crowd"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/count")" 1000
	poll only_one_began
}

@test "load: 200 idle attached clients hold nothing up, and hear what comes when moatd was killed" {
	local crowd
	timeout "$LIMIT" python3 "$TESTS/integration/crowd.py" attach box 200 "$BATS_TEST_TMPDIR/attached" >"$BATS_TEST_TMPDIR/count" 3>&- &
	crowd=$!
	poll test -s "$BATS_TEST_TMPDIR/attached"
	assert_equal "$(moat exec box echo between)" between
	kill_moatd
	moat exec box touch /go
	wait "$crowd"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/count")" 200
}

@test "load: 250 MiB on standard output and on standard error at once, exact through run and logs, moatd killed in both" {
	local dir=$BATS_TEST_TMPDIR noise=$BATS_TEST_TMPDIR/noise chunk pid sum
	# The same in the guest and here: numbered lines of 100 bytes, whose order is checked with them.
	chunk="seq 5000000 5007999 | sed 's/$/ $(printf %091d 0)/'"
	"$MOAT_BUILD/moat" run --name loud --log-opt max-size=-1 "$BUSYBOX" \
		sh -c "$chunk >/chunk"'; big() { i=0; while [ $i -lt 328 ]; do cat /chunk; i=$((i + 1)); done; }; big & big >&2; wait' \
		>"$dir/out" 2>"$dir/err" 3>&- &
	pid=$!
	poll test -s "$dir/out"
	kill_moatd
	wait "$pid"
	sh -c "$chunk" >"$noise"
	sum=$(for _ in $(seq 328); do cat "$noise"; done | sha256sum)
	assert_equal "$(sha256sum <"$dir/out")" "$sum"
	assert_equal "$(sha256sum <"$dir/err")" "$sum"
	rm "$dir/out" "$dir/err"
	"$MOAT_BUILD/moat" logs loud > >(sha256sum >"$dir/out.sum") 2> >(sha256sum >"$dir/err.sum") 3>&- &
	pid=$!
	sleep 0.5
	kill_moatd
	wait "$pid"
	poll test -s "$dir/out.sum"
	poll test -s "$dir/err.sum"
	assert_equal "$(cat "$dir/out.sum")" "$sum"
	assert_equal "$(cat "$dir/err.sum")" "$sum"
	moat rm loud
}

@test "load: 100 MiB of standard input arrive exactly, moatd killed meanwhile" {
	local sum
	head -c 100M /dev/urandom >"$BATS_TEST_TMPDIR/in"
	"$MOAT_BUILD/moat" run -i --name eater "$BUSYBOX" sh -c 'echo ready; exec sha256sum' \
		<"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 3>&- &
	poll grep -q ready "$BATS_TEST_TMPDIR/out"
	kill_moatd
	wait $!
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" "$(sha256sum <"$BATS_TEST_TMPDIR/in")"
	moat rm eater
}

@test "load: a client that vanishes while it is attached holds nothing up and takes nothing with it" {
	local pid
	"$MOAT_BUILD/moat" run --name flood "$BUSYBOX" sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); echo "line $i"; done; sleep 1000' \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	poll test -s "$BATS_TEST_TMPDIR/out"
	kill -9 "$pid"
	poll log_has flood "line 30000"
	moat logs flood | diff <(seq -f "line %g" 30000) -
	# One that does not read holds the workload up; gone, it does not.
	moat exec flood true
	is_state flood running
	moat rm -f flood
}
