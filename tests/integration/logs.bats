#!/usr/bin/env bats
# Logs that rotate: nothing is lost that is kept, no line is split or doubled, whoever is killed.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	# Many small files, all of which are kept.
	moat run -d --name many --log-opt max-size=4k --log-opt max-file=1000 "$BUSYBOX" sh -c \
		'i=0; while :; do i=$((i + 1)); echo "line $i"; [ $((i % 50)) -ne 0 ] || sleep 0.05; [ $i -lt 2000 ] || sleep 0.05; done' \
		>/dev/null
	poll log_has many "line 1000"
}

teardown_file() {
	file_teardown
}

files_of() {
	find "$MOAT_ROOT/containers/$(id_of "$1")" -name 'container.log.*'
}

# more_than_now NAME: a number of lines that its log has not, but soon will have.
more_than_now() {
	echo $(($(moat logs "$1" | wc -l) + 50))
}

# in_order FILE [FIRST]: its lines are "line FIRST", "line FIRST+1" and so on.
in_order() {
	local first=${2:-1} n
	n=$(wc -l <"$1")
	[ "$n" -gt 0 ]
	diff <(seq -f "line %g" "$first" $((first + n - 1))) "$1"
}

@test "logs: a log in many files reads as one" {
	[ "$(files_of many | wc -l)" -gt 5 ]
	moat logs many >"$BATS_TEST_TMPDIR/log"
	in_order "$BATS_TEST_TMPDIR/log"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/log")" -ge 1000 ]
}

@test "logs: --tail counts back over files" {
	local n
	for n in 1 7 300; do
		moat logs --tail "$n" many >"$BATS_TEST_TMPDIR/log"
		assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" "$n"
		in_order "$BATS_TEST_TMPDIR/log" "$(head -n 1 "$BATS_TEST_TMPDIR/log" | tr -dc 0-9)"
	done
	moat logs --tail -1 many >"$BATS_TEST_TMPDIR/log"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/log")" -ge 1000 ]
	run moat logs --tail many many
	assert_error 1 "invalid number of lines"
}

@test "logs: -t, --since and --until cut a log in many files where they should" {
	local from to
	moat logs -t many >"$BATS_TEST_TMPDIR/log"
	from=$(sed -n '100s/ .*//p' "$BATS_TEST_TMPDIR/log")
	to=$(sed -n '400s/ .*//p' "$BATS_TEST_TMPDIR/log")
	awk -v from="$from" -v to="$to" '$1 >= from && $1 <= to' "$BATS_TEST_TMPDIR/log" >"$BATS_TEST_TMPDIR/expected"
	moat logs -t --since "$from" --until "$to" many | diff "$BATS_TEST_TMPDIR/expected" -
	assert_equal "$(TZ=XYZ-2 moat logs --since "$(TZ=XYZ-2 date -d '+1 hour' +%FT%T)" many)" ""
	TZ=XYZ-2 moat logs -t --since "$(TZ=XYZ-2 date -d "$from" +%FT%T.%N)" --until "$to" many |
		diff "$BATS_TEST_TMPDIR/expected" -
}

@test "logs: -f with --until ends when that time has come" {
	local seconds
	# A busy host may need the first of these for the command's start alone.
	for seconds in 1 5 25 125; do
		run moat logs -f --tail 3 --until "$(date -u -d "+$seconds second" +%FT%T.%NZ)" many
		assert_status 0
		[ "${#lines[@]}" -le 3 ] || break
	done
	[ "${#lines[@]}" -gt 3 ]
}

@test "logs: -f goes on from file to file, and over kill -9 of moatd, with nothing twice or lost" {
	local follower count before
	"$MOAT_BUILD/moat" logs -f many >"$BATS_TEST_TMPDIR/followed" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	follower=$!
	for _ in 1 2 3; do
		before=$(files_of many | wc -l)
		poll eval '[ "$(files_of many | wc -l)" -gt '"$before"' ]'
		kill_moatd
	done
	before=$(wc -l <"$BATS_TEST_TMPDIR/followed")
	poll eval '[ "$(wc -l <"$BATS_TEST_TMPDIR/followed")" -gt '"$((before + 100))"' ]'
	kill "$follower"
	wait "$follower" || true
	# Its end may have come within a line.
	sed -i "$(wc -l <"$BATS_TEST_TMPDIR/followed")q" "$BATS_TEST_TMPDIR/followed"
	in_order "$BATS_TEST_TMPDIR/followed"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/err")" ""
}

@test "logs: docker's client reads and follows it, too" {
	local lines
	DOCKER_HOST=unix://$SOCKET timeout "$LIMIT" docker logs --tail 200 many >"$BATS_TEST_TMPDIR/log"
	in_order "$BATS_TEST_TMPDIR/log" "$(head -n 1 "$BATS_TEST_TMPDIR/log" | tr -dc 0-9)"
	lines=$(more_than_now many)
	DOCKER_HOST=unix://$SOCKET timeout "$LIMIT" docker logs -f many 2>/dev/null | head -n "$lines" >"$BATS_TEST_TMPDIR/log"
	in_order "$BATS_TEST_TMPDIR/log"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" "$lines"
}

@test "logs: attach with logs=1 gives all of the output, what was and what comes, with nothing twice" {
	local lines
	lines=$(more_than_now many)
	timeout "$LIMIT" curl -sN --unix-socket "$SOCKET" -X POST \
		"http://moat/v1.44/containers/many/attach?logs=1&stream=1&stdout=1" 2>/dev/null |
		python3 -c '
import sys
data = sys.stdin.buffer
while head := data.read(8):
    sys.stdout.buffer.write(data.read(int.from_bytes(head[4:], "big")))' | head -n "$lines" >"$BATS_TEST_TMPDIR/log" || true
	in_order "$BATS_TEST_TMPDIR/log"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" "$lines"
}

