# Helpers of the tests of published ports by moat-net alone, beside net.bash.

publish_setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for namespaces with links between them"
	make_host
	start_net
	net "$(network_a)" >/dev/null
	guest a 2 service
	GUEST=$PID
}

proxy() {
	python3 "$TESTS/integration/proxy.py" "$@"
}

# serve COMMAND…: in the guest, until the test's end.
serve() {
	in_ns_forever "$GUEST" "$@"
}

# serve_by KIND PORT: by a service of proxy.py's, which listens.
serve_by() {
	serve python3 "$TESTS/integration/proxy.py" "serve-$1" "$2"
	poll listens "$GUEST" "$2"
}

in_ns_forever() {
	local pid=$1
	shift
	nsenter -t "$pid" -n -- "$@" >"$NET/serve.log" 2>&1 3>&- &
	echo $! >>"$NET/pids"
	disown
}

listens() {
	in_ns "$1" ss -Hltn "sport = :$2" | grep -q .
}

# is_connected PORT: somebody outside to the host's, if only to hear the answer.
is_connected() {
	in_ns "$OUTSIDE" ss -Htn state connected "dport = :$1" | grep -q .
}

# publish KEY PROTOCOL HOST-PORT PORT [ADDRESS]: a port of the guest, with what is in PUBLISH_BESIDES.
publish() {
	on_host python3 "$TESTS/integration/netctl.py" publish "$NET" "${5:-::}" "$3" "$(request "$1" "$2" "$4")"
}

request() {
	jq -cn --arg key "$1" --arg protocol "$2" --argjson port "$3" '{op: "publish", $key, $protocol, target_port: $port,
		targets: ["10.1.0.2/16", "fd00:1::2/64"], gateways: ["10.1.0.1", "fd00:1::1"], shows_clients: true} + '"${PUBLISH_BESIDES:-null}"
}

outside_ask() {
	in_ns "$OUTSIDE" socat -t "$LIMIT" - "$1" </dev/null
}

share_namespace() {
	[ "$(readlink "/proc/$1/ns/net")" = "$(readlink "/proc/$2/ns/net")" ]
}

is_gone() {
	[ -z "$(inside)" ]
}
