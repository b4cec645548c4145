#!/usr/bin/env bats
# moat-net by itself: networks between guests that are played on real taps.

load lib
load net

setup() {
	net_setup
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
	cut_off "$one" 10.2.0.2
	cut_off "$one" fd00:2::2
	cut_off "$one" 10.2.0.1
	cut_off "$one" fd00:2::1
}

@test "network: told of twice it is the same; changed, it has the new addresses" {
	net "$(network_a)" "$(network_a)"
	guest a 2 one
	in_net ip addr show dev b0a0a0a0a0a | grep -F 10.1.0.1/16
	net '{"op":"network","id":"'$NET_A'","subnets":[{"subnet":"10.1.0.0/16","gateway":"10.1.0.9"}]}'
	reaches "$PID" 10.1.0.9
	cut_off "$PID" 10.1.0.1
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
	cut_off "$one" 10.2.0.3
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
	in_ns "$pid" timeout "$LIMIT" python3 "$TESTS/integration/listen.py" "$(mac a 2)" >"$heard" 3>&- &
	poll grep -q listening "$heard"
	"$@"
	# An honest frame after them: when it is there, they would be, too.
	in_ns "$one" ping -q -c 1 -W 60 -p 6d6f6174 10.1.0.3 >/dev/null
	poll grep -q done "$heard"
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
	in_ns "$one" ip link set eth0 mtu 9000
	for kind in arp-claim arp-request arp-other-mac arp-odd nd-claim nd-claim-local nd-redirect ra ra-hop-by-hop \
		dhcp-offer dhcp-discover dhcp6-reply other-address other-address6 other-mac vlan bpdu lldp-other-mac jumbo empty-ip; do
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
	poll gone "$PID"
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

@test "uplink: containers get outside under the host's address, and only answers come back" {
	net "$(network_a)" | jq -e '.hosts | length == 2'
	guest a 2 one
	reaches "$PID" 192.0.2.2
	reaches "$PID" 2001:db8::2
	run ! in_ns "$OUTSIDE" ip route get 10.1.0.2
	in_ns "$OUTSIDE" ip route add 10.1.0.0/16 via 192.0.2.1
	cut_off "$OUTSIDE" 10.1.0.2
}

@test "uplink: the host reaches containers, and they the host by one address" {
	hosts=$(net "$(network_a)" | jq -r '.hosts[]')
	guest a 2 one
	on_host ping -q -c 2 -i 0.1 -W 60 10.1.0.2
	on_host ping -q -c 2 -i 0.1 -W 60 fd00:1::2
	for address in $hosts; do
		reaches "$PID" "$address"
	done
}

# What the host has that is not moat's: rules, routes, settings, interfaces.
host_state() {
	on_host nft list ruleset | awk '/^table inet moat/ {skip = 1} !skip {print} /^}/ {skip = 0}'
	on_host ip route show table all | grep -v moat0 || true
	on_host ip -6 route show table all | grep -v moat0 || true
	on_host ip -br link | grep -v moat0 || true
	on_host sysctl -a 2>/dev/null | grep '^net' | grep -v -e moat0 -e '_count ' -e nf_conntrack -e 'dev_weight\|\.stat\|tcp_mem\|udp_mem' || true
}

@test "uplink: the host is as it was, before, after, and but for forwarding meanwhile" {
	on_host nft -f - <<-NFT
		table inet mine {
			chain forward {
				type filter hook forward priority 0; policy accept;
				counter
			}
		}
	NFT
	poll host_has_link_local
	host_state | sed 's/counter packets.*/counter/' >"$NET/before"
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	host_state | sed 's/counter packets.*/counter/' >"$NET/during"
	run diff "$NET/before" "$NET/during"
	echo "$output"
	[ "$(grep -c '^[<>]' <<<"$output")" = "$(grep -c '^[<>].*eth0.*forwarding' <<<"$output")" ]
	net '{"op":"shutdown"}'
	poll gone_with_host
	host_state | sed 's/counter packets.*/counter/' >"$NET/after"
	diff "$NET/before" "$NET/after"
}

# Not while others are asked whether it is theirs.
host_has_link_local() {
	on_host ip -6 route show table local | grep -q '^local fe80:.* dev eth0 ' && [ -z "$(on_host ip -6 addr show tentative)" ]
}

gone_with_host() {
	! pgrep -f "^moat-net $NET\$" && ! on_host ip link show moat0 && ! on_host nft list table inet moat
}

@test "uplink: the host passes nothing on that is not from or for moat's networks" {
	# A third namespace on the host, which a host that forwards would let outside.
	namespace
	local third=$PID
	on_host ip link add third type veth peer name eth0 netns "$third"
	on_host sh -c 'ip addr add 198.51.100.1/24 dev third; ip link set third up'
	in_ns "$third" sh -c 'ip addr add 198.51.100.2/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.1'
	in_ns "$OUTSIDE" ip route add 198.51.100.0/24 via 192.0.2.1
	reaches "$third" 192.0.2.1
	cut_off "$third" 192.0.2.2
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	cut_off "$third" 192.0.2.2
	cut_off "$third" 10.1.0.2
}

@test "uplink: a host that begins to pass on for others does so from then on, and also when moat-net has ended" {
	namespace
	local third=$PID
	on_host ip link add third type veth peer name eth0 netns "$third"
	on_host sh -c 'ip addr add 198.51.100.1/24 dev third; ip addr add 2001:db8:3::1/64 dev third nodad; ip link set third up'
	in_ns "$third" sh -c 'ip addr add 198.51.100.2/24 dev eth0; ip addr add 2001:db8:3::2/64 dev eth0 nodad
		ip link set eth0 up; ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:3::1'
	in_ns "$OUTSIDE" sh -c 'ip route add 198.51.100.0/24 via 192.0.2.1; ip -6 route add 2001:db8:3::/64 via 2001:db8::1'
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	reaches "$PID" 2001:db8::2
	cut_off "$third" 192.0.2.2
	on_host sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	poll reaches "$third" 192.0.2.2
	poll reaches "$third" 2001:db8::2
	reaches "$PID" 192.0.2.2
	reaches "$PID" 2001:db8::2
	kill -9 "$(outside)"
	poll no_moat_net
	reaches "$third" 192.0.2.2
	start_net
	net "$(network_a)"
	net '{"op":"shutdown"}'
	poll gone_with_host
	reaches "$third" 192.0.2.2
	reaches "$third" 2001:db8::2
}

no_moat_net() {
	! pgrep -f "^moat-net $NET\$"
}

@test "uplink: where the host loads its own rules anew, containers get outside as before" {
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	on_host nft flush ruleset
	poll reaches "$PID" 192.0.2.2
	poll reaches "$PID" 2001:db8::2
	in_ns "$OUTSIDE" ip route add 10.1.0.0/16 via 192.0.2.1
	cut_off "$OUTSIDE" 10.1.0.2
	# What moat itself does is no such change.
	net "$(network_b)"
	sleep 1
	[ "$(grep -c "table is gone" "$NET/net.log")" = 1 ]
}

@test "uplink: on a host whose interfaces change without end what was removed comes back, too" {
	net "$(network_a)"
	guest a 2 one
	on_host ip link add busy type veth peer name busy1
	nsenter -t "$HOST" -n sh -c 'while ip link set busy up && ip link set busy down; do sleep 0.02; done' 3>&- &
	echo $! >>"$NET/pids"
	on_host nft flush ruleset
	poll on_host nft list table inet moat
	kill "$!"
}

# net_with_nft: moat-net in a new host, whose nft is a script, read from standard input.  It is in a folder /usr/src that this
# moat-net alone has, with nft.real beside it; SCRIPTS is where the test sees that.
net_with_nft() {
	end_host
	make_host slow
	{
		echo '#!/bin/sh'
		cat
	} >"$NET/nft"
	start_with_nft
}

# start_with_nft [NAMESPACE]: the same in the host that is there.  Where $NET/hold is, it is in that folder from the start.
start_with_nft() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	on_host unshare -m sh -ec 'mount -t tmpfs -o mode=1777 none /usr/src
		cp "$0" /usr/src/nft.real; cp "$NET/nft" /usr/src/nft; chmod 755 /usr/src/nft*
		[ ! -e "$NET/hold" ] || touch /usr/src/hold; mount --bind /usr/src/nft "$0"
		exec env MOAT_BUILD="$MOAT_BUILD" python3 "$@"' "$(command -v nft)" "$TESTS/integration/netctl.py" start "$NET" "$@" 3>&-
	poll net '{"op":"hello"}'
	SCRIPTS=/proc/$(outside)/root/usr/src
}

