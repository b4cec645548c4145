#!/usr/bin/env bats
# Shortcuts: the host's own connections to a published port go to the container past the relay, where
# the settings say so ("userland-proxy": false).

load lib
load net
load publish

setup() {
	publish_setup
	serve_by peer 80
	[[ $BATS_TEST_DESCRIPTION == *without* ]] || PUBLISH_BESIDES='{shortcuts: true}'
	publish web tcp 8080 80
	[[ $BATS_TEST_DESCRIPTION == *without* ]] || poll shortcuts
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

is_without_shortcuts() {
	! shortcuts | grep -q " . 808[0-9] timeout"
}

is_deaf() {
	! listens "$@"
}

is_refused() {
	on_host nft list set inet moat refused | grep -q "$1 . 8080 "
}

# guard_loopback: the host has a firewall as it is found in many guides.
guard_loopback() {
	on_host nft -f - <<-RULES
		table inet own {
		        chain input {
		                type filter hook input priority 0; policy accept;
		                iif != lo ip daddr 127.0.0.0/8 drop
		        }
		}
	RULES
}

# shorten ADDRESS [PORT]: until there is a shortcut from it.  A trial that takes too long on a busy machine is made again.
shorten() {
	poll ask_and_see "$1" "${2:-8080}"
}

ask_and_see() {
	ask "$1:$2" >/dev/null || true
	has_shortcut "$1" "$2"
}

@test "shortcuts: the host's next connections pass by the relay, and are the gateway's all the same" {
	local address before
	for address in 127.0.0.1 192.0.2.1; do
		[[ $(ask "$address:8080") == "10.1.0.1 "* ]]
		shorten "$address"
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
	publish other tcp 8083 80 192.0.2.1
	shorten 127.0.0.1 8081
	shorten 127.0.0.1 8082
	shorten 192.0.2.1 8083
	[[ $(ask 127.0.0.1:8082) == "10.1.0.1 "* ]]
	[[ $(ask 192.0.2.1:8083) == "10.1.0.1 "* ]]
	run ! ask 127.0.0.1:8083
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
	rm "$NET/serve.log"
	serve python3 "$TESTS/integration/proxy.py" serve-peer 80 "$NET/listen"
	poll grep -q bound "$NET/serve.log"
	ask 127.0.0.1:8080 >"$NET/answer" &
	client=$!
	# It is refused again and again, for three seconds at most.
	poll is_refused 127.0.0.1
	touch "$NET/listen"
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
	shorten 127.0.0.1 8081
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
	[[ $output =~ "127.0.0.1 . 8080 timeout 1m expires "[1-5]?[0-9]s ]]
}

@test "shortcuts: there are none where the host's own rules would stop them" {
	guard_loopback
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
	# Nor does an answer come from there that none of the host's own has sent.
	on_host socat -u UDP4-RECVFROM:9998,bind=127.0.0.1 OPEN:"$NET/forged",creat 3>&- &
	echo $! >>"$NET/pids"
	in_net ip addr add 127.0.0.53/32 dev up0
	in_net socat -u OPEN:/etc/hostname "UDP4:${host%/*}:9998,bind=127.0.0.53" || true
	on_host socat -u UDP4-RECVFROM:9997 OPEN:"$NET/forged",creat 3>&- &
	echo $! >>"$NET/pids"
	sleep 0.3
	in_net socat -u OPEN:/etc/hostname "UDP4:${host%/*}:9997,bind=127.0.0.53" || true
	sleep 0.3
	[ ! -e "$NET/forged" ]
}

@test "shortcuts: many connections at once, and the end of an input, both ways" {
	serve_by whole 90
	publish whole tcp 9090 90
	shorten 127.0.0.1 9090
	run -0 on_host python3 "$TESTS/integration/proxy.py" whole 127.0.0.1 9090 20000000
	[ "$output" = "20000000 bytes" ]
	serve_by echo 7
	publish web tcp 7777 7
	shorten 127.0.0.1 7777
	before=$(relayed)
	run -0 on_host python3 "$TESTS/integration/proxy.py" short 127.0.0.1 7777 2000
	[ "$output" = "all answered" ]
	# One for each minute that has passed.
	[ "$(relayed)" -lt $((before + 20)) ]
}

@test "shortcuts: without them the host has nothing of theirs" {
	run ! on_host nft list map inet moat shortcuts
	[ "$(on_host cat /proc/sys/net/ipv4/conf/moat0/route_localnet)" = 0 ]
}

@test "shortcuts: a moat-net that follows one which had them has nothing of theirs at first" {
	local keeper
	shorten 127.0.0.1
	[ "$(on_host cat /proc/sys/net/ipv4/conf/moat0/route_localnet)" = 1 ]
	nsenter -t "$(inside)" -n -- sleep infinity 3>&- &
	keeper=$!
	echo "$keeper" >>"$NET/pids"
	poll share_namespace "$keeper" "$(inside)"
	kill -9 "$(inside)" "$(outside)"
	poll is_gone
	start_net "/proc/$keeper/ns/net"
	net "$(network_a)" "$(port "$TAP" 0 a 2 service)" '{"op":"settled"}'
	[ "$(on_host cat /proc/sys/net/ipv4/conf/moat0/route_localnet)" = 0 ]
	run ! shortcuts
}

@test "shortcuts: none from an address that is another host's, whatever the map says" {
	on_host nft add element inet moat shortcuts '{ 192.0.2.2 . 8080 timeout 60s : 10.1.0.2 . 80 }'
	run ! ask 192.0.2.2:8080
	on_host nft add element inet moat shortcuts '{ 192.0.2.1 . 8080 timeout 60s : 10.1.0.2 . 80 }'
	[[ $(ask 192.0.2.1:8080) == "10.1.0.1 "* ]]
	[ "$(relayed)" = 0 ]
}

@test "shortcuts: one whose way leads elsewhere is not taken, and nothing gets out by it" {
	shorten 192.0.2.1
	in_ns "$OUTSIDE" ip addr add 10.1.0.2/32 dev lo
	in_ns "$OUTSIDE" socat TCP4-LISTEN:80,bind=10.1.0.2,fork OPEN:"$NET/leaked",creat 3>&- &
	echo $! >>"$NET/pids"
	poll listens "$OUTSIDE" 80
	on_host ip rule add fwmark 7 lookup 100
	on_host ip route add default via 192.0.2.2 table 100
	run -0 on_host python3 "$TESTS/integration/proxy.py" marked 192.0.2.1 8080 7
	[[ $output == "10.1.0.1 "* ]]
	[ ! -e "$NET/leaked" ]
}

@test "shortcuts: a client that hears nothing by one sends the next to the relay" {
	local client
	shorten 127.0.0.1
	guard_loopback
	ask 127.0.0.1:8080 >/dev/null &
	client=$!
	poll is_refused 127.0.0.1
	[[ $(ask 127.0.0.1:8080) == "10.1.0.1 "* ]]
	kill "$client" || true
}

@test "shortcuts: all of a container's ports end with it, also where the outside hangs" {
	publish c1.0 tcp 8081 80
	publish c1.1 tcp 8082 80
	shorten 127.0.0.1 8081
	shorten 127.0.0.1 8082
	kill -STOP "$(outside)"
	net '{"op":"unpublish","key":"c1"}'
	kill -CONT "$(outside)"
	poll is_without_shortcuts
}
