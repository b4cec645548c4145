#!/usr/bin/env bats
# Containers over time: run -d, ps, logs, exec, stop, kill, start, rm, wait, inspect.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat pull -q "$REGISTRY/test/configured:latest" >/dev/null
	# One long-lived container for all tests that only look at or exec into a running one.
	moat run -d --name box -e FROM_RUN=yes "$BUSYBOX" sh -c 'echo started; exec sleep 100000' >/dev/null
}

teardown_file() {
	file_teardown
}

@test "run -d: prints the id and returns while the workload runs" {
	run --separate-stderr moat run -d --name detached "$BUSYBOX" sleep 1000
	assert_status 0
	[[ $output =~ ^[0-9a-f]{64}$ ]]
	is_state detached running
	moat rm -f detached
}

@test "ps: shows running containers, -a all, -q ids" {
	moat run --name ended "$BUSYBOX" sh -c 'exit 3' || true
	run moat ps
	assert_has box
	assert_has "$BUSYBOX"
	[[ $output != *ended* ]]
	run moat ps -a
	assert_has ended
	assert_has "Exited (3)"
	run moat ps -q
	assert_equal "${#lines[@]}" 1
	[[ $(id_of box) == "$output"* ]]
	moat rm ended
}

@test "inspect: state, image, command, in docker's words; by name, id and prefix" {
	local id
	id=$(id_of box)
	assert_equal "$(moat inspect box | jq -r '.[0].State.Running')" true
	assert_equal "$(moat inspect box | jq -r '.[0].Name')" /box
	assert_equal "$(moat inspect "${id:0:10}" | jq -r '.[0].Id')" "$id"
	assert_equal "$(moat inspect box | jq -r '.[0].Config.Image')" "$BUSYBOX"
	run moat inspect nosuch
	assert_error 1 nosuch
}

@test "exec: output and exit status are those of the process" {
	run --separate-stderr moat exec box sh -c 'echo out; echo err >&2; exit 9'
	assert_status 9
	assert_equal "$output" out
	assert_equal "$stderr" err
}

@test "exec: a process killed by a signal gives 128 + signal" {
	run moat exec box sh -c 'kill -9 $$'
	assert_status 137
	run moat exec box sh -c 'kill -TERM $$'
	assert_status 143
}

@test "exec: shares processes, files and environment with the container" {
	run moat exec box sh -c 'echo "$FROM_RUN"; ps | grep -c "sleep 10000[0]"; echo shared >/tmp/f'
	assert_equal "$output" $'yes\n1'
	assert_equal "$(moat exec box cat /tmp/f)" shared
}

@test "exec: -e, -w, -u" {
	run moat exec -e X=1 -w /etc -u alice box sh -c 'echo "$X $PWD $(id -un)"'
	assert_equal "$output" "1 /etc alice"
}

@test "exec: a folder that is not there is an error, and is not made" {
	run -127 moat exec -w /nosuchfolder box pwd
	assert_error 127 'chdir to cwd ("/nosuchfolder") failed'
	run ! moat exec box ls -d /nosuchfolder
}

@test "wait: outlives moatd" {
	local waiting pid status=0
	moat run -d --name awaited "$BUSYBOX" sleep 100000 >/dev/null
	moat wait awaited >"$BATS_TEST_TMPDIR/code" &
	waiting=$!
	sleep 0.5
	kill_moatd
	moat kill awaited
	wait "$waiting" || status=$?
	[ "$status" -eq 0 ]
	assert_equal "$(cat "$BATS_TEST_TMPDIR/code")" 137
	moat rm awaited
}

@test "exec: -i carries standard input and its end" {
	run bash -c 'seq 100000 | timeout "$LIMIT" "$MOAT_BUILD/moat" exec -i box cat | sha256sum'
	assert_equal "$output" "$(seq 100000 | sha256sum)"
}

@test "exec -t: has a terminal" {
	run python3 "$TESTS/integration/terminal.py" 20x70 'expect:#' 'send:stty size\n' 'expect:20 70' \
		'send:exit 6\n' -- "$MOAT_BUILD/moat" exec -it box sh
	assert_status 6
	assert_equal "${lines[-1]}" cooked
}

@test "exec: unknown commands are 127, what cannot be executed 126" {
	run -127 moat exec box nosuchcommand
	assert_error 127 nosuchcommand
	run moat exec box /etc/passwd
	assert_error 126
}

