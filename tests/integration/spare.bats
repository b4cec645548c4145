#!/usr/bin/env bats
# Spare machines: one waits for the next start, and nothing but the speed tells that it was used.

load lib
load spare

# from_spare NAME ARGUMENT…: moat run -d NAME in the machine that waits, and in no other.
from_spare() {
	local name=$1 pid
	shift
	pid=$(await_spare)
	moat run -d --name "$name" "$@" >/dev/null
	assert_equal "$(pid_of "$name")" "$pid"
}

@test "spare: the next start takes the machine that waits, and another one is made" {
	local pid next
	pid=$(await_spare)
	from_spare taken "$BUSYBOX" sleep 1000
	next=$(await_spare)
	[ "$pid" != "$next" ]
	assert_equal "$(moat inspect taken | jq -r '.[0].Moat.Restored')" true
	moat rm -f taken
	poll gone "$pid"
}

@test "spare: output, exit status, environment and terminal are as in any machine" {
	await_spare
	run moat run --rm -e A=b --hostname there -w /tmp "$BUSYBOX" sh -c 'echo $A $(hostname) $PWD; exit 7'
	assert_status 7
	assert_equal "$output" "b there /tmp"
	await_spare
	run python3 "$TESTS/integration/terminal.py" 24x80 -- "$MOAT_BUILD/moat" run --rm -it "$BUSYBOX" tty
	assert_status 0
	assert_has /dev/pts/
}

@test "spare: nothing of the rehearsal is left in it" {
	from_spare clean "$BUSYBOX" sleep 1000
	run moat exec clean sh -c 'ls /scratch /rehearsal; ps -o pid,args; cat /proc/mounts /proc/self/cgroup;
		cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max; true'
	[[ $output != *rehearsal\ * && $output != *"/scratch"$'\n'* ]]
	assert_has "No such file"
	assert_has " 1 sleep 1000"
	assert_has "0::/"
	assert_has $'max\nmax\nmax 100000'
	# Nor is what it took of the host's processors the container's.
	[ "$(said_msec clean)" -lt $(($(host_msec "$(engine_pid clean)") - 50)) ]
	moat rm -f clean
}

@test "spare: limits are the container's" {
	from_spare limited -m 64m --pids-limit 20 "$BUSYBOX" sleep 1000
	run moat exec limited sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max'
	assert_equal "$output" $'67108864\n20'
	moat rm -f limited
}

@test "spare: machines from one template differ in what must be unique" {
	local what='cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id; head -c 16 /dev/urandom | xxd -p'
	await_spare
	moat run --rm "$BUSYBOX" sh -c "$what" >"$BATS_TEST_TMPDIR/a"
	await_spare
	moat run --rm "$BUSYBOX" sh -c "$what" >"$BATS_TEST_TMPDIR/b"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/a")" 3
	run grep -xFf "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	assert_status 1
}

@test "spare: a container that is started again finds its files in it" {
	local pid
	from_spare kept "$BUSYBOX" sh -c 'cat /file && exit; echo more >/file; exec sleep 1000'
	poll moat exec kept test -s /file
	moat kill kept
	pid=$(await_spare)
	run moat start -a kept
	assert_status 0
	assert_equal "$output" more
	poll gone "$pid"
	moat rm kept
}

@test "spare: a read-only root stays one" {
	await_spare
	run moat run --rm --read-only "$BUSYBOX" sh -c 'touch /x; echo $?'
	assert_has "Read-only file system"
}

@test "spare: a container that goes when it ends keeps its files over a restart" {
	from_spare brief --rm "$BUSYBOX" sh -c 'echo x >>/count; trap "exit 0" TERM; while :; do sleep 0.1; done'
	poll moat exec brief test -s /count
	moat restart brief
	poll moat exec brief sh -c '[ "$(wc -l </count)" = 2 ]'
	moat stop brief
	poll no_container brief
}

@test "spare: one that was killed is replaced" {
	local pid
	pid=$(await_spare)
	kill -9 "$pid"
	replaced() { [ "$(spare)" != "$pid" ] && spare; }
	poll replaced
	run moat run --rm "$BUSYBOX" echo fine
	assert_equal "$output" fine
}

@test "spare: a start that finds a dead one does without" {
	local pid
	pid=$(await_spare)
	kill -STOP "$(moatd_pid)"
	kill -9 "$pid"
	poll gone "$pid"
	kill -CONT "$(moatd_pid)"
	run moat run --rm "$BUSYBOX" echo fine
	assert_status 0
	assert_equal "$output" fine
}