# net_with_held_nft: one that waits while there is a file hold, and has made a file held then.  Only the host's does: moat's own
# namespace has no eth0.
net_with_held_nft() {
	net_with_nft <<-'SH'
		while [ -e /usr/src/hold ] && grep -q eth0: /proc/net/dev; do
			touch /usr/src/held
			sleep 0.1
		done
		exec /usr/src/nft.real "$@"
	SH
}

@test "uplink: a network that comes while the next moat-net still looks at what was left is let out when it is answered" {
	local pids=()
	net_with_held_nft
	net "$(network_a)"
	guest a 2 one
	touch "$NET/namespace" "$NET/hold"
	mount --bind "/proc/$(inside)/ns/net" "$NET/namespace"
	kill -9 "$(outside)"
	poll no_moat_net
	start_with_nft "$NET/namespace"
	poll umount "$NET/namespace"
	poll test -e "$SCRIPTS/held"
	net "$(network_a)" 3>&- &
	pids+=($!)
	net "$(network_b)" 3>&- &
	pids+=($!)
	poll network_b_there
	net '{"op":"settled"}' 3>&- &
	pids+=($!)
	sleep 0.5
	rm "$SCRIPTS/hold"
	wait "${pids[@]}"
	net "$(network_b)"
	on_host nft list set inet moat subnets4 | grep 10.2.0.0/16
}

