#!/usr/bin/env bats
# Folders and files of the host in containers: moat-fs, moat-shim and moat-init together.

load lib
load machine

@test "shares: files do in a container what they do on the host" {
	by_shim shares.py semantics
}

@test "shares: folders and files are at their places, the deepest on top" {
	by_shim shares.py places
}

@test "shares: what cannot be mounted is refused, and the machine goes on" {
	by_shim shares.py refusals
}

@test "shares: two containers of a machine have their own, and so has the next in a place" {
	by_shim shares.py two
}

@test "shares: a server that is gone makes what is mounted fail, and nothing hang" {
	by_shim shares.py abandoned
}

@test "shares: a new volume gets what the image has" {
	by_shim shares.py fresh
}

@test "shares: what one side changes the other sees" {
	by_shim shares.py seen
}

@test "shares: watchers in the container hear of what the host does" {
	by_shim shares.py watched
}

# mount_here: this host's programs on a share: moat-fs, and moat-init's passing of requests, without a machine. $share is $source.
mount_here() {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	source=$BATS_TEST_TMPDIR/source
	share=$BATS_TEST_TMPDIR/mount/0
	mkdir "$source" "$BATS_TEST_TMPDIR/mount"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$MOAT_BUILD/tests/share-host" "$MOAT_BUILD/moat-fs" "$BATS_TEST_TMPDIR/mount" "rw:$source" <"$BATS_TEST_TMPDIR/fifo" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/fifo"
	poll grep -q ready "$BATS_TEST_TMPDIR/out"
	export HOME=$BATS_TEST_TMPDIR
}

unmount_here() {
	exec 7>&-
	wait
}

@test "shares: git and sqlite work on one, and the host sees what they see" {
	local i pids=()
	mount_here
	export GIT_CONFIG_NOSYSTEM=1
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
	[ -z "$(git -C "$source/copy" status --porcelain)" ]
	[ "$(cat "$source/work/one")" = "file 1" ]
	# Who has written a program does not keep the host from running it, but for a moment.
	cp "$(type -P true)" "$share/program"
	poll "$source/program"
	# Four write to one database, whose log they share by a map.
	sqlite3 "$share/data.db" "pragma journal_mode = wal; create table t (n)" >/dev/null
	for i in 1 2 3 4; do
		for _ in {1..10}; do sqlite3 -cmd ".timeout ${LIMIT}000" "$share/data.db" "insert into t values ($i)"; done 7>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(sqlite3 "$share/data.db" "select count(*), sum(n) from t; pragma integrity_check")" = $'40|100\nok' ]
	[ "$(sqlite3 "$source/data.db" "select count(*) from t")" = 40 ]
	unmount_here
}

# package NAME DEPENDENCIES: with a hundred files.
package() {
	local i
	mkdir -p "$source/$1/lib"
	printf '{"name": "%s", "version": "1.0.0", "main": "lib/1.js", "dependencies": {%s}}' "$1" "$2" >"$source/$1/package.json"
	for i in {1..100}; do echo "module.exports = '$1 $i'" >"$source/$1/lib/$i.js"; done
}

@test "shares: npm installs on one; node's fs.watch there is told what the host does, and the host's what is done there" {
	local pid
	command -v npm >/dev/null || skip "npm is not installed"
	mount_here
	package lower ""
	package upper '"lower": "file:../lower"'
	package app '"upper": "file:../upper"'
	cd "$share/app"
	timeout "$LIMIT" npm install --install-links --offline --no-audit --no-fund --loglevel=error 7>&-
	[ "$(node -p 'require("upper") + require("lower")' 7>&-)" = "upper 1lower 1" ]
	timeout "$LIMIT" npm ci --install-links --offline --no-audit --no-fund --loglevel=error 7>&-
	diff -r "$source/upper/lib" "$source/app/node_modules/upper/lib"
	# Each of the two watches, and the other writes.
	node -e 'for (const dir of process.argv.slice(1)) require("fs").watch(dir, (what, name) => console.log(dir, what, name)); console.log("watching")' \
		"$share/upper/lib" "$source/lower/lib" >"$BATS_TEST_TMPDIR/seen" 7>&- &
	pid=$!
	poll grep -q watching "$BATS_TEST_TMPDIR/seen"
	# What watches there are is looked at twice a second, on an idle host.
	sees_new() { touch "$source/upper/lib/new-$RANDOM$RANDOM.js"; grep -q "$share/upper/lib rename new-" "$BATS_TEST_TMPDIR/seen"; }
	poll sees_new
	echo changed >>"$source/upper/lib/7.js"
	echo new >"$source/upper/lib/new.js"
	rm "$source/upper/lib/8.js"
	echo new >"$share/lower/lib/other.js"
	poll grep -qx "$share/upper/lib change 7.js" "$BATS_TEST_TMPDIR/seen"
	poll grep -qx "$share/upper/lib rename new.js" "$BATS_TEST_TMPDIR/seen"
	poll grep -qx "$share/upper/lib rename 8.js" "$BATS_TEST_TMPDIR/seen"
	poll grep -qx "$source/lower/lib rename other.js" "$BATS_TEST_TMPDIR/seen"
	kill "$pid"
	cd /
	unmount_here
}
