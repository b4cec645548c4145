#!/usr/bin/env bats
# moat run: what a workload gets, and what comes back from it.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat pull -q "$REGISTRY/test/configured:latest" >/dev/null
}

teardown_file() {
	file_teardown
}

@test "run: output of the workload is the output of run, and --rm leaves no container" {
	run --separate-stderr moat run --rm "$BUSYBOX" sh -c 'echo out; echo err >&2'
	assert_status 0
	assert_equal "$output" out
	assert_equal "$stderr" err
	assert_equal "$(moat ps -aq)" ""
}

@test "run: exit status of the workload is the exit status of run" {
	run moat run --rm "$BUSYBOX" sh -c 'exit 42'
	assert_status 42
}

# bats test_tags=kernel
@test "run: a device node can be made, but the machine's disks and consoles not opened with it" {
	run moat run --rm "$BUSYBOX" sh -c 'mknod /disk b 254 16 && mknod /port c 4 64 && mknod /console c 5 1 &&
		mknod /void c 1 3 && echo x >/void || exit 1
		for node in /disk /port /console; do head -c 1 "$node" && exit 2; done; exit 0'
	assert_status 0
}

# bats test_tags=kernel
@test "run: the kernel is the guest's, not the host's" {
	run moat run --rm "$BUSYBOX" uname -r
	assert_status 0
	assert_equal "$output" "$(cat "$MOAT_TEST_KERNEL/VERSION")"
}

@test "run: environment, folder, host name and user are what was asked for" {
	run --separate-stderr moat run --rm -e A=1 --env B="two words" -w /var/log -u alice \
		--hostname guesthost "$BUSYBOX" \
		sh -c 'echo "$A|$B|$PWD|$(hostname)|$(id -u):$(id -g)|$HOME"'
	assert_status 0
	assert_equal "$output" "1|two words|/var/log|guesthost|1000:1000|/home"
}

@test "run: -e NAME without a value takes it from the environment of moat" {
	FROM_HOST=here run moat run --rm -e FROM_HOST -e NOT_SET_ANYWHERE "$BUSYBOX" \
		sh -c 'echo "$FROM_HOST ${NOT_SET_ANYWHERE-unset}"'
	assert_equal "$output" "here unset"
}

@test "run: -u takes numbers, with and without a group" {
	run moat run --rm -u 1234:5678 "$BUSYBOX" sh -c 'echo "$(id -u):$(id -g)"'
	assert_equal "$output" 1234:5678
	run moat run --rm -u 1000:wheel "$BUSYBOX" sh -c 'echo "$(id -u):$(id -g)"'
	assert_equal "$output" 1000:10
}

@test "run: entrypoint, command, user, folder and environment come from the image" {
	run moat run --rm "$REGISTRY/test/configured:latest"
	assert_status 0
	assert_has "args=entry default words"
	assert_has "user=alice:alice"
	assert_has "cwd=/made/by/moat"
	assert_has "image=yes overridden=image"
}

@test "run: arguments replace the image's command, options its settings" {
	run moat run --rm -e OVERRIDDEN=run -u root -w / "$REGISTRY/test/configured:latest" other
	assert_status 0
	assert_has "args=entry other"
	assert_has "user=root:root"
	assert_has "overridden=run"
}

@test "run: --entrypoint replaces the entrypoint and drops the image's command" {
	run moat run --rm --entrypoint /bin/echo "$REGISTRY/test/configured:latest" just this
	assert_status 0
	assert_equal "$output" "just this"
	run moat run --rm --entrypoint /bin/pwd "$REGISTRY/test/configured:latest"
	assert_equal "$output" /made/by/moat
}

# bats test_tags=kernel
@test "run: the root can be written to, and is the image's again in the next container" {
	run moat run --rm "$BUSYBOX" sh -c 'echo new >/etc/new && rm /etc/group && cat /etc/new && ls /etc/group'
	[ "$status" -ne 0 ]
	assert_has new
	run moat run --rm "$BUSYBOX" sh -c 'ls /etc/new; cat /etc/group'
	assert_has "No such file"
	assert_has wheel
}

# bats test_tags=kernel
@test "run: files, owners, links, devices and attributes are those of the layers" {
	moat pull -q "$REGISTRY/test/rich:latest"
	run moat run --rm "$REGISTRY/test/rich:latest" sh -c '
		cd /data
		stat -c "%n %u:%g %a %F" owned setuid sticky bigowner null disk pipe kept
		cat removed; echo; cat replaced; echo; ls opaque; ls -d gone/b; cat second pointer absolute; echo
		stat -c %h first; ls many | wc -l; md5sum <large; ls | grep -c nnnnnnnn
		stat -c "%t:%T" disk; readlink dangling; test -e opaque/old || echo hidden'
	assert_status 0
	assert_has "owned 1000:10 640"
	assert_has "setuid 0:0 4755"
	assert_has "sticky 0:0 1777"
	assert_has "bigowner 3000000:3000001"
	assert_has "null 0:0 666 character special file"
	assert_has "pipe 0:0 644 fifo"
	assert_has "kept 0:0 700 directory"
	assert_has "new, and longer"
	assert_has "linkedlinkedlinked"
	assert_has "103:7"
	assert_has hidden
	assert_has "$(python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 20000)' | md5sum | cut -d" " -f1)"
	[[ $output == *$'\n2\n600\n'* ]]
	run moat run --rm -u 1000 "$REGISTRY/test/rich:latest" sh -c 'stat -c %A /data/listed; cat /data/listed'
	assert_equal "$output" $'-rw-r-----\nfor alice'
	run moat run --rm -u 1001 "$REGISTRY/test/rich:latest" cat /data/listed
	assert_error 1 "Permission denied"
	moat image rm "$REGISTRY/test/rich:latest"
}

