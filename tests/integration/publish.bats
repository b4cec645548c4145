#!/usr/bin/env bats
# Published ports by moat-net alone: services in guests that are played on real taps, clients outside,
# on the host, and on its loopback.

load lib
load net
load publish

setup() {
	publish_setup
}

teardown() {
	end_host
}

@test "publish: the service sees the client's own address and port, by both families" {
	serve_by peer 80
	publish web tcp 8080 80
	run -0 outside_ask TCP4:192.0.2.1:8080,sourceport=41000
	[ "$output" = "192.0.2.2 41000" ]
	run -0 outside_ask 'TCP6:[2001:db8::1]:8080,sourceport=41001'
	[ "$output" = "2001:db8::2 41001" ]
	run -0 on_host socat -t "$LIMIT" - TCP4:192.0.2.1:8080 </dev/null
	[[ $output == "192.0.2.1 "* ]]
}

@test "publish: one client is two clients by two ports of one service" {
	serve_by peer 80
	publish one tcp 8080 80
	publish two tcp 8081 80
	in_ns_forever "$OUTSIDE" bash -c 'exec 3<>/dev/tcp/192.0.2.1/8080; exec sleep infinity'
	run -0 outside_ask TCP4:192.0.2.1:8080,sourceport=41000,reuseaddr
	[ "$output" = "192.0.2.2 41000" ]
	run -0 outside_ask TCP4:192.0.2.1:8081,sourceport=41000,reuseaddr
	[[ $output == "192.0.2.2 "* ]]
}

@test "publish: a client on the host's loopback is the gateway" {
	serve_by peer 80
	publish web tcp 8080 80
	run -0 on_host socat -t "$LIMIT" - TCP4:127.0.0.1:8080 </dev/null
	[[ $output == "10.1.0.1 "* ]]
	run -0 on_host socat -t "$LIMIT" - 'TCP6:[::1]:8080' </dev/null
	[[ $output == "fd00:1::1 "* ]]
}

@test "publish: datagrams show their client too, and answers come from where they went" {
	serve_by peer 53
	publish dns udp 5353 53
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" datagram 192.0.2.1 5353 42000
	[ "$output" = "192.0.2.2 42000" ]
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" datagram 2001:db8::1 5353 42001
	[ "$output" = "2001:db8::2 42001" ]
	run -0 on_host python3 "$TESTS/integration/proxy.py" datagram 127.0.0.1 5353
	[[ $output == "10.1.0.1 "* ]]
	# A second address of the host.
	on_host ip addr add 192.0.2.9/24 dev eth0
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" datagram 192.0.2.9 5353 42002
	[ "$output" = "192.0.2.2 42002" ]
}

@test "publish: many clients' datagrams are kept apart" {
	serve_by echo 7
	publish echo udp 7777 7
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" crowd 192.0.2.1 7777 300
	[ "$output" = "each its own" ]
}

@test "publish: a connection before the service listens is answered when it does" {
	serve python3 "$TESTS/integration/proxy.py" serve-peer 80 "$NET/listen"
	poll grep -q bound "$NET/serve.log"
	publish web tcp 8080 80
	in_ns "$OUTSIDE" socat -t "$LIMIT" - TCP4:192.0.2.1:8080 </dev/null >"$NET/answer" &
	local client=$!
	# It is refused again and again, for three seconds at most.
	poll is_connected 8080
	touch "$NET/listen"
	wait "$client"
	grep "192.0.2.2 " "$NET/answer"
}

@test "publish: a connection nobody ever takes is reset" {
	publish web tcp 8080 80
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" reset 192.0.2.1 8080
	[ "$output" = reset ]
}

@test "publish: an end of input passes through, and the answer comes back behind it" {
	serve_by whole 80
	publish web tcp 8080 80
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" whole 192.0.2.1 8080 20000000
	[ "$output" = "20000000 bytes" ]
}

@test "publish: a websocket" {
	serve_by websocket 80
	publish web tcp 8080 80
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" websocket 192.0.2.1 8080
	[ "$output" = echoed ]
}