@test "uplink: a network that comes while the host's rules are written is in them when it is answered" {
	local pids=()
	net_with_held_nft
	touch "$SCRIPTS/hold"
	net "$(network_a)" 3>&- &
	pids+=($!)
	poll test -e "$SCRIPTS/held"
	net "$(network_b)" 3>&- &
	pids+=($!)
	poll network_b_there
	sleep 0.5
	rm "$SCRIPTS/hold"
	wait "${pids[@]}"
	on_host nft list set inet moat subnets4 | grep 10.1.0.0/16
	on_host nft list set inet moat subnets4 | grep 10.2.0.0/16
	on_host nft list set inet moat subnets6 | grep fd00:2::/64
}

@test "uplink: where nft lists nothing, the host's rules are not written over and over" {
	net_with_nft <<-'SH'
		if [ -e /usr/src/blind ] && [ "$2" = list ] && grep -q eth0: /proc/net/dev; then
			touch /usr/src/asked
			exit 1
		fi
		exec /usr/src/nft.real "$@"
	SH
	touch "$SCRIPTS/blind"
	net "$(network_a)"
	poll test -e "$SCRIPTS/asked"
	on_host nft list table inet moat
	on_host nft flush ruleset
	poll grep "cannot be listed" "$NET/net.log"
	run -1 grep "table is gone" "$NET/net.log"
	rm "$SCRIPTS/blind"
	on_host ip link set eth0 mtu 1400
	poll on_host nft list table inet moat
}

network_b_there() {
	in_net ip -4 addr | grep -q 10.2.0.1/
}

@test "uplink: the host's end that somebody sets down, or removes, is as it was again" {
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	on_host ip link set moat0 down
	poll reaches "$PID" 192.0.2.2
	poll reaches "$PID" 2001:db8::2
	on_host ping -q -c 1 -W 20 10.1.0.2
	on_host ip link del moat0
	poll reaches "$PID" 192.0.2.2
	poll reaches "$PID" 2001:db8::2
	on_host ping -q -c 1 -W 20 10.1.0.2
	net '{"op":"shutdown"}'
	poll gone_with_host
}