# bats test_tags=kernel
@test "run: a container has /proc, /sys, /dev, /dev/pts, /dev/shm and a pid namespace of its own" {
	run moat run --rm "$BUSYBOX" sh -c '
		echo "pid $$"; for d in proc sys dev/pts dev/shm; do grep -q " /$d " /proc/mounts || echo "no $d"; done
		echo x >/dev/null && echo x >/dev/shm/x && head -c 4 /dev/zero | wc -c; ls /proc/self/fd | wc -l'
	assert_status 0
	[[ ${lines[0]} == "pid 1" ]]
	[[ $output != *"no "* ]]
	assert_has 4
}

# bats test_tags=kernel
@test "run: a container without a network has lo and no other interface" {
	run -0 --separate-stderr moat run --rm --network none "$BUSYBOX" sh -c 'ls /sys/class/net; ip -o link | wc -l; ping -c 1 127.0.0.1 >&2'
	assert_equal "$output" "$(printf 'lo\n1')"
	# Not one of those that the machine has, by any name.
	run -0 --separate-stderr moat run --rm --network none --privileged "$BUSYBOX" sh -c 'cut -d: -f1 -s /proc/net/dev | tr -d " "'
	assert_equal "$output" lo
}

# bats test_tags=kernel
@test "run: --cpus and -m bound the machine's processors and the container's memory" {
	run moat run --rm --cpus 2 -m 128m "$BUSYBOX" sh -c 'nproc; cat /sys/fs/cgroup/memory.max'
	assert_status 0
	assert_equal "${lines[0]}" 2
	assert_equal "${lines[1]}" 134217728
	# A part of a processor: of each period of 100 ms the kernel has let it run for 50.
	run moat run --rm --cpus 0.5 "$BUSYBOX" sh -c 'periods=0; while [ $periods -lt 15 ]; do i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done
		eval "$(awk "/^usage_usec/ { print \"used=\" \$2 } /^nr_periods/ { print \"periods=\" \$2 }" /sys/fs/cgroup/cpu.stat)"; done
		echo $((used / periods))'
	assert_status 0
	[ "$output" -gt 20000 ]
	[ "$output" -lt 60000 ]
}

# bats test_tags=kernel
@test "run: a workload past its memory limit is killed, and that is told" {
	# tail keeps the line that does not end; a shell that gathers as much takes a minute, emulated.
	run moat run --name oom -m 32m "$BUSYBOX" tail /dev/zero
	assert_status 137
	assert_equal "$(moat inspect oom | jq .[0].State.OOMKilled)" true
	moat rm oom
}

@test "run: without -i standard input is empty" {
	run bash -c 'yes | timeout "$LIMIT" "$MOAT_BUILD/moat" run --rm "$BUSYBOX" cat'
	assert_status 0
	assert_equal "$output" ""
}

@test "run: -i carries standard input exactly, and its end" {
	local sum
	sum=$(sha256sum <"$SUITE/images/good/big/blobs/sha256/$(biggest_blob)")
	run bash -c 'timeout "$LIMIT" "$MOAT_BUILD/moat" run -i --rm "$BUSYBOX" cat <"$1" | sha256sum' - \
		"$SUITE/images/good/big/blobs/sha256/$(biggest_blob)"
	assert_equal "$output" "$sum"
}

biggest_blob() {
	find "$SUITE/images/good/big/blobs/sha256" -type f -size +8M -printf '%f\n'
}

# bats test_tags=kernel
@test "run: 64 MiB on standard output and 64 MiB on standard error at once arrive exactly" {
	local once dir=$BATS_TEST_TMPDIR
	moat pull -q "$REGISTRY/test/big:latest"
	moat run --rm "$REGISTRY/test/big:latest" \
		sh -c 'cat /noise /noise & cat /noise /noise >&2; wait' >"$dir/out" 2>"$dir/err"
	once=$(tar -xOf "$SUITE/images/good/big/blobs/sha256/$(biggest_blob)" noise | cat - <(
		tar -xOf "$SUITE/images/good/big/blobs/sha256/$(biggest_blob)" noise) | sha256sum)
	assert_equal "$(sha256sum <"$dir/out")" "$once"
	assert_equal "$(sha256sum <"$dir/err")" "$once"
	moat image rm "$REGISTRY/test/big:latest"
}

