#!/usr/bin/env bats
# Folders and files of the host in containers: moat-fs, moat-shim and moat-init together.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run --name seed "$BUSYBOX" true
}

teardown_file() {
	file_teardown
}

# shared TEST: what shares.py tests, in a machine of its own.
shared() {
	run timeout 400 python3 "$TESTS/integration/shares.py" "$1" "$MOAT_BUILD/moat-shim" \
		"$MOAT_ROOT/containers/$(id_of seed)" "$BATS_TEST_TMPDIR/machine"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "shares: files do in a container what they do on the host" {
	shared semantics
}

@test "shares: folders and files are at their places, the deepest on top" {
	shared places
}

@test "shares: what cannot be mounted is refused, and the machine goes on" {
	shared refusals
}

@test "shares: two containers of a machine have their own, and so has the next in a place" {
	shared two
}

@test "shares: a server that is gone makes what is mounted fail, and nothing hang" {
	shared abandoned
}

@test "shares: a new volume gets what the image has" {
	shared fresh
}

@test "shares: what one side changes the other sees" {
	shared seen
}

@test "shares: watchers in the container hear of what the host does" {
	shared watched
}

# On this host itself: moat-fs, and moat-init's passing of requests, without a machine.
@test "shares: git and sqlite work on one, and the host sees what they see" {
	local dir=$BATS_TEST_TMPDIR fifo=$BATS_TEST_TMPDIR/fifo share i pids=()
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	mkdir "$dir/source" "$dir/mount"
	mkfifo "$fifo"
	"$MOAT_BUILD/tests/share-host" "$MOAT_BUILD/moat-fs" "$dir/mount" "rw:$dir/source" <"$fifo" >"$dir/out" 2>&1 3>&- &
	exec 7>"$fifo"
	poll 10 grep -q ready "$dir/out"
	share=$dir/mount/0
	export HOME=$dir GIT_CONFIG_NOSYSTEM=1
	git config --global user.name me
	git config --global user.email me@example.org
	git init -q "$share/work"
	for i in {1..100}; do echo "file $i" >"$share/work/$i"; done
	git -C "$share/work" add .
	git -C "$share/work" commit -q -m first
	git -C "$share/work" mv 1 one
	git -C "$share/work" commit -q -a -m second
	git -C "$share/work" gc -q --prune=now
	git -C "$share/work" fsck --strict
	git clone -q "$share/work" "$share/copy"
	git -C "$share/copy" checkout -q HEAD~1
	[ -z "$(git -C "$share/copy" status --porcelain)" ]
	[ -z "$(git -C "$dir/source/copy" status --porcelain)" ]
	[ "$(cat "$dir/source/work/one")" = "file 1" ]
	# Four write to one database, whose log they share by a map.
	sqlite3 "$share/data.db" "pragma journal_mode = wal; create table t (n)" >/dev/null
	for i in 1 2 3 4; do
		for _ in {1..10}; do sqlite3 -cmd ".timeout 60000" "$share/data.db" "insert into t values ($i)"; done 7>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(sqlite3 "$share/data.db" "select count(*), sum(n) from t; pragma integrity_check")" = $'40|100\nok' ]
	[ "$(sqlite3 "$dir/source/data.db" "select count(*) from t")" = 40 ]
	exec 7>&-
	wait
}
