#!/usr/bin/env bats
# Units for systemd, activation by socket, and containers that come back after the host went down.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

# activated COMMAND…: moatd, started as systemd does at the first connection.
activate() {
	systemd-socket-activate -E MOAT_ROOT="$MOAT_ROOT" -E PATH="$PATH" -l "$SOCKET" \
		"$MOAT_BUILD/moatd" --root "$MOAT_ROOT" >"$MOAT_ROOT/activated.log" 2>&1 3>&- &
	disown
	poll test -S "$SOCKET"
}

@test "systemd: the installed units are valid and name the installed moatd" {
	command -v systemd-analyze >/dev/null || skip "systemd is not installed"
	local manager units
	DESTDIR=$BATS_TEST_TMPDIR meson install -C "$MOAT_BUILD" --no-rebuild --quiet
	for manager in system user; do
		units=$(find "$BATS_TEST_TMPDIR" -path "*/lib/systemd/$manager")
		[ -x "$BATS_TEST_TMPDIR$(sed -n 's/^ExecStart=//p' "$units/moatd.service")" ]
		# Only its own units: the host's need not be in order.
		mkdir "$BATS_TEST_TMPDIR/$manager"
		sed "s|^ExecStart=|&$BATS_TEST_TMPDIR|" "$units/moatd.service" >"$BATS_TEST_TMPDIR/$manager/moatd.service"
		cp "$units/moatd.socket" "$BATS_TEST_TMPDIR/$manager/"
		run systemd-analyze verify --man=no "--$manager" "$BATS_TEST_TMPDIR/$manager/moatd.service" \
			"$BATS_TEST_TMPDIR/$manager/moatd.socket"
		[[ $output != *"$BATS_TEST_TMPDIR"* && $output != *moatd.s* ]]
	done
}

@test "systemd: moatd takes its socket, after everything was killed starts what the policies say" {
	command -v systemd-socket-activate >/dev/null || skip "systemd is not installed"
	moat run -d --name always --restart always "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name unless --restart unless-stopped "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name failure --restart on-failure "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name stopped --restart unless-stopped "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name plain "$BUSYBOX" sleep 100000 >/dev/null
	moat stop -t 0 stopped >/dev/null

	# As when the host loses its power.
	kill_users_of "$MOAT_ROOT"
	poll eval '[ -z "$(users_of "$MOAT_ROOT")" ]'
	rm -f "$SOCKET"

	activate
	run ! moatd_pid
	moat ps -a
	moatd_pid
	poll is_state always running
	poll is_state unless running
	poll is_state failure running
	is_state stopped exited
	is_state plain exited
	assert_equal "$(moat inspect -f '{{.State.ExitCode}}' plain)" 137
	assert_equal "$(moat exec always echo alive)" alive
	moat system stop
	[ -S "$SOCKET" ]
}