@test "publish: nginx under 200 connections of wrk, without an error" {
	cat >"$NET/nginx.conf" <<-CONF
		daemon off; worker_processes 1; pid $NET/nginx.pid; error_log $NET/error.log;
		events { worker_connections 1024; }
		http { access_log off; server { listen 80; listen [::]:80; location / { return 200 "hello\n"; } } }
	CONF
	serve nginx -c "$NET/nginx.conf"
	poll listens "$GUEST" 80
	publish web tcp 8080 80
	[ "$(in_ns "$OUTSIDE" curl -sS http://192.0.2.1:8080/)" = hello ]
	[ "$(in_ns "$OUTSIDE" curl -sS "http://[2001:db8::1]:8080/")" = hello ]
	run -0 in_ns "$OUTSIDE" wrk -t 2 -c 200 -d 3 --timeout "${LIMIT}s" http://192.0.2.1:8080/
	[[ $output == *"Requests/sec"* ]]
	[[ $output != *"Socket errors"* ]]
	[[ $output != *"Non-2xx"* ]]
	run -0 in_ns "$OUTSIDE" wrk -t 1 -c 50 -d 2 --timeout "${LIMIT}s" -H "Connection: close" http://192.0.2.1:8080/
	[[ $output != *"Socket errors"* ]]
	poll has_flows web 0
}

# has_flows KEY N
has_flows() {
	[ "$(net '{"op":"status"}' | jq --arg key "$1" '.publishes[] | select(.key == $key) | .flows')" = "$2" ]
}

@test "publish: iperf3, both ways and by datagrams" {
	serve iperf3 -s -p 5201
	poll listens "$GUEST" 5201
	publish perf.tcp tcp 5201 5201
	publish perf.udp udp 5201 5201
	when_free in_ns "$OUTSIDE" iperf3 -c 192.0.2.1 -n 200M
	when_free in_ns "$OUTSIDE" iperf3 -c 192.0.2.1 -n 200M -R
	when_free in_ns "$OUTSIDE" iperf3 -c 192.0.2.1 -P 8 -n 200M
	# So few that a socket holds all of them, however long its owner waits for a processor.
	when_free in_ns "$OUTSIDE" iperf3 -c 192.0.2.1 -u -b 1M -l 1000 -t 1 -J
	[ "$(jq '.end.sum | .packets > 0 and .lost_percent < 50' <<<"$output")" = true ]
}

@test "publish: redis" {
	serve redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save "" --dir "$NET"
	poll listens "$GUEST" 6379
	publish db tcp 6379 6379
	run -0 in_ns "$OUTSIDE" redis-benchmark -h 192.0.2.1 -q -n 2000 -c 50 -t set,get -P 4
	[[ $output == *"GET: "* ]]
}

fds_of() {
	find "/proc/$1/fd" -mindepth 1 -maxdepth 1 | wc -l
}

rss_of() {
	# VmRSS of its status is exact to some pages of each processor only.
	awk '$1 == "Rss:" { print $2 }' "/proc/$1/smaps_rollup"
}

@test "publish: 10,000 short connections leave no descriptor and no memory behind" {
	local pid fds rss
	serve_by echo 7
	publish echo tcp 7777 7
	in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" short 192.0.2.1 7777 500
	poll has_flows echo 0
	pid=$(inside)
	fds=$(fds_of "$pid")
	rss=$(rss_of "$pid")
	run -0 in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" short 192.0.2.1 7777 10000
	[ "$output" = "all answered" ]
	poll has_flows echo 0
	[ "$(fds_of "$pid")" = "$fds" ]
	[ "$(rss_of "$pid")" -le $((rss + 256)) ]
}

@test "publish: what is not published any more is refused, and its clients are reset" {
	serve_by echo 7
	publish c1.0 tcp 7777 7
	publish c1.1 udp 7777 7
	in_ns "$OUTSIDE" python3 "$TESTS/integration/proxy.py" reset 192.0.2.1 7777 >"$NET/how" &
	local client=$!
	poll has_flows c1.0 1
	net '{"op":"unpublish","key":"c1"}'
	wait "$client"
	[ "$(<"$NET/how")" = reset ]
	run ! in_ns "$OUTSIDE" socat - TCP4:192.0.2.1:7777
	[ "$(net '{"op":"status"}' | jq '.publishes | length')" = 0 ]
	run -1 net '{"op":"unpublish","key":"c1"}'
	# The port is free.
	publish c2.0 tcp 7777 7
}

@test "publish: a moat-net that is killed is followed by one with the same sockets and who waited there" {
	local client
	serve_by peer 80
	mkfifo "$NET/again"
	on_host sleep infinity 3>&- >"$NET/again" &
	echo $! >>"$NET/pids"
	on_host python3 "$TESTS/integration/netctl.py" publish "$NET" :: 8080 "$(request web tcp 80)" hold \
		<"$NET/again" >"$NET/published" 3>&- &
	echo $! >>"$NET/pids"
	poll grep -q true "$NET/published"
	outside_ask TCP4:192.0.2.1:8080
	# moatd keeps the namespace's descriptor: here it is the guest's tap.
	nsenter -t "$(inside)" -n -- sleep infinity 3>&- &
	local keeper=$!
	echo "$keeper" >>"$NET/pids"
	poll share_namespace "$keeper" "$(inside)"
	kill -9 "$(inside)" "$(outside)"
	poll is_gone
	outside_ask TCP4:192.0.2.1:8080 >"$NET/answer" &
	client=$!
	sleep 0.3
	start_net "/proc/$keeper/ns/net"
	net "$(network_a)" "$(port "$TAP" 0 a 2 service)" '{"op":"settled"}'
	echo >"$NET/again"
	wait "$client"
	cat "$NET/net.log" "$NET/answer" "$NET/published"; grep "192.0.2.2 " "$NET/answer"
}

@test "publish: a socket that was published is had back by its key" {
	publish web tcp 8080 80
	net '{"op":"published","key":"web"}'
	run -1 net '{"op":"published","key":"other"}'
	[[ $output == *"No such file"* ]]
}

@test "publish: 4,096 ports at once" {
	serve_by peer 80
	cat >"$NET/many.py" <<-PY
		import json, socket, sys
		sys.path.insert(0, sys.argv[1])
		import netctl as ctl
		base = json.loads(sys.argv[3])
		for i in range(4096):
		    sock = ctl.bound("::", 20000 + i, socket.SOCK_STREAM)
		    conn = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    conn.connect(sys.argv[2])
		    socket.send_fds(conn, [json.dumps(dict(base, key=f"c1.{i}")).encode()], [sock.fileno()])
		    assert json.loads(conn.recv(1000))["ok"]
	PY
	on_host python3 "$NET/many.py" "$TESTS/integration" "$NET/net.sock" "$(request c1.0 tcp 80)"
	for port in 20000 22222 24095; do
		[[ $(outside_ask TCP4:192.0.2.1:$port) == "192.0.2.2 "* ]]
	done
	net '{"op":"unpublish","key":"c1"}'
	run ! outside_ask TCP4:192.0.2.1:22222
}
