#!/usr/bin/env bats
# moatd itself: start, stop, status, info, version; roots and sockets; installed; without root.

load lib

setup_file() {
	file_setup
}

teardown() {
	[ -z "${COPY:-}" ] || rm -rf "$COPY"
}

teardown_file() {
	file_teardown
	[ ! -d "$SUITE/unprivileged" ] || kill_users_of "$SUITE/unprivileged"
}

@test "system: status says that no moatd runs, and starts none" {
	run moat system status
	[ "$status" -ne 0 ]
	! moatd_pid
}

@test "system: any other command starts moatd, in a session of its own" {
	run moat ps
	assert_status 0
	[ "$(ps -o sid= -p "$(moatd_pid)")" -eq "$(moatd_pid)" ]
	moat system status
}

@test "system start: when one runs already it stays the same" {
	local pid
	pid=$(moatd_pid)
	moat system start
	assert_equal "$(moatd_pid)" "$pid"
}

@test "system: the root and the socket are for their owner alone" {
	assert_equal "$(stat -c %a "$MOAT_ROOT")" 700
	[[ $(stat -c %a "$SOCKET") == *00 ]]
}

@test "system: a second moatd on the same root is refused with a message" {
	run timeout "$LIMIT" "$MOAT_BUILD/moatd" --root "$MOAT_ROOT" --socket "$SUITE/second.sock"
	[[ $status -ne 0 && $status -ne 124 ]]
	assert_has "$MOAT_ROOT"
	moat system status
}

@test "system: why a moatd did not start is said, though one that runs logs meanwhile" {
	local chatter
	while sleep 0.1; do
		echo "2026-01-01T00:00:00Z info chatter" >>"$MOAT_ROOT/moatd.log"
	done 3>&- &
	chatter=$!
	MOAT_HOST=unix://$SUITE/second.sock run moat ps
	kill "$chatter"
	assert_error 1 "moatd did not start: another moatd runs on $MOAT_ROOT" "which serves $SOCKET"
}

@test "system: a moatd that finds a machine of an older version running changes nothing" {
	local root=$BATS_TEST_TMPDIR/older id pid
	id=$(printf '%064d' 7)
	mkdir -p "$root/containers/$id"
	python3 -c 'import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", file=open(sys.argv[2], "w"))
time.sleep(3600)' "$root/containers/$id/shim.lock" "$BATS_TEST_TMPDIR/held" 3>&- &
	pid=$!
	poll test -e "$BATS_TEST_TMPDIR/held"
	run "$MOAT_BUILD/moatd" --root "$root" --socket "$root/moat.sock"
	kill "$pid"
	[ "$status" -ne 0 ]
	[[ $output == *"container ${id:0:12} still runs in a machine of an earlier version"*"process $pid"* ]]
	[ ! -e "$root/state.db" ]
	[ ! -e "$root/kernel" ]
}

@test "system info: which engine, why, and the kernel" {
	run moat system info
	assert_status 0
	assert_has qemu
	assert_has "$(cat "$MOAT_TEST_KERNEL/VERSION")"
}

@test "system version: client and server" {
	run moat system version
	assert_status 0
	assert_has "0."
	run moat --version
	assert_status 0
	assert_has moat
}

@test "system logs: what moatd logged" {
	run moat system logs
	assert_status 0
}

@test "system kernel set: a file that is no kernel is refused, and the one before stays" {
	local before
	before=$(readlink "$MOAT_ROOT/kernel/current" || cat "$MOAT_ROOT/kernel/current")
	run moat system kernel set /etc/passwd
	assert_error 1 /etc/passwd
	run moat system kernel set /nowhere
	assert_error 1 /nowhere
	assert_equal "$(readlink "$MOAT_ROOT/kernel/current" || cat "$MOAT_ROOT/kernel/current")" "$before"
}

@test "system kernel set --recommended: moat's own kernel once it is built" {
	[ -f "$MOAT_BUILD/kernel/VERSION" ] || skip "make kernel was not run"
	run moat system kernel set --recommended
	assert_status 0
	assert_equal "$output" "$(cat "$MOAT_BUILD/kernel/VERSION")"
	moat system kernel set "$MOAT_TEST_KERNEL"
}

