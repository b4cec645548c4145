#!/usr/bin/env bats
# The guest's kernel has what containers need, whichever it is; moat's own has all it was asked for.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run -d --name guest --cap-add ALL "$BUSYBOX" sleep 100000 >/dev/null
}

teardown_file() {
	file_teardown
}

@test "kernel: file systems, namespaces and cgroup controllers that containers use" {
	local what
	run moat exec guest cat /proc/filesystems
	for what in ext4 erofs overlay tmpfs devpts mqueue cgroup2; do
		assert_has "$what"
	done
	run moat exec guest ls /proc/self/ns
	for what in cgroup ipc mnt net pid user uts; do
		assert_has "$what"
	done
	run moat exec guest cat /sys/fs/cgroup/cgroup.controllers
	for what in cpu io memory pids; do
		assert_has "$what"
	done
	run moat exec guest cat /proc/pressure/memory
	assert_has full
}

@test "kernel: as many processes as a container may want" {
	[ "$(moat exec guest cat /proc/sys/kernel/pid_max)" -ge 32768 ]
}

@test "kernel: moat's own was built with every option of its configuration" {
	own_kernel || skip "this kernel is another's"
	moat exec guest zcat /proc/config.gz >"$BATS_TEST_TMPDIR/config"
	while read -r line; do
		case $line in
		CONFIG_*=n) run ! grep -q "^${line%=n}=" "$BATS_TEST_TMPDIR/config" ;;
		CONFIG_*) grep -qxF "$line" "$BATS_TEST_TMPDIR/config" ;;
		esac
	done <"$REPO/kernel/config-x86_64"
	run moat exec guest cat /proc/filesystems
	for what in 9p virtiofs fuse binfmt_misc; do
		assert_has "$what"
	done
}

@test "kernel: moat's own gives networks inside a container: bridge, veth, tun" {
	own_kernel || skip "this kernel is another's"
	moat exec guest sh -ec 'ip link add br9 type bridge
		ip link add va type veth peer name vb
		ip link set va master br9
		ip link show br9 && ip -6 addr show lo | grep ::1
		grep -q tun /proc/misc'
}

@test "kernel: who listens for changes of a network hears of them" {
	local what
	moat run -d --name ear --cap-add NET_ADMIN -v /usr:/host:ro "$BUSYBOX" /host/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 \
		--library-path /host/lib/x86_64-linux-gnu /host/bin/ip monitor link address route >/dev/null
	# The fourth column is the groups that a socket is in.
	poll moat exec ear grep -qE '^[0-9a-f]+ +0 +[0-9]+ +[0-9a-f]*[1-9a-f]' /proc/net/netlink
	moat exec ear sh -ec 'ip link add heard type dummy
		ip address add 10.77.1.2/24 dev heard
		ip -6 address add fd77::2/64 dev heard
		ip link set heard up
		ip route add 10.78.0.0/16 via 10.77.1.1'
	says() { moat logs ear | grep -qF -- "$1"; }
	for what in "heard: <BROADCAST,NOARP> " "heard: <BROADCAST,NOARP,UP,LOWER_UP> " "inet 10.77.1.2/24" "inet6 fd77::2/64" \
		"10.77.1.0/24 dev heard" "fd77::/64 dev heard" "10.78.0.0/16 via 10.77.1.1 dev heard"; do
		poll says "$what"
	done
}
