#!/usr/bin/env bats
# moat-net and its parts, killed at any moment: what runs goes on, and what is left is found.

load ../integration/lib
load ../integration/net

setup() {
	net_setup
}

teardown() {
	end_host
}

# Nothing of moat-net runs any more.
none_runs() {
	! pgrep -f "^moat-net $NET\$"
}

# keep_namespace: what leads to the namespace when moat-net is gone, as moatd keeps it.
keep_namespace() {
	touch "$NET/namespace"
	mount --bind "/proc/$(inside)/ns/net" "$NET/namespace"
}

tell_again() {
	net "$(network_a)" "$(network_b)" "$(port t1 0 a 2 one)" "$(port t2 0 a 3 two)" "$(port t2 1 b 3 two)" '{"op":"settled"}'
}

two_guests() {
	net "$(network_a)" "$(network_b)"
	guest a 2 one
	one=$PID
	guest a 3 two
	two=$PID
	net "$(port t2 1 b 3 two)"
}

@test "crash: when either process is killed the other ends, guests go on, and the next takes over" {
	two_guests
	for which in inside outside; do
		keep_namespace
		kill -9 "$($which)"
		poll none_runs
		# Nobody answers for names; all else is as it was.
		reaches "$one" 10.1.0.3
		reaches "$one" 192.0.2.2
		start_net "$NET/namespace"
		poll umount "$NET/namespace"
		poll net '{"op":"hello"}'
		reaches "$one" 10.1.0.3
		reaches "$one" 192.0.2.2
		tell_again
		reaches "$one" 10.1.0.3
		reaches "$one" 192.0.2.2
		on_host ping -q -c 1 -W 60 10.1.0.2
		poll answers "$one" 10.1.0.1 two = NOERROR 10.1.0.3
		[ "$(on_host ip -br link | grep -c moat)" = 1 ]
		[ "$(on_host nft list tables | grep -c moat)" = 1 ]
	done
	net '{"op":"shutdown"}'
	poll none_runs
	run ! on_host nft list table inet moat
	[ "$(on_host sysctl -n net.ipv4.conf.eth0.forwarding)" = 0 ]
}

@test "crash: a ping that runs meanwhile loses no answer" {
	two_guests
	nsenter -t "$one" -n -- ping -i 0.02 192.0.2.2 >"$NET/ping" 3>&- &
	local pinger=$! last
	echo "$pinger" >>"$NET/pids"
	poll answered_past 20
	keep_namespace
	kill -9 "$(inside)"
	poll none_runs
	start_net "$NET/namespace"
	poll umount "$NET/namespace"
	poll net '{"op":"hello"}'
	tell_again
	last=$(answered | tail -n 1)
	poll answered_past $((last + 20))
	kill "$pinger"
	wait "$pinger" || true
	last=$(answered | tail -n 1)
	assert_equal "$(answered)" "$(seq "$last")"
}

# answered: the numbers of those of a ping's questions that were.
answered() {
	sed -n 's/.* icmp_seq=\([0-9]*\) ttl.*/\1/p' "$NET/ping" | sort -nu
}

answered_past() {
	[ "$(answered | tail -n 1)" -ge "$1" ]
}

@test "crash: a tap leads to the namespace, too; what is not told of again is gone" {
	two_guests
	kill -9 "$(inside)"
	poll none_runs
	# net-guest holds the tap, as a shim does.
	start_net "$two:$(tap_fd "$two")"
	poll net '{"op":"hello"}'
	net "$(network_a)" "$(port t1 0 a 2 one)" '{"op":"settled"}'
	reaches "$one" 10.1.0.1
	cut_off "$two" 10.1.0.1
	run ! in_net ip link show b0b0b0b0b0b
	run ! in_net ip link show t2s1
	net '{"op":"tap"}' | jq -e '.tap == "t3"'
}

# tap_fd PID: a descriptor of that process that is a tap of moat-net's namespace.
tap_fd() {
	local fd
	for fd in /proc/"$1"/fd/*; do
		if [ "$(readlink "$fd")" = /dev/net/tun ] && grep -q '^iff:.t[0-9]' "/proc/$1/fdinfo/${fd##*/}"; then
			echo "${fd##*/}"
			return 0
		fi
	done
	return 1
}

