#!/usr/bin/env bats
# Names on moat-net's networks, asked by guests that are played on real taps.

load lib
load net

setup() {
	net_setup
}

teardown() {
	end_host
}

@test "names: containers have names and aliases, and addresses have names" {
	net "$(network_a)"
	guest a 2 web web.front My_App-1
	one=$PID
	poll answers "$one" 10.1.0.1 web = NOERROR 10.1.0.2
	answers "$one" 10.1.0.1 web AAAA = NOERROR fd00:1::2
	answers "$one" fd00:1::1 web.front = NOERROR 10.1.0.2
	answers "$one" 10.1.0.1 my_app-1 = NOERROR 10.1.0.2
	answers "$one" 10.1.0.1 -x 10.1.0.2 = NOERROR web.
	answers "$one" 10.1.0.1 -x fd00:1::2 = NOERROR web.
	answers "$one" 10.1.0.1 -x 10.1.0.77 = NXDOMAIN
	answers "$one" 10.1.0.1 +tcp web = NOERROR 10.1.0.2
	# A replica has the same alias; a container that leaves has no name.
	guest a 3 other web.front
	poll answers "$one" 10.1.0.1 web.front = NOERROR 10.1.0.2 10.1.0.3
	answers "$PID" 10.1.0.1 web = NOERROR 10.1.0.2
	net '{"op":"port-remove","tap":"'"$TAP"'","slot":0}'
	poll answers "$one" 10.1.0.1 web.front = NOERROR 10.1.0.2
	# Names change while it runs.
	net "$(port t1 0 a 2 renamed)"
	poll answers "$one" 10.1.0.1 renamed = NOERROR 10.1.0.2
}

@test "names: the missing family of a name is empty, and nobody else is asked for it" {
	resolver "$OUTSIDE" 192.0.2.2 address=/web/2001:db8::66 address=/db.example.com/2001:db8::66
	net "$(network_a)"
	guest a 2 one
	net "$(port "$TAP" 0 a 2 web db.example.com | jq -c '.addresses = ["10.1.0.2"]')"
	poll answers "$PID" 10.1.0.1 web AAAA = NOERROR
	answers "$PID" 10.1.0.1 db.example.com AAAA = NOERROR
	answers "$PID" 10.1.0.1 db.example.com = NOERROR 10.1.0.2
	answers "$PID" 10.1.0.1 web MX = NOERROR
}

@test "names: the host has names, but not on an internal network" {
	host=$(net "$(network_a)" | jq -r '.hosts[0]')
	net "$(network_b | jq -c '.internal = true')"
	guest a 2 one
	poll answers "$PID" 10.1.0.1 host.docker.internal = NOERROR "$host"
	answers "$PID" 10.1.0.1 host.moat.internal = NOERROR "$host"
	guest b 2 two
	poll answers "$PID" 10.2.0.1 host.docker.internal = NXDOMAIN
	answers "$PID" 10.2.0.1 example.org = NXDOMAIN
	answers "$PID" 10.2.0.1 two = NOERROR 10.2.0.2
	run ! answers "$PID" 10.1.0.1 +tries=1 +time=3 one = NOERROR 10.1.0.2
}

@test "names: all else is asked of the host's resolvers, large answers and TCP too" {
	resolver "$OUTSIDE" 192.0.2.2 address=/example.org/192.0.2.99 $(seq -f 'host-record=many.example,198.51.100.%g' 1 200) \
		"txt-record=big.example,$(printf 'x%.0s' {1..250}),$(printf 'y%.0s' {1..250})"
	net "$(network_a)"
	guest a 2 one
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.99
	answers "$PID" 10.1.0.1 +tcp example.org = NOERROR 192.0.2.99
	[ "$(ask "$PID" 10.1.0.1 many.example | wc -l)" = 201 ]
	[ "$(ask "$PID" 10.1.0.1 +tcp many.example | wc -l)" = 201 ]
	ask "$PID" 10.1.0.1 big.example TXT | grep -q yyy
}

@test "names: a resolver on the host's loopback is reached, and one that changes is followed" {
	resolver "$HOST" 127.0.0.53 address=/example.org/192.0.2.53
	host_resolv 'nameserver 127.0.0.53' 'options edns0'
	net "$(network_a)"
	guest a 2 one
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.53
	resolver "$OUTSIDE" 192.0.2.2 address=/example.org/192.0.2.99
	host_resolv 'nameserver 192.0.2.2'
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.99
	net '{"op":"status"}' | jq -e '.host_resolvers == ["192.0.2.2"]'
	# The file is replaced, not written, by some.
	host_resolv 'nameserver 127.0.0.53' '# and a comment'
	poll answers "$PID" 10.1.0.1 example.org = NOERROR 192.0.2.53
}

@test "names: a container on two networks has the names of both, and others do not" {
	net "$(network_a)" "$(network_b)"
	guest a 2 front
	front=$PID
	guest b 2 back
	back=$PID
	guest a 3 middle
	net "$(port "$TAP" 1 b 3 middle)"
	poll answers "$PID" 10.1.0.1 front = NOERROR 10.1.0.2
	answers "$PID" 10.1.0.1 back = NOERROR 10.2.0.2
	answers "$PID" fd00:1::1 back AAAA = NOERROR fd00:2::2
	answers "$PID" 10.1.0.1 +tcp back = NOERROR 10.2.0.2
	run ! answers "$front" 10.1.0.1 +tries=1 +time=3 back = NOERROR 10.2.0.2
	poll answers "$back" 10.2.0.1 middle = NOERROR 10.2.0.3
	net '{"op":"port-remove","tap":"'"$TAP"'","slot":1}'
	poll answers "$PID" 10.1.0.1 front = NOERROR 10.1.0.2
	run ! answers "$PID" 10.1.0.1 +tries=1 +time=3 back = NOERROR 10.2.0.2
}

@test "names: dnsmasq has a filter of its own, no capability and no file to write, and no limit beyond its needs" {
	local pid inside
	net "$(network_a)"
	guest a 2 one
	inside=$(inside)
	poll answers "$PID" 10.1.0.1 one = NOERROR 10.1.0.2
	pid=$(pgrep -P "$inside" dnsmasq)
	status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
	assert_equal "$(status "$pid" CapEff)$(status "$pid" CapPrm)$(status "$pid" CapAmb)" "$(printf '%048d' 0)"
	assert_equal "$(status "$pid" NoNewPrivs) $(status "$pid" Seccomp)" "1 2"
	assert_equal "$(status "$pid" Seccomp_filters)" $(($(status "$inside" Seccomp_filters) + 1))
	run awk '/^Max (file size|core file size|locked memory|open files)/ { print $(NF - 2), $(NF - 1) }' "/proc/$pid/limits"
	assert_equal "$output" $'0 0\n0 0\n4096 4096\n0 0'
	# It forks for each connection.
	in_ns "$PID" dig @10.1.0.1 +tcp +short one | grep -qx 10.1.0.2
}

@test "names: dnsmasq that is killed is started again" {
	net "$(network_a)"
	guest a 2 one
	poll answers "$PID" 10.1.0.1 one = NOERROR 10.1.0.2
	old=$(net '{"op":"status"}' | jq '.resolvers[0].pid')
	kill -9 "$(pgrep -P "$(inside)" dnsmasq)"
	poll answers "$PID" 10.1.0.1 one = NOERROR 10.1.0.2
	[ "$(net '{"op":"status"}' | jq '.resolvers[0].pid')" != "$old" ]
}