@test "exec: twenty at once each get their own output" {
	local i pids=()
	for i in $(seq 20); do
		moat exec box sh -c "echo $i; echo $i >&2" >"$BATS_TEST_TMPDIR/$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in $(seq 20); do
		assert_equal "$(cat "$BATS_TEST_TMPDIR/$i")" "$i"$'\n'"$i"
	done
}

@test "exec: a hundred one after the other in one machine" {
	local i
	for i in $(seq 100); do
		assert_equal "$(moat exec box echo "$i")" "$i"
	done
}

@test "exec: in an unknown or ended container is an error" {
	run moat exec nosuch true
	assert_error 1 nosuch
	moat run --name over "$BUSYBOX" true
	run moat exec over true
	[ "$status" -ne 0 ]
	assert_has running
	moat rm over
}

@test "logs: what was written, -n the last lines, -f until the end" {
	local pid
	moat run -d --name talker "$BUSYBOX" \
		sh -c 'for i in 1 2 3; do echo line $i; done; echo bad >&2; while [ ! -e /go ]; do sleep 0.1; done; echo last' >/dev/null
	poll log_has talker "bad"
	run --separate-stderr moat logs talker
	assert_equal "$output" $'line 1\nline 2\nline 3'
	assert_equal "$stderr" bad
	run moat logs -n 2 talker
	assert_equal "${#lines[@]}" 2
	moat logs -f talker >"$BATS_TEST_TMPDIR/follow" 2>/dev/null &
	pid=$!
	poll grep -q "line 3" "$BATS_TEST_TMPDIR/follow"
	# Detached: its process may end with the container, before it has ended by itself.
	moat exec -d talker touch /go
	wait "$pid"
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/follow")" last
	assert_equal "$(moat wait talker)" 0
	moat rm talker
}

@test "logs: bytes are exact, also without a newline at the end" {
	moat run --name exact "$BUSYBOX" sh -c 'printf "a\r\n\tb\\0c\n\nno newline"' >/dev/null
	assert_equal "$(moat logs exact | od -c)" "$(printf 'a\r\n\tb\0c\n\nno newline' | od -c)"
	moat rm exact
}

@test "logs --boot: the guest's console" {
	run moat logs --boot box
	assert_status 0
	assert_equal "$output" "$(cat "$MOAT_ROOT/containers/$(id_of box)/machine/boot.log")"
}

@test "stop: sends the image's stop signal, and the exit status is the workload's" {
	moat run -d --name polite --entrypoint /bin/waiter "$REGISTRY/test/configured:latest" >/dev/null
	poll log_has polite ready
	moat stop polite
	assert_equal "$(moat inspect polite | jq '.[0].State.ExitCode')" 7
	assert_equal "$(moat logs polite | tail -n 1)" "got usr1"
	moat rm polite
}

@test "stop -t: kills what does not go by itself" {
	moat run -d --name stubborn "$BUSYBOX" sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' >/dev/null
	poll log_has stubborn ready
	moat stop -t 1 stubborn
	assert_equal "$(moat inspect stubborn | jq '.[0].State.ExitCode')" 137
	moat rm stubborn
}

@test "stop: of one that has ended is no error" {
	moat run --name done "$BUSYBOX" true
	moat stop done
	moat rm done
}

@test "kill: SIGKILL by default, -s another" {
	moat run -d --name victim "$BUSYBOX" sh -c 'trap "exit 11" HUP; echo ready; while :; do sleep 0.1; done' >/dev/null
	poll log_has victim ready
	moat kill -s HUP victim
	assert_equal "$(moat wait victim)" 11
	moat start victim
	poll is_state victim running
	moat kill victim
	assert_equal "$(moat wait victim)" 137
	run moat kill victim
	[ "$status" -ne 0 ]
	moat rm victim
}

@test "kill, stop, restart: what the workload had written is on its disk" {
	moat run -d --name writer "$BUSYBOX" \
		sh -c '[ -e /after ] || dd if=/dev/zero of=/big bs=1M count=64 2>/dev/null; echo >/after; echo written; sleep 1000' >/dev/null
	poll log_has writer written
	moat kill writer
	moat start writer
	assert_equal "$(moat exec writer sh -c 'wc -c </big')" 67108864
	moat exec writer sh -c 'echo x >/x'
	moat restart -t 0 writer
	assert_equal "$(moat exec writer cat /x)" x
	moat rm -f writer
}

