#!/usr/bin/env bats
# moat-net by itself: networks between guests that are played on real taps.

load lib
load net

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for namespaces with links between them"
	make_host
	start_net
}

teardown() {
	end_host
}

@test "network: guests on one reach each other and the gateway, by both families" {
	net "$(network_a)"
	guest a 2 one
	one=$PID
	guest a 3 two
	reaches "$one" 10.1.0.3
	reaches "$one" fd00:1::3
	reaches "$one" 10.1.0.1
	reaches "$one" fd00:1::1
	[ "$(spoofed)" = 0 ]
}

@test "network: guests on two do not reach each other, nor the other gateway" {
	net "$(network_a)" "$(network_b)"
	guest a 2 one
	one=$PID
	guest b 2 two
	reaches "$one" 10.1.0.1
	reaches "$PID" 10.2.0.1
	run ! reaches "$one" 10.2.0.2
	run ! reaches "$one" fd00:2::2
	run ! reaches "$one" 10.2.0.1
	run ! reaches "$one" fd00:2::1
}

@test "network: told of twice it is the same; changed, it has the new addresses" {
	net "$(network_a)" "$(network_a)"
	guest a 2 one
	in_net ip addr show dev b0a0a0a0a0a | grep -F 10.1.0.1/16
	net '{"op":"network","id":"'$NET_A'","subnets":[{"subnet":"10.1.0.0/16","gateway":"10.1.0.9"}]}'
	reaches "$PID" 10.1.0.9
	run ! reaches "$PID" 10.1.0.1
}

@test "network: one that is in use is not removed, one that is not is gone" {
	net "$(network_a)"
	guest a 2 one
	run -1 net '{"op":"network-remove","id":"'$NET_A'"}'
	[[ $output == *"in use"* ]]
	net '{"op":"port-remove","tap":"'"$TAP"'","slot":0}' '{"op":"network-remove","id":"'$NET_A'"}'
	run ! in_net ip link show b0a0a0a0a0a
}

@test "network: subnets of two do not overlap" {
	net "$(network_a)"
	run -1 net '{"op":"network","id":"'$NET_B'","subnets":[{"subnet":"10.1.2.0/24","gateway":"10.1.2.1"}]}'
	[[ $output == *"overlaps"*"$NET_A"* ]]
}

@test "port: a machine moves from one network to another while it runs" {
	net "$(network_a)" "$(network_b)"
	guest a 2 one
	one=$PID tap=$TAP
	guest b 3 two
	net "$(port "$tap" 0 b 2)"
	in_ns "$one" sh -c 'ip addr flush dev eth0; ip link set eth0 address '"$(mac b 2)"'; ip addr add 10.2.0.2/16 dev eth0'
	reaches "$one" 10.2.0.3
	net '{"op":"port-remove","tap":"'"$tap"'","slot":0}'
	run ! reaches "$one" 10.2.0.3
}

@test "port: two of a network have neither the same address nor the same MAC" {
	net "$(network_a)"
	guest a 2 one
	run -1 net "$(port t1 1 a 2)"
	[[ $output == *"MAC of t1, slot 1, is that of t1, slot 0"* ]]
	run -1 net "$(port t1 1 a 2 | jq -c '.mac = "02:00:00:00:00:09"')"
	[[ $output == *"an address of t1, slot 1, is that of t1, slot 0"* ]]
	run -1 net "$(port t1 1 a 1)"
	[[ $output == *"is the gateway"* ]]
	run -1 net "$(port t1 1 a 3 | jq -c '.addresses = ["10.9.0.1"]')"
	[[ $output == *"in no subnet"* ]]
	run -1 net "$(port t99 0 a 3)"
	[[ $output == *"no tap t99"* ]]
	run -1 net "$(port t1 1 b 3)"
	[[ $output == *"not told of network"* ]]
}

# attack KIND: guest 2 of network a sends such frames, as if to harm guest 3.
attack() {
	in_ns "$one" python3 "$TESTS/integration/frames.py" "$1" "$(mac a 2)" 10.1.0.2 fd00:1::2 10.1.0.3 fd00:1::3
}

# hears PID COMMAND…: what the guest gets of IP and ARP from network a's guest 2 while it runs.
hears() {
	local pid=$1 heard=$BATS_TEST_TMPDIR/heard
	shift
	: >"$heard"
	in_ns "$pid" timeout 20 python3 "$TESTS/integration/listen.py" "$(mac a 2)" >"$heard" 3>&- &
	poll 10 grep -q listening "$heard"
	"$@"
	# An honest frame after them: when it is there, they would be, too.
	in_ns "$one" ping -q -c 1 -W 2 -p 6d6f6174 10.1.0.3 >/dev/null
	poll 10 grep -q done "$heard"
	grep -v -e listening -e done "$heard"
}

@test "port: a guest sends nothing in another's name, and is no router and no DHCP server" {
	net "$(network_a)"
	guest a 2 one
	one=$PID
	guest a 3 two
	two=$PID
	reaches "$one" 10.1.0.3
	before=$(spoofed)
	for kind in arp-claim arp-request arp-other-mac arp-odd nd-claim nd-claim-local nd-redirect ra ra-hop-by-hop \
		dhcp-offer dhcp-discover dhcp6-reply other-address other-address6 other-mac vlan bpdu lldp-other-mac empty-ip; do
		run hears "$two" attack "$kind"
		[ -z "$output" ] || { echo "$kind: $output"; false; }
	done
	[ "$(spoofed)" -ge $((before + 30)) ]
	# Nobody has learned anything from it.
	in_net ip neigh flush all
	reaches "$two" 10.1.0.1
	in_net ip neigh show 10.1.0.3 | grep -F "$(mac a 3)"
	run ! in_net sh -c 'bridge fdb show br b0a0a0a0a0a | grep 02:00:00:00:09:09'
	reaches "$one" 10.1.0.3
}

@test "port: a guest that takes another address or MAC is cut off" {
	net "$(network_a)"
	guest a 2 one
	guest a 3 two
	in_ns "$PID" ip addr add 10.1.0.77/16 dev eth0
	run ! in_ns "$PID" ping -q -c 1 -W 1 -I 10.1.0.77 10.1.0.2
	[ "$(spoofed)" -gt 0 ]
	in_ns "$PID" ip link set eth0 address 02:00:00:00:01:77
	run ! in_ns "$PID" ping -q -c 1 -W 1 10.1.0.1
}

@test "tap: one that was returned is used again, as new" {
	net "$(network_a)"
	guest a 2 one
	tap=$TAP
	kill -9 "$PID"
	poll 10 gone "$PID"
	net '{"op":"tap-return","tap":"'"$tap"'"}'
	net '{"op":"status"}' | jq -e '.ports == [] and .taps == [{tap: "'"$tap"'", pooled: true}]'
	guest a 3 two
	[ "$TAP" = "$tap" ]
	reaches "$PID" 10.1.0.1
}

@test "moat-net: what it does not understand it refuses, and goes on" {
	run -1 net '{"op":"fly"}'
	[[ $output == *"not known"* ]]
	run -1 net 'nonsense'
	run -1 net '{"op":"port","tap":"t1"}'
	net '{"op":"hello"}' | jq -e '.version == 1'
}