@test "run: a reader that goes away does not hang run" {
	run bash -c 'timeout "$LIMIT" "$MOAT_BUILD/moat" run --rm "$BUSYBOX" sh -c "yes | head -c 10000000" | head -n 1'
	assert_status 0
	assert_equal "${lines[0]}" y
}

# bats test_tags=kernel
@test "run -t: the workload has a terminal of the right size that follows resizing, and raw mode ends" {
	run python3 "$TESTS/integration/terminal.py" 31x97 'expect:#' \
		'send:stty size; tty\n' 'expect:31 97' 'expect:/dev/' 'resize:40x120' \
		'send:while [ "$(stty size)" != "40 120" ]; do :; done; echo re""sized\n' 'expect:resized' 'expect:#' \
		'send:(echo sle""eping; exec sleep 1000)\n' 'expect:sleeping' 'send:\x03' 'expect:#' 'send:exit 5\n' -- \
		"$MOAT_BUILD/moat" run --rm -it "$BUSYBOX" sh
	assert_status 5
	assert_equal "${lines[-1]}" cooked
}

@test "run -t: without a terminal on standard input -i is refused" {
	run bash -c 'echo | "$MOAT_BUILD/moat" run --rm -it "$BUSYBOX" true'
	[ "$status" -ne 0 ]
}

@test "run: signals to an attached run reach the workload" {
	local pid status=0
	"$MOAT_BUILD/moat" run --rm --name signalled "$BUSYBOX" \
		sh -c 'trap "echo got it; exit 3" TERM; echo ready; while :; do sleep 0.1; done' \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	poll grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 3
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" $'ready\ngot it'
}

@test "run: the third Ctrl-C or TERM leaves a workload that ignores them" {
	run python3 "$TESTS/integration/terminal.py" 24x80 'expect:ready' \
		'send:\x03' 'expect:no' 'send:\x03' 'expect:no' 'send:\x03' -- \
		"$MOAT_BUILD/moat" run --name stubborn "$BUSYBOX" \
		sh -c 'trap "echo no" INT TERM; echo ready; while :; do sleep 0.1; done'
	assert_error 1 "got 3" "moat kill"
	is_state stubborn running
	moat rm -f stubborn
}

@test "run: an unknown command is 127, and the message names it" {
	run -127 moat run --rm "$BUSYBOX" nosuchcommand
	assert_error 127 nosuchcommand
	run -127 moat run --rm "$BUSYBOX" /no/such/file
	assert_error 127 /no/such/file
}

@test "run: a command that cannot be executed is 126" {
	run moat run --rm "$BUSYBOX" /etc/passwd
	assert_error 126 /etc/passwd
	run moat run --rm "$BUSYBOX" /etc
	assert_error 126
}

@test "run: an unknown user or group is 125 or 126 and names it" {
	run moat run --rm -u nosuchuser "$BUSYBOX" true
	[[ $status -eq 125 || $status -eq 126 ]]
	assert_has nosuchuser
	run moat run --rm -u root:nosuchgroup "$BUSYBOX" true
	[[ $status -eq 125 || $status -eq 126 ]]
	assert_has nosuchgroup
}

@test "run: a working folder that is a file is an error that names it" {
	run moat run --rm -w /etc/passwd "$BUSYBOX" true
	[[ $status -ge 125 && $status -le 127 ]]
	assert_has /etc/passwd
}

@test "run: an unknown image is 125" {
	run moat run --rm "$REGISTRY/test/nosuch:latest" true
	assert_error 125 nosuch
}

@test "run: an image that is not there is pulled" {
	run --separate-stderr moat run --rm "$REGISTRY/test/schema2:latest" echo pulled
	assert_status 0
	assert_equal "$output" pulled
}

@test "run: unknown options and bad values are 125 and name what was wrong" {
	run moat run --nosuchoption "$BUSYBOX" true
	assert_error 125 nosuchoption
	run moat run --rm -m lots "$BUSYBOX" true
	assert_error 125 lots
	run moat run --rm --cpus -1 "$BUSYBOX" true
	assert_error 125
	run moat run --rm --name 'bad/name' "$BUSYBOX" true
	assert_error 125 bad/name
	run moat run
	assert_error 125
}

@test "run: a name that is taken is 125 and says so" {
	moat run --name taken "$BUSYBOX" true
	run moat run --name taken "$BUSYBOX" true
	assert_error 125 taken
	moat rm taken
}

@test "run: no container, machine or process of these tests is left" {
	assert_equal "$(moat ps -aq)" ""
	assert_equal "$(find "$MOAT_ROOT/containers" -mindepth 1 -maxdepth 1)" ""
	assert_equal "$(pgrep -f "moat-shim $MOAT_ROOT" || true)" ""
}