@test "system stop: ends moatd; its containers, if any, go on" {
	local pid
	with_busybox
	moat run -d --name stays "$BUSYBOX" sleep 1000 >/dev/null
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
	is_state stays running || is_state stays exited
	moat rm -f stays
}

@test "system stop: when none runs is no error" {
	local pid
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
	moat system stop
}

@test "system: two roots stand side by side, each with its own moatd" {
	local other=$SUITE/other-root
	mkdir -m 700 "$other"
	MOAT_ROOT=$other moat ps
	moat ps
	[ "$(moatd_pid "$other")" != "$(moatd_pid "$MOAT_ROOT")" ]
	MOAT_ROOT=$other moat system stop
	poll eval '! moatd_pid "$SUITE/other-root"'
	rm -rf "$other"
}

@test "system: MOAT_HOST names the socket" {
	local other=$SUITE/host-root
	mkdir -m 700 "$other"
	"$MOAT_BUILD/moatd" --root "$other" --socket "$SUITE/elsewhere.sock" >/dev/null 2>&1 3>&- &
	poll test -S "$SUITE/elsewhere.sock"
	MOAT_HOST=unix://$SUITE/elsewhere.sock moat ps
	kill "$!"
	wait "$!" || true
	[ ! -e "$SUITE/elsewhere.sock" ]
	rm -rf "$other"
}

@test "system: a malformed MOAT_HOST is an error that names it" {
	MOAT_HOST=ftp://x run moat ps
	assert_error 1 ftp://x
}

@test "system: something else than moatd on the socket is an error, no hang" {
	socat UNIX-LISTEN:"$SUITE/garbage.sock",fork EXEC:'echo garbage' 3>&- &
	poll test -S "$SUITE/garbage.sock"
	MOAT_HOST=unix://$SUITE/garbage.sock run moat ps
	assert_error 1
	kill "$!"
}

@test "system: malformed requests get an answer or a closed connection, and moatd lives" {
	local pid
	moat system start
	pid=$(moatd_pid)
	head -c 100000 /dev/urandom | timeout 10 socat - UNIX-CONNECT:"$SOCKET" >/dev/null || true
	printf 'GET / HTTP/1.1\r\n' | timeout 10 socat - UNIX-CONNECT:"$SOCKET" >/dev/null || true
	curl -s --unix-socket "$SOCKET" -X POST -H 'Content-Type: application/json' \
		-d '{"Image":[' "http://moat/v1.44/containers/create" | jq -e .message
	curl -s --unix-socket "$SOCKET" "http://moat/v1.44/containers/..%2f..%2fetc/json" | jq -e .message
	curl -s --unix-socket "$SOCKET" "http://moat/no/such/path" | jq -e .message
	assert_equal "$(moatd_pid)" "$pid"
}

@test "install: DESTDIR and prefix are honoured, and the installed programs find each other" {
	local part
	# A copy of the build that there is, beside it, so that sources have the same relative names: all but what knows the
	# prefix is compiled already.
	COPY=$(mktemp -d "$MOAT_BUILD-installed.XXXXXX")
	for part in "$MOAT_BUILD"/* "$MOAT_BUILD"/.ninja*; do
		case ${part##*/} in
		bench | check | guest-kernel | kernel | mine | node | test-images) ;;
		*) cp -a "$part" "$COPY/" ;;
		esac
	done
	meson setup --reconfigure --prefix=/opt/moat -Dtests=disabled "$COPY" "$REPO" >/dev/null
	run ninja -C "$COPY"
	assert_status 0
	DESTDIR=$SUITE/dest meson install -C "$COPY" --no-rebuild >/dev/null
	[ -x "$SUITE/dest/opt/moat/bin/moat" ]
	[ -x "$SUITE/dest/opt/moat/libexec/moat/moat-shim" ]
	[ -r "$SUITE/dest/opt/moat/libexec/moat/moat-clone-memory.so" ]
	[ -n "$(find "$SUITE/dest/opt/moat/share/man" -name 'moat*.1*')" ]
	chmod -R go+rX "$SUITE/dest"
}

