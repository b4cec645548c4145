#!/usr/bin/env bats
# Shortcuts: the host's own connections to a published port go to the container past the relay.

load lib
load net
load publish

setup() {
	publish_setup
	serve_by peer 80
	publish web tcp 8080 80
}

teardown() {
	end_host
}

# ask ADDRESS: who the service says the host is.
ask() {
	on_host socat -t "$LIMIT" - "TCP4:$1" </dev/null
}

# relayed: how many connections have passed the relay.
relayed() {
	net '{"op":"status"}' | jq '.publishes[] | select(.key == "web") | .total'
}

shortcuts() {
	on_host nft list map inet moat shortcuts
}

has_shortcut() {
	shortcuts | grep -q "$1 . ${2:-8080} timeout"
}

is_deaf() {
	! listens "$@"
}

is_refused() {
	on_host nft list set inet moat refused | grep -q "$1 . 8080 "
}

# shorten ADDRESS: until there is a shortcut from it.
shorten() {
	ask "$1:8080" >/dev/null
	poll has_shortcut "$1"
}

@test "shortcuts: the host's next connections pass by the relay, and are the gateway's all the same" {
	local address before
	for address in 127.0.0.1 192.0.2.1; do
		[[ $(ask "$address:8080") == "10.1.0.1 "* ]]
		poll has_shortcut "$address"
		before=$(relayed)
		[[ $(ask "$address:8080") == "10.1.0.1 "* ]]
		[ "$(relayed)" = "$before" ]
	done
	# Clients from elsewhere are relayed as before: the host's own rules are for them.
	[[ $(outside_ask TCP4:192.0.2.1:8080) == "192.0.2.2 "* ]]
	[ "$(relayed)" -gt "$before" ]
}

@test "shortcuts: a socket of IPv4 alone, and of one address" {
	publish four tcp 8081 80 0.0.0.0
	publish one tcp 8082 80 127.0.0.1
	ask 127.0.0.1:8081
	ask 127.0.0.1:8082
	poll has_shortcut 127.0.0.1 8081
	poll has_shortcut 127.0.0.1 8082
	[[ $(ask 127.0.0.1:8082) == "10.1.0.1 "* ]]
}

@test "shortcuts: a port that is published no more is whose it is then" {
	shorten 127.0.0.1
	net '{"op":"unpublish","key":"web"}'
	run ! ask 127.0.0.1:8080
	on_host python3 "$TESTS/integration/proxy.py" serve-peer 8080 >"$NET/own.log" 2>&1 3>&- &
	echo $! >>"$NET/pids"
	poll listens "$HOST" 8080
	run -0 ask 127.0.0.1:8080
	[[ $output == "127.0.0.1 "* ]]
}

@test "shortcuts: a service that is started again is waited for, as before it listened first" {
	local client
	shorten 127.0.0.1
	# The last that was begun.
	kill -9 "$(tail -n 1 "$NET/pids")"
	poll is_deaf "$GUEST" 80
	ask 127.0.0.1:8080 >"$NET/answer" &
	client=$!
	poll is_refused 127.0.0.1
	serve_by peer 80
	wait "$client"
	[[ $(<"$NET/answer") == "10.1.0.1 "* ]]
}

@test "shortcuts: where nobody listens any more, a client is refused in the end" {
	shorten 127.0.0.1
	kill -9 "$(tail -n 1 "$NET/pids")"
	poll is_deaf "$GUEST" 80
	run on_host socat -t "$LIMIT" - TCP4:127.0.0.1:8080 </dev/null
	[ "$status" -ne 124 ]
	[[ $output != "10.1.0.1 "* ]]
}

@test "shortcuts: a reset of a connection that was there passes" {
	serve_by reset 81
	publish reset tcp 8081 81
	ask 127.0.0.1:8081 || true
	poll has_shortcut 127.0.0.1 8081
	run -0 on_host python3 "$TESTS/integration/proxy.py" reset 127.0.0.1 8081
	[ "$output" = reset ]
	run ! is_refused 127.0.0.1
}

@test "shortcuts: a service that moves is found where it is" {
	serve sh -c 'while :; do echo moved | socat -T 1 - TCP6-LISTEN:81,ipv6only=0,reuseaddr; done'
	poll listens "$GUEST" 81
	shorten 127.0.0.1
	net "$(request web tcp 81)"
	run -0 ask 127.0.0.1:8080
	[ "$output" = moved ]
}

@test "shortcuts: one that is there serves while moat-net is away, and ends by itself" {
	shorten 127.0.0.1
	kill -9 "$(inside)" "$(outside)"
	[[ $(ask 127.0.0.1:8080) == "10.1.0.1 "* ]]
	run -0 shortcuts
	[[ $output == *"127.0.0.1 . 8080 timeout 1m expires "* ]]
}

# A firewall that is written so is found in many guides.
@test "shortcuts: there are none where the host's own rules would stop them" {
	on_host nft -f - <<-RULES
		table inet own {
		        chain input {
		                type filter hook input priority 0; policy accept;
		                iif != lo ip daddr 127.0.0.0/8 drop
		        }
		}
	RULES
	[[ $(ask 127.0.0.1:8080) == "10.1.0.1 "* ]]
	poll grep -q "in the way of shortcuts" "$NET/net.log"
	[[ $(ask 127.0.0.1:8080) == "10.1.0.1 "* ]]
	run ! has_shortcut 127.0.0.1
	[ "$(relayed)" = 2 ]
}

@test "shortcuts: addresses of the host's loopback are for nobody in moat's namespace" {
	local host
	host=$(on_host ip -4 -o addr show dev moat0 | awk '{ print $4 }')
	on_host socat TCP4-LISTEN:9999,bind=127.0.0.1,fork,reuseaddr OPEN:"$NET/reached",creat 3>&- &
	echo $! >>"$NET/pids"
	poll listens "$HOST" 9999
	# As somebody might who had taken moat-net over.
	in_net sh -ec "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
		ip route del local 127.0.0.0/8 dev lo table local; ip route del local 127.0.0.1 dev lo table local
		ip route add 127.0.0.0/8 via ${host%/*} dev up0"
	run ! timeout 2 nsenter -t "$(inside)" -n -- socat -u OPEN:/etc/hostname TCP4:127.0.0.1:9999
	[ ! -e "$NET/reached" ]
}

@test "shortcuts: many connections at once, and the end of an input, both ways" {
	serve_by whole 90
	publish whole tcp 9090 90
	on_host python3 "$TESTS/integration/proxy.py" whole 127.0.0.1 9090 1000
	poll has_shortcut 127.0.0.1 9090
	run -0 on_host python3 "$TESTS/integration/proxy.py" whole 127.0.0.1 9090 20000000
	[ "$output" = "20000000 bytes" ]
	serve_by echo 7
	publish echo tcp 7777 7
	run -0 on_host python3 "$TESTS/integration/proxy.py" short 127.0.0.1 7777 2000
	[ "$output" = "all answered" ]
}