# Runs one whose attached client takes none of its output; fd 8 is what it writes to.
stalled() {
	moat run --name "$1" "$BUSYBOX" yes >"$BATS_TEST_TMPDIR/pipe" 8<&- &
	poll is_state "$1" running
	sleep 1
}

@test "stop, kill, rm -f: a client that does not take its output does not keep the container" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 8<>"$BATS_TEST_TMPDIR/pipe"
	stalled stuck
	moat stop -t 1 stuck
	is_state stuck exited
	moat rm stuck
	stalled stuck
	moat kill stuck
	is_state stuck exited
	moat rm stuck
	stalled stuck
	moat rm -f stuck
	no_container stuck
	exec 8<&-
	wait
}

@test "kill: ends the machine of a guest that hangs" {
	local engine
	moat run -d --name hung "$BUSYBOX" sleep 1000 >/dev/null
	engine=$(engine_pid hung)
	kill -STOP "$engine"
	moat kill hung
	is_state hung exited
	poll gone "$engine"
	assert_equal "$(moat inspect hung | jq '.[0].State.ExitCode')" 137
	moat rm hung
}

@test "kill: is told before the end that it brings" {
	local since
	since=$(date +%s)
	moat run -d --name told "$BUSYBOX" sleep 1000 >/dev/null
	moat kill told
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=told
	assert_equal "$(awk '{ print $3 }' <<<"$output" | xargs)" "create start kill die"
	moat rm told
}

@test "start: of one that is about to remove itself leaves no machine behind" {
	local i
	for i in 1 2 3 4 5; do
		moat run -d --rm --name fading "$BUSYBOX" sleep 1000 >/dev/null
		for _ in {1..20}; do moat start fading; done >/dev/null 2>&1 &
		moat kill fading
		wait $! || true
		poll no_container fading
	done
	# A shim is there a moment longer than its container, until the machine's memory is freed.
	as_many_shims() { [ "$(pgrep -fc "moat-shim.*$MOAT_ROOT/" || true)" = "$(moat ps -q | wc -l)" ]; }
	poll as_many_shims
}

@test "kill: an unknown signal is an error that names it" {
	run moat kill -s NOSUCH box
	[ "$status" -ne 0 ]
	assert_has NOSUCH
	is_state box running
}

@test "start: runs a container again with the files it had, -a attaches" {
	moat run --name again "$BUSYBOX" sh -c 'echo x >>/count; wc -l </count; exit 2' || true
	run --separate-stderr moat start -a again
	assert_status 2
	assert_equal "$output" 2
	assert_equal "$(moat logs again)" $'1\n2'
	moat rm again
}

@test "start: of a running container is no error, of an unknown one is" {
	moat start box
	run moat start nosuch
	assert_error 1 nosuch
}

@test "wait: prints the exit status, and waits for it" {
	local pid
	moat run -d --name awaited "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.1; done; exit 33' >/dev/null
	moat wait awaited >"$BATS_TEST_TMPDIR/code" &
	pid=$!
	moat exec -d awaited touch /go
	wait "$pid"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/code")" 33
	moat rm awaited
}

@test "rm: refuses a running container, -f removes it with its machine" {
	local engine
	moat run -d --name busy "$BUSYBOX" sleep 1000 >/dev/null
	run moat rm busy
	[ "$status" -ne 0 ]
	assert_has busy
	engine=$(engine_pid busy)
	moat rm -f busy
	poll gone "$engine"
	run moat inspect busy
	assert_error 1 busy
}

@test "rm: takes the container's folder along" {
	local id
	moat run --name remains "$BUSYBOX" true
	id=$(id_of remains)
	[ -d "$MOAT_ROOT/containers/$id" ]
	moat rm remains
	[ ! -e "$MOAT_ROOT/containers/$id" ]
}

@test "run -d --rm: a detached container removes itself" {
	moat run -d --rm --name fleeting "$BUSYBOX" true >/dev/null
	poll no_container fleeting
}

@test "lifecycle: the long-lived container saw none of this" {
	is_state box running
	assert_equal "$(moat logs box)" started
	moat rm -f box
}
