#!/usr/bin/env bats
# Zygotes: machines that spares are forked of, and nothing but the speed tells.

load lib
load spare

zygote_is_not() {
	local now
	now=$(zygote) && [ "$now" != "$1" ]
}

# row: starts of which most find no spare.
row() {
	for i in 1 2 3 4; do moat run --rm "$BUSYBOX" true & done
	wait
}

# keeps N: a row has so many wait, for a while at least.
keeps() {
	local i
	row
	for ((i = 0; i < 200; i++)); do
		spares "$1" && return
		sleep 0.1
	done
	return 1
}

keeps_zygote() {
	keeps 2 && zygote
}

# another_zygote PID: a row has another one made.
another_zygote() {
	keeps_zygote && zygote_is_not "$1"
}

# with_zygote: one is there, and a spare was forked of it.
with_zygote() {
	moat system spare set 1-2
	poll keeps_zygote
}

# forks_one: of a row of starts one at least is forked, unless spares are made faster than they are asked for.
forks_one() {
	zygote || keeps_zygote
	run timeout "$LIMIT" python3 "$TESTS/integration/clones.py" 6 \
		"$MOAT_BUILD/moat" run --rm -i --trace-start "$IDENTITY" identity
	[ "$status" -ne 0 ] || [[ $output == *"(a forked machine)"* ]]
}

@test "zygote: starts that find no spare are forked of it, and differ in what must be unique" {
	with_zygote
	poll forks_one
	echo "$output"
	assert_status 0
	assert_has "(a forked machine)"
}

# has_kin: of four containers one at least is of a machine that was forked of the zygote there is.
has_kin() {
	moat rm -f kin1 kin2 kin3 kin4 || true
	with_zygote
	for i in 1 2 3 4; do moat run -d --name "kin$i" "$BUSYBOX" sleep 1000 & done
	wait
	run ps -o ppid= -p "$(pid_of kin1),$(pid_of kin2),$(pid_of kin3),$(pid_of kin4)"
	assert_has "$(zygote)"
}

@test "zygote: when it is killed, what was forked of it goes on, and there is another one" {
	local pid
	poll has_kin
	pid=$(zygote)
	kill -9 "$pid"
	for i in 1 2 3 4; do
		run moat exec "kin$i" echo here
		assert_equal "$output" here
	done
	poll another_zygote "$pid"
	moat rm -f kin1 kin2 kin3 kin4
}

# switches PID: how often its threads have slept or waited.
switches() {
	cat /proc/"$1"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}

# sleeps: none of its threads has had anything to do for two seconds; ZYGOTE is its process. One that is gone by then, as
# rows end and starts on a busy host take long, says nothing.
sleeps() {
	local before
	with_zygote
	ZYGOTE=$(zygote)
	before=$(switches "$ZYGOTE")
	sleep 2
	[ "$(switches "$ZYGOTE")" = "$before" ] && ! gone "$ZYGOTE"
}

@test "zygote: it sleeps for good, goes with the spares, and ends with moatd" {
	local pid
	poll sleeps
	pid=$ZYGOTE
	moat system spare set 1
	poll gone "$pid"
	with_zygote
	pid=$(zygote)
	kill_moatd
	poll gone "$pid"
	moat run --rm "$BUSYBOX" true
}

@test "zygote: one that hangs is given up, and starts go on without" {
	local pid
	with_zygote
	pid=$(zygote)
	kill -STOP "$pid"
	for i in 1 2 3; do
		run moat run --rm "$BUSYBOX" echo fine
		assert_equal "$output" fine
	done
	poll gone "$pid"
	await_spare
	run moat run --rm "$BUSYBOX" echo fine
	assert_equal "$output" fine
}

stop_moatd() {
	local pid
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
}

complaints() {
	grep -c "machines are not forked but restored" "$MOAT_ROOT/moatd.log" || true
}

# not_forked BUILD: a moatd of these programs restores its spares, and says once why.
not_forked() {
	local before MOAT_BUILD=$1
	before=$(complaints)
	moat run --rm "$BUSYBOX" true
	moat system spare set 1-2
	for i in 1 2; do
		poll keeps 2
		run zygote
		assert_status 1
		run moat run --rm "$BUSYBOX" echo fine
		assert_equal "$output" fine
	done
	assert_equal "$(complaints)" $((before + 1))
	stop_moatd
}

@test "zygote: where the library is missing, or is not loaded, spares are restored, and the log says why" {
	local build=$BATS_TEST_TMPDIR/build
	mkdir "$build"
	cp "$MOAT_BUILD"/moat{,d,-shim,-init,-net,-fs,-unpack,-rehearsal,-clone-memory.so} "$build"
	stop_moatd
	not_forked "$build"
	echo "no library" >"$build/moat-zygote.so"
	not_forked "$build"
	assert_equal "$(grep -c "not forked.*moat-zygote.so" "$MOAT_ROOT/moatd.log")" 2
}
