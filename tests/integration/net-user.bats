#!/usr/bin/env bats
# moat-net by itself, as a user who is not root: what net.bats has of root.

load lib
load net

USER_ID=4321
HIDDEN=()

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root to be another user with a /dev/net/tun of its own"
	unshare --user --map-root-user true 2>/dev/null || skip "this host has no user namespaces"
	# The folders above the test's own are root's alone in some places.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$SUITE"
	host_resolv 'nameserver 192.0.2.2'
	make_host
}

teardown() {
	local program
	end_host
	for program in "${HIDDEN[@]}"; do
		umount "$program"
	done
}

@test "user: guests reach each other, names are known, and networks are apart" {
	start_net_as $USER_ID
	net "$(network_a)" "$(network_b)"
	guest a 2 one
	one=$PID
	guest b 2 other
	guest a 3 two
	reaches "$one" 10.1.0.3
	reaches "$one" fd00:1::3
	cut_off "$one" 10.2.0.2
	poll answers "$one" 10.1.0.1 two = NOERROR 10.1.0.3
	[ "$(spoofed)" = 0 ]
	[ "$(stat -c %u "/proc/$(inside)")" = $USER_ID ]
}

@test "user: containers get outside, by names too, and the host by its own address" {
	resolver "$OUTSIDE" 192.0.2.2 address=/example.org/192.0.2.2
	serve "$OUTSIDE" 0.0.0.0 80
	serve "$HOST" 0.0.0.0 81
	serve "$HOST" 127.0.0.1 82
	start_net_as $USER_ID
	net "$(network_a)" | jq -e '.hosts[0] == "10.0.2.2"'
	guest a 2 one
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.2
	poll gets 192.0.2.2 80
	answers "$PID" 10.1.0.1 host.docker.internal = NOERROR 10.0.2.2 10.0.2.2 || true
	poll gets 10.0.2.2 81
	# What listens on the host's loopback is for the host alone.
	run ! gets 10.0.2.2 82
	run ! gets 127.0.0.1 82
	# The host has another address.
	on_host ip addr add 192.0.2.77/24 dev eth0
	on_host ip addr del 192.0.2.1/24 dev eth0
	on_host ip addr add 192.0.2.77/24 dev eth0 2>/dev/null || true
	on_host ip route replace default via 192.0.2.2
	poll gets 10.0.2.2 81
}

# serve PID ADDRESS PORT: answers connections there.
serve() {
	nsenter -t "$1" -n socat -U "TCP4-LISTEN:$3,bind=$2,fork,reuseaddr" SYSTEM:'echo hello' >/dev/null 2>&1 3>&- &
	disown
	echo $! >>"$NET/pids"
	poll in_ns "$1" bash -c "exec 4<>/dev/tcp/127.0.0.1/$3"
}

serve6() {
	nsenter -t "$1" -n socat -U "TCP6-LISTEN:$2,ipv6only,fork,reuseaddr" SYSTEM:'echo hello' >/dev/null 2>&1 3>&- &
	disown
	echo $! >>"$NET/pids"
}

gets() {
	[ "$(in_ns "$PID" socat -u -T 3 "TCP:$1:$2,connect-timeout=3" -)" = hello ]
}

@test "user: slirp4netns that is killed is started again" {
	serve "$OUTSIDE" 0.0.0.0 80
	start_net_as $USER_ID
	net "$(network_a)"
	guest a 2 one
	poll gets 192.0.2.2 80
	kill -9 "$(pgrep -P "$(outside)" slirp4netns)"
	poll gets 192.0.2.2 80
	net '{"op":"shutdown"}'
	poll all_gone
}

@test "user: pasta takes the place of slirp4netns: the outside and the host, not its loopback; killed, and without a default route" {
	command -v pasta >/dev/null || skip "the package passt is not installed"
	as_newer_pasta
	serve "$OUTSIDE" 0.0.0.0 80
	serve "$HOST" 0.0.0.0 81
	serve "$HOST" 127.0.0.1 82
	on_host ip route del default
	on_host ip -6 route del default
	hide slirp4netns
	start_net_as $USER_ID
	net "$(network_a)"
	guest a 2 one
	net '{"op":"status"}' | jq -e '.uplink.up == false and (.uplink.text | contains("pasta has ended"))'
	on_host ip route add default via 192.0.2.2
	poll gets 192.0.2.2 80
	poll gets 10.0.2.2 81
	run ! gets 10.0.2.2 82
	# It is started again for a family that comes later.
	passes 4
	on_host ip -6 route add default via 2001:db8::2
	poll passes 46
	poll gets 192.0.2.2 80
	kill -9 "$(pgrep -P "$(outside)" passt)"
	poll gets 192.0.2.2 80
	kill -9 "$(outside)"
	poll all_gone
}