@test "uplink: a host's end that is made again under another number leaves no table of the old one" {
	on_host ip link add moat0 type veth peer name other
	net "$(network_a)"
	guest a 2 one
	on_host nft list table inet moat_1
	on_host sh -ec 'ip link del moat0; ip link del moat1'
	poll reaches "$PID" 192.0.2.2
	poll on_host nft list table inet moat
	run ! on_host nft list table inet moat_1
	# What comes after it is seen, too.
	on_host nft flush ruleset
	poll on_host nft list table inet moat
	net '{"op":"shutdown"}'
	poll gone_with_host
}

# take_end: somebody else has the name of the host's end, and all others are taken. moat-net may be quicker.
take_end() {
	on_host sh -c 'ip link del moat0; ip link add moat0 type veth peer name moat64'
}

@test "uplink: a host's end that cannot be made again is tried later, and the host is as it was at the end" {
	local i
	net "$(network_a)"
	guest a 2 one
	for ((i = 1; i < 64; i += 2)); do
		echo "link add moat$i type veth peer name moat$((i + 1 < 64 ? i + 1 : 65))"
	done | on_host ip -batch -
	poll take_end
	poll grep "interface between host and networks" "$NET/net.log"
	on_host ip link del moat0
	poll reaches "$PID" 192.0.2.2
	poll take_end
	poll told_twice
	net '{"op":"shutdown"}'
	poll no_moat_net
	run ! on_host nft list table inet moat
	[ "$(on_host sysctl -n net.ipv4.conf.eth0.forwarding)" = 0 ]
}

told_twice() {
	[ "$(grep -c "interface between host and networks" "$NET/net.log")" -ge 2 ]
}

@test "uplink: interfaces that come later, and settings that others change, are followed" {
	net "$(network_a)"
	guest a 2 one
	namespace
	local later=$PID
	on_host ip link add later type veth peer name eth0 netns "$later"
	on_host sh -c 'ip addr add 203.0.113.1/24 dev later; ip link set later up'
	in_ns "$later" sh -c 'ip addr add 203.0.113.2/24 dev eth0; ip link set eth0 up'
	guest a 3 two
	poll reaches "$PID" 203.0.113.2
	on_host sysctl -q -w net.ipv4.conf.eth0.forwarding=0
	poll reaches "$PID" 192.0.2.2
}

@test "uplink: a host that loses its way outside has networks all the same; what is outside is reached when that is" {
	local one
	net "$(network_a)"
	guest a 2 one
	one=$PID
	guest a 3 two
	reaches "$one" 192.0.2.2
	on_host ip link set eth0 down
	cut_off "$one" 192.0.2.2
	reaches "$one" 10.1.0.3
	poll answers "$one" 10.1.0.1 two = NOERROR 10.1.0.3
	on_host ip link set eth0 up
	on_host ip route replace default via 192.0.2.2
	poll reaches "$one" 192.0.2.2
	# Another one of its name, as of an adapter that was pulled out.
	on_host ip link del eth0
	cut_off "$one" 192.0.2.2
	link_hosts
	poll reaches "$one" 192.0.2.2
	poll reaches "$one" 2001:db8::2
	rename_link
	poll reaches "$one" 192.0.2.2
	poll reaches "$one" 2001:db8::2
}

@test "uplink: an internal network reaches nothing outside, and not the host" {
	hosts=$(net "$(network_b)" | jq -r '.hosts[]')
	net "$(network_a | jq -c '.internal = true')"
	guest a 2 one
	guest a 3 two
	reaches "$PID" 10.1.0.2
	for address in $hosts 192.0.2.1 192.0.2.2 2001:db8::2 10.2.0.1; do
		cut_off "$PID" "$address"
	done
}