@test "crash: what a killed one has left on the host is put back by the next, of whatever folder" {
	net "$(network_a)"
	[ "$(on_host sysctl -n net.ipv4.conf.eth0.forwarding)" = 1 ]
	kill -9 "$(outside)"
	poll none_runs
	# The namespace is gone, and with it the interface; the table tells what has to be put back.
	poll interface_gone
	on_host nft list table inet moat >/dev/null
	NET=$BATS_TEST_TMPDIR/other
	mkdir -m 700 "$NET"
	cp "$BATS_TEST_TMPDIR/net/pids" "$NET/pids"
	start_net
	net '{"op":"hello"}'
	poll table_gone
	[ "$(on_host sysctl -n net.ipv4.conf.eth0.forwarding)" = 0 ]
}

interface_gone() {
	! on_host ip link show moat0
}

table_gone() {
	! on_host nft list table inet moat
}

@test "crash: an interface of ours that nobody takes over is removed" {
	net "$(network_a)"
	keep_namespace
	kill -9 "$(outside)"
	poll none_runs
	on_host ip link show moat0
	start_net
	net "$(network_b)"
	[ "$(on_host ip -br link | grep -c moat)" = 1 ]
	on_host ip route | grep -F 10.2.0.0/16
	[ -z "$(on_host ip route show 10.1.0.0/16)" ]
	poll umount "$NET/namespace"
}

@test "crash: a pair whose table somebody removed as moat-net was killed is taken over, and gets another one" {
	local before
	two_guests
	before=$(pair_index)
	keep_namespace
	# It would write its table again.
	kill -STOP "$(outside)"
	on_host nft flush ruleset
	kill -9 "$(outside)"
	poll none_runs
	start_net "$NET/namespace"
	poll umount "$NET/namespace"
	tell_again
	assert_equal "$(pair_index)" "$before"
	reaches "$one" 192.0.2.2
	on_host nft list table inet moat >/dev/null
	net '{"op":"shutdown"}'
	poll none_runs
	[ -z "$(on_host nft list tables)$(on_host ip -br link | grep moat)" ]
}

pair_index() {
	on_host ip -o link show moat0 | cut -d: -f1
}

@test "instances: two are side by side, and neither touches what is the other's" {
	net "$(network_a)"
	guest a 2 one
	one=$PID first=$NET
	NET=$BATS_TEST_TMPDIR/other
	mkdir -m 700 "$NET"
	cp "$first/pids" "$NET/pids"
	start_net
	net "$(network_b)"
	guest b 2 two
	two=$PID
	reaches "$one" 192.0.2.2
	reaches "$two" 192.0.2.2
	cut_off "$one" 10.2.0.2
	cut_off "$two" 10.1.0.2
	on_host nft list table inet moat_1 >/dev/null
	# The first one leaves: the second still needs the host to pass packets on.
	NET=$first net '{"op":"shutdown"}'
	poll interface_gone
	poll reaches "$two" 192.0.2.2
	net '{"op":"shutdown"}'
	poll none_runs
	[ "$(on_host sysctl -n net.ipv4.conf.eth0.forwarding)" = 0 ]
	run ! on_host nft list table inet moat_1
	kill -9 $(pgrep -f "^moat-net $first\$") 2>/dev/null || true
}

@test "flood: a guest that sends without end does not stop others" {
	two_guests
	in_ns "$one" timeout 10 ping -q -f -s 1400 10.1.0.1 >/dev/null 2>&1 3>&- &
	in_ns "$one" timeout 10 python3 -c '
import socket, random
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try: s.sendto(b"x" * 1000, ("10.1.0.1", 53))
    except OSError: pass' 3>&- &
	for _ in 1 2 3; do
		poll answers "$two" 10.1.0.1 one = NOERROR 10.1.0.2
		net '{"op":"status"}' >/dev/null
	done
	kill %1 %2 2>/dev/null || true
	wait
}