@test "rootless: an unprivileged user pulls and runs with the installed programs" {
	local home=$SUITE/unprivileged/home user
	[ "$(id -u)" -eq 0 ] || skip "already tested as the user itself"
	mkdir -p "$home"
	cp -r "$SUITE/prepared/kernel" "$home/kernel-copy"
	chown -R 54321:54321 "$SUITE/unprivileged"
	user=(env -i HOME="$home" PATH="$SUITE/dest/opt/moat/bin:$PATH" MOAT_ROOT="$home/root"
		setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs timeout "$LIMIT")
	"${user[@]}" sh -c 'mkdir -m 700 "$MOAT_ROOT" && mv "$HOME/kernel-copy" "$MOAT_ROOT/kernel"'
	"${user[@]}" moat pull -q "$REGISTRY/test/rich:latest"
	run "${user[@]}" moat run --rm --network none "$REGISTRY/test/rich:latest" \
		sh -c 'id -u; stat -c %u:%g /data/owned; chown 5:6 /data/owned && stat -c %u:%g /data/owned'
	assert_status 0
	assert_equal "$output" $'0\n1000:10\n5:6'
	# Where this user may not open it, a network is refused with the file's name and mode.
	if [ "$(stat -c %a /dev/net/tun)" = 600 ]; then
		run "${user[@]}" moat run --rm "$REGISTRY/test/rich:latest" true
		assert_error 125 "/dev/net/tun has mode 0600" "--network none"
	fi
	"${user[@]}" moat system stop
}

# Without a kernel, and with no apt to fetch one: programs that lie beside no kernel of moat's own.
programs_alone() {
	local dir=$BATS_TEST_TMPDIR/alone program
	mkdir -p "$dir/build" "$dir/tools" "$dir/empty"
	for program in moat moatd moat-shim moat-init moat-unpack moat-rehearsal moat-net moat-clone-memory.so; do
		cp "$MOAT_BUILD/$program" "$dir/build/"
	done
	cp tools/fetch-kernel "$dir/tools/"
	echo "$dir"
}

@test "first use: a run sets the recommended kernel by itself, once, however many ask for it" {
	local root=$BATS_TEST_TMPDIR/new i pids=()
	[ -f "$MOAT_BUILD/kernel/VERSION" ] || skip "make kernel was not run"
	mkdir -m 700 "$root"
	MOAT_ROOT=$root moat pull -q "$BUSYBOX"
	for i in 1 2 3 4; do
		MOAT_ROOT=$root moat run --rm "$BUSYBOX" uname -r >"$BATS_TEST_TMPDIR/out.$i" 2>"$BATS_TEST_TMPDIR/err.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in 1 2 3 4; do
		assert_equal "$(cat "$BATS_TEST_TMPDIR/out.$i")" "$(cat "$MOAT_BUILD/kernel/VERSION")"
	done
	grep -q "there is no guest kernel yet: the recommended one is fetched" "$BATS_TEST_TMPDIR"/err.*
	run env MOAT_ROOT="$root" "$MOAT_BUILD/moat" run --rm "$BUSYBOX" true
	assert_equal "$output" ""
	MOAT_ROOT=$root moat system stop
}

@test "first use: docker's client gets the kernel too, and is told" {
	local root=$BATS_TEST_TMPDIR/new
	[ -f "$MOAT_BUILD/kernel/VERSION" ] || skip "make kernel was not run"
	mkdir -m 700 "$root"
	MOAT_ROOT=$root moat pull -q "$BUSYBOX"
	run docker -H "unix://$root/moat.sock" run --rm "$BUSYBOX" uname -r
	assert_status 0
	assert_has "WARNING: there is no guest kernel yet"
	assert_has "$(cat "$MOAT_BUILD/kernel/VERSION")"
	MOAT_ROOT=$root moat system stop
}

@test "first use: where no kernel can be fetched, a run says what to do, and leaves nothing behind" {
	local dir root=$BATS_TEST_TMPDIR/new
	dir=$(programs_alone)
	mkdir -m 700 "$root"
	export MOAT_ROOT=$root
	PATH=$dir/empty "$dir/build/moat" pull -q "$BUSYBOX"
	PATH=$dir/empty run "$dir/build/moat" run --rm "$BUSYBOX" true
	assert_error 125 "apt-get is missing"
	assert_has "moat system kernel set PATH"
	assert_equal "$("$dir/build/moat" ps -aq)" ""
	PATH=$dir/empty run "$dir/build/moat" system kernel set --recommended
	assert_error 1 "apt-get is missing"
	"$dir/build/moat" system stop
}