@test "uplink: the way between host and networks avoids what is in use" {
	on_host ip route add 10.254.0.0/16 via 192.0.2.2
	net "$(network_a)" | jq -e '.hosts[0] == "172.31.254.1"'
	net "$(network_b | jq -c '.subnets[0] = {subnet: "192.0.2.0/24", gateway: "192.0.2.9"}')"
	net '{"op":"status"}' | jq -e '.uplink.text | contains("192.0.2.0/24")'
	on_host ip route get 192.0.2.2 | grep -F 'dev eth0'
}

@test "slot: a machine on two networks reaches both, and is who it is on each" {
	net "$(network_a)" "$(network_b)"
	guest a 2 front
	guest b 2 back
	guest a 3 middle
	net "$(port "$TAP" 1 b 3 middle)"
	in_ns "$PID" sh -e <<-SH
		ip link add link eth0 name eth1 type macvlan mode private
		ip link set eth1 address $(mac b 3) up
		ip addr add 10.2.0.3/16 dev eth1
		ip addr add fd00:2::3/64 dev eth1 nodad
	SH
	reaches "$PID" 10.1.0.2
	reaches "$PID" 10.2.0.2
	reaches "$PID" fd00:2::2
	reaches "$PID" 10.2.0.1
	[ "$(spoofed)" = 0 ]
	# The MAC of one network is none of the other.
	run ! in_ns "$PID" ping -q -c 1 -W 1 -I 10.1.0.3 10.2.0.2
	net '{"op":"port-remove","tap":"'"$TAP"'","slot":0}'
	reaches "$PID" 10.2.0.2
	cut_off "$PID" 10.1.0.2
	net '{"op":"tap-return","tap":"'"$TAP"'"}'
	run ! in_net ip link show "${TAP}s1"
}

@test "uplink: rules of the host's own that would stop containers are told of, with what to do" {
	on_host nft -f - <<-NFT
		table ip filter {
			chain FORWARD {
				type filter hook forward priority 0; policy drop;
				ct state established,related accept
			}
		}
	NFT
	net "$(network_a)"
	guest a 2 one
	cut_off "$PID" 192.0.2.2
	poll says_firewall 'iptables -I FORWARD -i moat0 -j ACCEPT'
	# Names do not need what the host passes on.
	resolver "$OUTSIDE" 192.0.2.2 address=/example.org/192.0.2.99
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.99
	on_host nft insert rule ip filter FORWARD iifname moat0 accept
	on_host nft insert rule ip filter FORWARD oifname moat0 accept
	reaches "$PID" 192.0.2.2
	net "$(network_b)"
	poll says_firewall ''
}

says_firewall() {
	net '{"op":"status"}' | jq -e --arg text "$1" 'if $text == "" then .firewall == "" else .firewall | contains($text) end'
}

is_at_rest() {
	net '{"op":"status"}' | jq -e '.networks == [] and .uplink.up == false and (.taps | length) == 1'
}

@test "moat-net: half a minute after the last container everything is gone but the taps that are held" {
	local held=$NET held_on=$HOST guest tap free free_on
	net "$(network_a)"
	guest a 2 one
	guest=$PID
	tap=$TAP
	net '{"op":"port-remove","tap":"'"$tap"'","slot":0}'
	on_host ip link show moat0 >/dev/null
	# In the same half minute: a host on which no tap is held.
	make_host free
	start_net
	free=$NET
	free_on=$HOST
	net "$(network_a)"
	guest a 2 one
	reaches "$PID" 192.0.2.2
	net '{"op":"tap-return","tap":"'"$TAP"'"}'

	NET=$held
	HOST=$held_on
	poll without_uplink
	# The inside is told of it a moment later.
	poll is_at_rest
	run ! pgrep -P "$(inside)" dnsmasq
	# It is there again when it is needed.
	net "$(network_a)" "$(port "$tap" 0 a 2 one)"
	reaches "$guest" 192.0.2.2

	NET=$free
	HOST=$free_on
	poll none_runs
	run ! on_host nft list table inet moat
}

without_uplink() {
	! on_host ip link show moat0
}

none_runs() {
	! pgrep -f "^moat-net $NET\$"
}