# spare_shim: the shim of the machine that waits.
spare_shim() {
	local machine pid
	await_spare >/dev/null
	machine=$(curl -sS --unix-socket "$SOCKET" http://moat/moat/spares | jq -r '.Machines[0].Machine')
	for pid in $(users_of "machines/$machine"); do
		if [ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$MOAT_BUILD/moat-shim")" ]; then
			echo "$pid"
		fi
	done
}

@test "spare: its folder stays until the container has taken what it needs from it" {
	local shim engine
	engine=$(await_spare)
	shim=$(spare_shim)
	kill -STOP "$shim"
	moat run --rm "$BUSYBOX" echo first >"$BATS_TEST_TMPDIR/first" &
	poll was_taken "$engine"
	run moat run --rm "$BUSYBOX" echo second
	assert_equal "$output" second
	kill -CONT "$shim"
	wait $!
	assert_equal "$(cat "$BATS_TEST_TMPDIR/first")" first
}

@test "spare: a container whose machine died as it was given away gets another one" {
	local shim engine
	engine=$(await_spare)
	shim=$(spare_shim)
	kill -STOP "$shim"
	moat run --name orphan "$BUSYBOX" echo fine >"$BATS_TEST_TMPDIR/out" &
	poll was_taken "$engine"
	kill -9 "$engine"
	kill -CONT "$shim"
	wait $!
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" fine
	assert_equal "$(moat inspect orphan | jq -c '.[0].Moat | [.Restored, .Spare]')" "[true,false]"
	moat rm orphan
}

@test "spare: one that hangs is given up, and its template is not to blame" {
	local engine
	engine=$(await_spare)
	kill -STOP "$engine"
	run moat run --name hasty "$BUSYBOX" echo fine
	assert_equal "$output" fine
	assert_equal "$(moat inspect hasty | jq -c '.[0].Moat | [.Restored, .Spare]')" "[true,false]"
	poll gone "$engine"
	! grep -q "thrown away" "$MOAT_ROOT/moatd.log"
	moat rm hasty
}

@test "spare: restart of a container that is just starting keeps its files" {
	local shim engine
	engine=$(await_spare)
	shim=$(spare_shim)
	kill -STOP "$shim"
	moat run -d --rm --name eager "$BUSYBOX" sh -c 'echo x >>/count; sleep 1000' >/dev/null &
	poll was_taken "$engine"
	moat restart -t 2 eager &
	sleep 0.3
	kill -CONT "$shim"
	wait
	twice() { [ "$(moat exec eager cat /count | wc -l)" = 2 ]; }
	poll twice
	moat rm -f eager
}

@test "spare: a start of one that runs leaves what is known of its start" {
	from_spare running "$BUSYBOX" sleep 1000
	moat start running
	assert_equal "$(moat inspect running | jq -c '.[0].Moat | [.Restored, .Spare, (.TimesUsec | has("started"))]')" "[true,true,true]"
	moat rm -f running
}

@test "spare: another kernel makes it useless, and it goes" {
	local pid
	pid=$(await_spare)
	moat system kernel set "$MOAT_BUILD/guest-kernel"
	poll gone "$pid"
	run moat run --rm "$BUSYBOX" echo fine
	assert_equal "$output" fine
	moat system kernel set "$MOAT_TEST_KERNEL"
	moat run --rm "$BUSYBOX" true
}

@test "spare: one goes with moatd, and the next moatd makes its own" {
	local pid
	pid=$(await_spare)
	kill_moatd
	poll gone "$pid"
	run moat run --rm "$BUSYBOX" echo fine
	assert_equal "$output" fine
	[ "$(await_spare)" != "$pid" ]
}

@test "spare: system start has one made before anything is started" {
	local pid
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
	moat system start
	await_spare
}

@test "spare: a container outlives moatd in what was a spare" {
	from_spare lasting "$BUSYBOX" sh -c 'while :; do echo tick; sleep 0.2; done'
	kill_moatd
	poll is_state lasting running
	run moat exec lasting echo here
	assert_equal "$output" here
	moat rm -f lasting
	moat run --rm "$BUSYBOX" true
}

@test "spare: they are counted, and can be switched off" {
	await_spare
	run moat system df
	assert_has "Spare Machines   1"
	moat system spare set 0
	poll no_spare
	run moat run --rm "$BUSYBOX" echo fine
	assert_equal "$output" fine
	no_spare
	run moat system spare set many
	assert_error 1 '"many" is no number'
	run moat system spare set 4-2
	assert_error 1 '"4-2" is no number'
	run moat system spare set 1000
	assert_error 1 "from 0 to 64"
	moat system spare set 1
	await_spare
}

# several N: more than one waits, and at most N.
several() {
	local n
	n=$(ready | wc -l)
	[ "$n" -gt 1 ] && [ "$n" -le "$1" ]
}

# How many depends on how many starts found none, which those that are forked meanwhile make fewer.
@test "spare: starts in a row get more of them, within bounds; a start alone does not" {
	local pids
	moat system spare set 1-3
	await_spare
	moat run --rm "$BUSYBOX" true
	await_spare
	sleep 1
	spares 1
	# At once, so that they follow each other soon on a busy host too.
	pids=$(for i in 1 2 3 4; do moat run -d --rm "$BUSYBOX" sleep 1000 & done; wait)
	poll several 3
	moat rm -f $pids >/dev/null
	sleep 1
	poll several 3
	moat system spare set 1
	poll spares 1
}

@test "spare: --trace-start tells when each step was done, in order, and the machine's kind" {
	local steps
	await_spare
	moat run --rm --trace-start "$BUSYBOX" echo ok >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/trace"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ok
	grep -q "a spare machine" "$BATS_TEST_TMPDIR/trace"
	steps=$(awk 'NR > 1 { print $1 }' "$BATS_TEST_TMPDIR/trace" | paste -sd ' ')
	assert_equal "$steps" "created attached asked template begun engine ready started output exited ended answered"
	moat run --rm --cold --trace-start "$BUSYBOX" true 2>&1 | grep -q "a booted machine"
}
