#!/usr/bin/env bats
# Machines restored from one template are each their own: nothing that must differ is the same.

load lib

IDENTITY=$REGISTRY/test/identity:latest

setup_file() {
	file_setup bare
	start_moatd
	moat pull -q "$IDENTITY" >/dev/null
}

teardown_file() {
	file_teardown
}

@test "unique: 50 clones have no random value, name or address in common, and the host's time" {
	# Two processors: each has a generator of its own.
	run timeout "$LIMIT" python3 "$TESTS/integration/clones.py" 50 \
		"$MOAT_BUILD/moat" run --rm -i --cpus 2 "$IDENTITY" identity
	echo "$output"
	assert_status 0
	assert_has "50 machines"
	cat "$MOAT_ROOT/moatd.log"
	# Clones they were: nothing was booted but the one template.
	assert_equal "$(grep -E 'thrown away|booted' "$MOAT_ROOT/moatd.log")" ""
	assert_equal "$(grep -c ' template .* made in ' "$MOAT_ROOT/moatd.log")" 1
}

@test "unique: what is told is all there is to tell" {
	run moat run --rm --cpus 2 "$IDENTITY" identity </dev/null
	assert_status 0
	for name in getrandom-cpu0 getrandom-cpu1 rdrand-cpu0 rdrand-cpu1 urandom-cpu0 urandom-cpu1 uuid-cpu0 uuid-cpu1 at-random canary stack \
		program heap mapping vdso hostname boot_id; do
		assert_has "$name "
	done
}

@test "unique: a machine that was paused has the host's time again" {
	local before after now
	moat run -d --name paused "$IDENTITY" sleep 100000 >/dev/null
	moat pause paused
	sleep 3
	moat unpause paused
	caught_up() {
		before=$(date +%s)
		now=$(moat exec paused date +%s)
		after=$(date +%s)
		[ "$now" -ge "$before" ] && [ "$now" -le "$after" ]
	}
	poll caught_up
	moat rm -f paused
}
