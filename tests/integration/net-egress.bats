#!/usr/bin/env bats
# moat-net by itself: what may leave a network.

load lib
load net

setup() {
	net_setup
	# Four servers outside: allowed by name, by a name below it, by address, and not at all.
	for address in 192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.14; do
		in_ns "$OUTSIDE" ip addr add "$address/24" dev eth0
	done
	in_ns "$OUTSIDE" ip addr add 2001:db8::11/64 dev eth0 nodad
	serve 80
	serve 443
	resolver "$OUTSIDE" 192.0.2.2 host-record=allowed.example,192.0.2.11,2001:db8::11 host-record=www.allowed.example,192.0.2.12 \
		host-record=evil.example,192.0.2.14 txt-record=evil.example,secret
}

teardown() {
	end_host
}

# serve PORT: answers connections to every address outside.
serve() {
	nsenter -t "$OUTSIDE" -n socat -U "TCP6-LISTEN:$1,ipv6-v6only=0,fork,reuseaddr" SYSTEM:'echo hello' >/dev/null 2>&1 3>&- &
	disown
	echo $! >>"$NET/pids"
	poll in_ns "$OUTSIDE" bash -c "exec 4<>/dev/tcp/127.0.0.1/$1"
}

# limited RULE…: network a lets out these alone.
limited() {
	net "$(network_a | jq -c '.limited = true | .allow = $ARGS.positional' --args "$@")"
}

# gets ADDRESS PORT: does the guest get an answer from there? What is not let out is refused at once.
gets() {
	[ "$(in_ns "$PID" socat -u "TCP:$1:$2" -)" = hello ]
}

resolves() {
	in_ns "$PID" dig @10.1.0.1 +short +tries=3 +time=20 "$@" | grep -q .
}

@test "egress: a name that is allowed is reached once it was asked for, and names below it" {
	limited allowed.example
	guest a 2 one
	run ! gets 192.0.2.11 80
	poll resolves allowed.example
	gets 192.0.2.11 80
	gets 192.0.2.11 443
	run ! gets 192.0.2.12 80
	resolves www.allowed.example
	gets 192.0.2.12 80
	run ! gets 192.0.2.13 80
	resolves allowed.example AAAA
	gets '[2001:db8::11]' 80
}

@test "egress: other names do not exist, and addresses are refused at once" {
	limited allowed.example
	guest a 2 one
	poll answers "$PID" 10.1.0.1 evil.example = NXDOMAIN
	answers "$PID" 10.1.0.1 evil.example TXT = NXDOMAIN
	answers "$PID" 10.1.0.1 one = NOERROR 10.1.0.2
	# Nobody else is asked, by whatever way.
	run ! in_ns "$PID" dig @192.0.2.2 +tries=1 +time=1 evil.example
	run in_ns "$PID" socat - TCP:192.0.2.14:80,connect-timeout=20
	[[ $output == *"No route to host"* ]]
}

@test "egress: addresses and ports are let out as the rules say" {
	limited 192.0.2.13:80/tcp allowed.example:443 '[2001:db8::11]:443'
	guest a 2 one
	gets 192.0.2.13 80
	run ! gets 192.0.2.13 443
	poll resolves allowed.example
	gets 192.0.2.11 443
	run ! gets 192.0.2.11 80
	gets '[2001:db8::11]' 443
	run ! gets '[2001:db8::11]' 80
}

@test "egress: with no rule nothing is let out but the answers to published ports, and the host neither" {
	host=$(net "$(network_a)" | jq -r '.hosts[0]')
	limited
	guest a 2 one
	guest a 3 two
	reaches "$PID" 10.1.0.2
	run ! gets 192.0.2.13 80
	cut_off "$PID" "$host"
	on_host ping -q -c 1 -W 60 10.1.0.2
	poll answers "$PID" 10.1.0.1 allowed.example = NXDOMAIN
}

@test "egress: the host is reached where its name is allowed" {
	host=$(net "$(network_a)" | jq -r '.hosts[0]')
	limited host.docker.internal
	guest a 2 one
	poll answers "$PID" 10.1.0.1 host.docker.internal = NOERROR "$host"
	reaches "$PID" "$host"
	run ! gets 192.0.2.13 80
}

@test "egress: what is refused is counted and told" {
	limited allowed.example
	guest a 2 one
	python3 "$TESTS/integration/netctl.py" watch "$NET" >"$NET/events" 3>&- &
	disown
	echo $! >>"$NET/pids"
	poll grep -q watching "$NET/events"
	run ! gets 192.0.2.14 80
	poll answers "$PID" 10.1.0.1 evil.example = NXDOMAIN
	poll grep -q '"name": *"evil.example"' "$NET/events"
	poll grep -q '"port": *80' "$NET/events"
	grep '^{' "$NET/events" | jq -se 'map(select(.event == "refused" and .network == "'$NET_A'" and .from == ["10.1.0.2"]))
		| any(.name == "evil.example") and any(.to == ["192.0.2.14"] and .protocol == 6 and .port == 80)'
	net '{"op":"status"}' | jq -e '.networks[0] | .refused_names >= 1 and .refused_packets >= 1'
}

@test "egress: rules change while containers run, and connections that were let out go on" {
	limited 192.0.2.13
	guest a 2 one
	coproc IN { in_ns "$PID" socat -T 60 - TCP:192.0.2.13:80; }
	read -r -t "$LIMIT" line <&"${IN[0]}"
	[ "$line" = hello ]
	limited 192.0.2.14
	gets 192.0.2.14 80
	run ! gets 192.0.2.13 80
	net "$(network_a)"
	gets 192.0.2.13 80
}
