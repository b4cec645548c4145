#!/usr/bin/env bats
# What holds the processes of a machine, seen from outside; tests/unit/jail tries it from inside.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

# groups_of PID: the control groups of a machine that it is in, as folders.
groups_of() {
	local controllers path
	while IFS=: read -r _ controllers path; do
		case $path in
		*/moat/*) echo "/sys/fs/cgroup/$controllers$path" ;;
		esac
	done <"/proc/$1/cgroup"
}

@test "jail: the shim of a running container has a filter, and starts nothing more" {
	moat run -d --name held "$BUSYBOX" sleep 600 >/dev/null
	local shim
	shim=$(shim_pid held)
	poll grep -q $'^Seccomp:\t2$' "/proc/$shim/status"
	grep -q $'^NoNewPrivs:\t1$' "/proc/$shim/status"
	assert_equal "$(moat exec held echo works)" works
	echo content >"$BATS_TEST_TMPDIR/file"
	moat cp "$BATS_TEST_TMPDIR/file" held:/file
	assert_equal "$(moat exec held cat /file)" content
	moat pause held
	moat unpause held
	moat stop -t 1 held
	assert_equal "$(moat inspect -f '{{.State.ExitCode}}' held)" 137
	moat start held
	moat rm -f held
}

@test "jail: the engine is alone among its processes, and has limits" {
	moat run -d --name alone "$BUSYBOX" sleep 600 >/dev/null
	local engine limits
	engine=$(engine_pid alone)
	if moat system info | grep -q "namespaces of its own\($\|[,;]\)"; then
		# Here, and in a namespace of its own, where it is the first.
		grep -qE $'^NSpid:.*\t1$' "/proc/$engine/status"
	fi
	limits=$(cat "/proc/$engine/limits")
	! grep -E '^Max (data size|address space|file size|open files) +unlimited' <<<"$limits"
	grep -qE '^Max locked memory +0 ' <<<"$limits"
	grep -qE '^Max core file size +0 ' <<<"$limits"
	moat rm -f alone
}

@test "jail: a machine has a control group, which goes with it" {
	moat system info | grep -q ', a control group of its own' || skip "there can be none here"
	moat run -d --name grouped "$BUSYBOX" sleep 600 >/dev/null
	local groups group
	groups=$(groups_of "$(engine_pid grouped)")
	[ -n "$groups" ]
	for group in $groups; do
		[ -d "$group" ]
	done
	moat stop -t 1 grouped
	for group in $groups; do
		poll test ! -e "$group"
	done
	moat rm grouped
}