@test "logs: attach with logs=1 before a start delays it not, and misses nothing, however slow its client" {
	moat run --name again "$BUSYBOX" sh -c '[ -e /ran ] && echo second || { touch /ran; seq 1 100000; }' >/dev/null
	run timeout "$LIMIT" python3 - "$SOCKET" "$MOAT_BUILD/moat" <<-'PY'
		import socket, subprocess, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b"POST /v1.44/containers/again/attach?logs=1&stream=1&stdout=1 HTTP/1.1\r\nHost: moat\r\n"
		          b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		data = s.makefile("rb")
		while data.readline().strip():
		    pass
		# Nothing is read before the second run is over.
		subprocess.run([sys.argv[2], "start", "again"], check=True, stdout=subprocess.DEVNULL)
		subprocess.run([sys.argv[2], "wait", "again"], check=True, stdout=subprocess.DEVNULL)
		frames = []
		while head := data.read(8):
		    frames.append(data.read(int.from_bytes(head[4:], "big")))
		lines = b"".join(frames).decode().split()
		assert lines == [str(i) for i in range(1, 100001)] + ["second"], (len(lines), lines[-3:])
	PY
	assert_status 0
	moat rm -f again
}

@test "logs: kill -9 of moat-shim while files change leaves whole lines, and a start goes on behind them" {
	local last
	kill -9 "$(shim_pid many)"
	poll is_state many exited
	moat logs many >"$BATS_TEST_TMPDIR/log"
	in_order "$BATS_TEST_TMPDIR/log"
	last=$(wc -l <"$BATS_TEST_TMPDIR/log")
	moat start many
	poll eval '[ "$(moat logs many | wc -l)" -gt '"$((last + 100))"' ]'
	moat logs many | head -n "$last" | diff - "$BATS_TEST_TMPDIR/log"
	moat logs many | tail -n "+$((last + 1))" >"$BATS_TEST_TMPDIR/second"
	in_order "$BATS_TEST_TMPDIR/second"
	moat rm -f many
}

@test "logs: size and number of files are kept, and the last lines with them" {
	local file
	moat run --name few --log-opt max-size=8k --log-opt max-file=3 "$BUSYBOX" sh -c \
		'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); echo "line $i"; done' >/dev/null
	assert_equal "$(files_of few | wc -l)" 3
	for file in $(files_of few); do
		[ "$(stat -c %s "$file")" -le 8192 ]
	done
	moat logs few >"$BATS_TEST_TMPDIR/log"
	in_order "$BATS_TEST_TMPDIR/log" "$(head -n 1 "$BATS_TEST_TMPDIR/log" | tr -dc 0-9)"
	assert_equal "$(tail -n 1 "$BATS_TEST_TMPDIR/log")" "line 3000"
	assert_equal "$(moat inspect few | jq -c '.[0].HostConfig.LogConfig')" \
		'{"Type":"json-file","Config":{"max-size":"8k","max-file":"3"}}'
	[ -f "$(moat inspect few | jq -r '.[0].LogPath')" ]
	moat rm few
}

@test "logs: a line that never ends fills no disk" {
	moat run --name endless --log-opt max-size=10k --log-opt max-file=2 "$BUSYBOX" sh -c \
		'dd if=/dev/zero bs=1024 count=1000 2>/dev/null | tr "\0" x' >/dev/null
	assert_equal "$(files_of endless | wc -l)" 2
	[ "$(cat $(files_of endless) | wc -c)" -le 100000 ]
	moat rm endless
}

@test "logs: with the driver none nothing is kept, and attached clients see all" {
	run moat run --name silent --log-driver none "$BUSYBOX" echo seen
	assert_status 0
	assert_equal "$output" seen
	run moat logs silent
	assert_error 1 "does not support reading"
	assert_equal "$(files_of silent)" ""
	assert_equal "$(moat inspect silent | jq -r '.[0].LogPath')" ""
	moat rm silent
}

@test "logs: options that are none are refused, and those without effect are said" {
	run moat create --log-opt max-size=huge "$BUSYBOX" true
	assert_error 1 "max-size"
	run moat create --log-opt max-file=0 "$BUSYBOX" true
	assert_error 1 "max-file"
	run moat create --log-opt speed=high "$BUSYBOX" true
	assert_error 1 "unknown log opt 'speed'"
	run moat create --log-driver syslog "$BUSYBOX" true
	assert_error 1 "syslog"
	run moat create --name warned --log-opt compress=true "$BUSYBOX" true
	assert_status 0
	assert_has "compress"
	moat rm warned
}

@test "logs: --boot keeps the beginning and the end of what a guest says on its console" {
	moat run -d --privileged --name chatty "$BUSYBOX" sleep 1000 >/dev/null
	moat exec chatty sh -c 'mknod /dev/console0 c 4 64
		(i=0; while [ $i -lt 12000 ]; do i=$((i + 1)); echo "console line $i 0123456789012345678901234567890123456789"; done) >/dev/console0'
	# What the kernel has queued comes at the pace of a serial line.
	poll eval 'moat logs --boot chatty | tail -n 20 | grep -q "console line 12000 "'
	moat logs --boot chatty >"$BATS_TEST_TMPDIR/boot"
	grep -aq "console line 1 " "$BATS_TEST_TMPDIR/boot"
	grep -aqF "[...]" "$BATS_TEST_TMPDIR/boot"
	[ "$(wc -c <"$BATS_TEST_TMPDIR/boot")" -le 600000 ]
	[ "$(cat "$MOAT_ROOT/containers/$(id_of chatty)"/machine/boot.log* | wc -c)" -le 600000 ]
	moat rm -f chatty
}
