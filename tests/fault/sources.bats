#!/usr/bin/env bats
# The host's side of mounts fails, changes or goes while containers have it: they are told, and nothing hangs.

load ../integration/lib

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system needs root"
	HOST=$BATS_TEST_TMPDIR/host
	mkdir "$HOST"
}

teardown() {
	local left
	[ "$(id -u)" -eq 0 ] || return 0
	left=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$left" ] || moat rm -fv $left >/dev/null
	! mountpoint -q "$HOST" || umount -l "$HOST"
}

in_box() {
	moat exec box sh -c "$1"
}

@test "sources: one that is full, or read-only by now, says so, and is of use again when it is not" {
	mount -t tmpfs -o size=1m,mode=755 tmpfs "$HOST"
	moat run -d --name box -v "$HOST:/data" "$BUSYBOX" sleep 1000
	run in_box 'dd if=/dev/zero of=/data/big bs=64k count=40'
	assert_has "No space left on device"
	[ "$(stat -c %s "$HOST/big")" -gt 900000 ]
	in_box 'rm /data/big; echo kept >/data/file'
	assert_equal "$(cat "$HOST/file")" kept
	# That it was closed comes with what is asked next, or a moment later.
	poll mount -o remount,ro "$HOST"
	run in_box 'echo more >>/data/file'
	assert_has "Read-only file system"
	run in_box 'rm /data/file'
	assert_has "Read-only file system"
	assert_equal "$(in_box 'cat /data/file')" kept
	mount -o remount,rw "$HOST"
	in_box 'echo more >>/data/file'
	assert_equal "$(cat "$HOST/file")" $'kept\nmore'
}

@test "sources: one that does not answer holds up who asks it, and nobody else; stop, rm -f and cp end" {
	local server asker
	echo there >"$HOST/file"
	moat run -d --name box -v "$HOST:/data" "$BUSYBOX" sleep 1000
	in_box 'ls /data'
	# One of a machine that has ended lives some seconds longer.
	server=$(pgrep -n -P "$(moatd_pid)" moat-fs)
	kill -STOP "$server"
	"$MOAT_BUILD/moat" exec box cat /data/file >"$BATS_TEST_TMPDIR/said" 3>&- &
	asker=$!
	assert_equal "$(in_box 'echo here')" here
	moat stats --no-stream box
	kill -0 "$asker"
	kill -CONT "$server"
	wait "$asker"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/said")" there
	kill -STOP "$server"
	"$MOAT_BUILD/moat" exec box cat /data/other 3>&- &
	moat stop -t 0 box
	is_state box exited
	wait $! || true
	moat start box
	server=$(pgrep -n -P "$(moatd_pid)" moat-fs)
	kill -STOP "$server"
	moat rm -f box
	poll gone "$server"
}

@test "sources: names of any bytes and 255 of them, and paths as long as there can be" {
	moat run -d --name box -v "$HOST:/data" "$BUSYBOX" sleep 1000
	python3 - "$HOST" <<-'PY'
		import os, sys
		os.chdir(sys.argv[1])
		for name in (b"\xff\xfe not utf-8 \x80", b"n" * 255, b"new\nline", b"-", b"\xc3\xa9" * 127):
		    open(name, "wb").write(name)
		for _ in range(17):
		    os.mkdir("d" * 250)
		    os.chdir("d" * 250)
		    open("file", "w").write("deep")
	PY
	assert_equal "$(in_box 'cd /data; for f in *; do [ -d "$f" ] || [ "$(cat "./$f"; echo .)" = "$f." ] || echo "wrong: $f"; done; ls | wc -l')" 6
	deep() { # LEVELS: a file so far below
		in_box "path=/data; for i in \$(seq $1); do path=\$path/\$(printf '%0250d' 0 | tr 0 d); done; echo back >\$path/new; cat \$path/file"
	}
	assert_equal "$(deep 16)" deep
	assert_equal "$(find "$HOST" -name new -execdir cat {} +)" back
	run deep 17
	assert_has "File name too long"
	run in_box 'cat /data/$(printf "%05000d" 0)'
	assert_has "File name too long"
	run in_box 'cat /data/$(printf "%0256d" 0)'
	assert_has "File name too long"
	in_box 'rm /data/n* /data/-'
	[ ! -e "$HOST/-" ]
}

@test "sources: what goes, or becomes something else, while it is shared; a volume's folder too" {
	mkdir "$HOST/dir" "$HOST/other"
	echo one >"$HOST/one"
	moat run -d --name box -v "$HOST/dir:/dir" -v "$HOST/one:/one" -v mine:/data "$BUSYBOX" sleep 1000
	in_box 'echo a >/dir/a; echo b >/data/b; cat /one'
	# The container has what it was given, as docker has it, and not what has its name now.
	rm -r "$HOST/dir"
	echo file >"$HOST/dir"
	echo two >"$HOST/new" && mv "$HOST/new" "$HOST/one"
	run in_box 'ls /dir/a'
	assert_has "No such file or directory"
	run in_box 'echo x >/dir/new'
	assert_has "nonexistent directory"
	assert_equal "$(in_box 'cat /one')" one
	rm -r "$(moat volume inspect -f '{{.Mountpoint}}' mine)"
	run in_box 'echo x >/data/new'
	assert_has "nonexistent directory"
	run moat restart -t 0 box
	[ "$status" -ne 0 ]
	rm "$HOST/dir"
	run moat start box
	assert_error 1 "volume mine: its folder"
	moat rm -f box
	moat volume rm mine
}