# follows_the_host: the way outside is there whenever the host's is.
follows_the_host() {
	serve "$OUTSIDE" 0.0.0.0 80
	serve6 "$OUTSIDE" 80
	serve "$HOST" 0.0.0.0 81
	start_net_as $USER_ID
	net "$(network_a)"
	guest a 2 one
	poll gets 192.0.2.2 80
	on_host ip link set eth0 down
	run ! gets 192.0.2.2 80
	on_host ip link set eth0 up
	on_host ip route replace default via 192.0.2.2
	on_host ip -6 addr replace 2001:db8::1/64 dev eth0 nodad
	on_host ip -6 route replace default via 2001:db8::2
	poll gets 192.0.2.2 80
	poll gets '[2001:db8::2]' 80
	# Another interface of that name, as of an adapter that was pulled out.
	on_host ip link del eth0
	run ! gets 192.0.2.2 80
	link_hosts
	poll gets 192.0.2.2 80
	poll gets '[2001:db8::2]' 80
	poll gets 10.0.2.2 81
	rename_link
	poll gets 192.0.2.2 80
	poll gets '[2001:db8::2]' 80
	poll gets 10.0.2.2 81
}

@test "user: the host's way outside goes and comes back, and so does that by slirp4netns" {
	follows_the_host
}

@test "user: the host's way outside goes and comes back, and so does that by pasta" {
	command -v pasta >/dev/null || skip "the package passt is not installed"
	hide slirp4netns
	follows_the_host
	pgrep -P "$(outside)" passt
}

# as_newer_pasta: one that closes all but the first three descriptors when it begins.
as_newer_pasta() {
	mkdir "$NET/newer"
	cp "$(dirname "$(readlink -f "$(command -v pasta)")")"/passt* "$NET/newer/"
	cat >"$NET/newer/pasta" <<-SH
		#!/bin/bash
		for fd in /proc/self/fd/*; do
			fd=\${fd##*/}
			# The last is the shell's own, of this script.
			[ "\$fd" -lt 3 ] || [ "\$fd" = 255 ] || eval "exec \$fd>&-"
		done
		exec -a pasta $NET/newer/passt "\$@"
	SH
	chmod 755 "$NET/newer/pasta"
	put_over pasta "$NET/newer/pasta"
}

# passes FAMILIES: those that get outside.
passes() {
	[ "$(net '{"op":"status"}' | jq -r '.uplink | select(.up) | (if .ipv4 then "4" else "" end) + (if .ipv6 then "6" else "" end)')" = "$1" ]
}

all_gone() {
	! pgrep -f "^moat-net $NET\$" && ! pgrep -u $USER_ID "slirp4netns|passt"
}

@test "user: when moat-net is killed nothing of it is left, and the next one takes the namespace over" {
	serve "$OUTSIDE" 0.0.0.0 80
	start_net_as $USER_ID
	net "$(network_a)"
	guest a 2 one
	one=$PID
	guest a 3 two
	poll gets 192.0.2.2 80
	mount --bind "/proc/$(inside)/ns/net" "$(namespace_file)"
	kill -9 "$(outside)"
	poll all_gone
	reaches "$one" 10.1.0.3
	start_net_as $USER_ID "$(namespace_file)"
	net "$(network_a)" "$(port t1 0 a 2 one)" "$(port t2 0 a 3 two)" '{"op":"settled"}'
	reaches "$one" 10.1.0.3
	poll gets 192.0.2.2 80
	poll umount "$(namespace_file)"
}

namespace_file() {
	touch "$NET/namespace"
	echo "$NET/namespace"
}

@test "user: /dev/net/tun that users may not open is an error that says so" {
	TUN_MODE=0600
	start_net_as $USER_ID
	run -1 net '{"op":"tap"}'
	[[ $output == *"/dev/net/tun"*"0600"*"chmod 0666"* ]]
}

# put_over PROGRAM FILE: it is in the place of the program until the test's end.
put_over() {
	HIDDEN+=("$(readlink -f "$(command -v "$1")")")
	mount --bind "$2" "${HIDDEN[-1]}"
}

hide() {
	put_over "$1" /dev/null
}

@test "user: without slirp4netns and pasta networks work, and it is said why there is no way outside" {
	hide slirp4netns
	[ -z "$(command -v pasta)" ] || hide pasta
	start_net_as $USER_ID
	net "$(network_a)"
	guest a 2 one
	guest a 3 two
	reaches "$PID" 10.1.0.2
	net '{"op":"status"}' | jq -e '.uplink.up == false and (.uplink.text | contains("install the package"))'
}
