#!/usr/bin/env bats
# Published ports of containers: clients outside, on the host and on its loopback.

load lib

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	export MOAT_CONFIG=$BATS_FILE_TMPDIR/moat.json
	echo '{}' >"$MOAT_CONFIG"
	file_setup
	export SERVICE=$REGISTRY/test/service:latest
	moat pull -q "$SERVICE" >/dev/null
	# A neighbour of the host's.
	unshare -n -- sleep infinity 3>&- &
	OUTSIDE=$!
	disown
	export OUTSIDE
	poll is_apart "$OUTSIDE"
	ip link add eth0 type veth peer name eth0 netns "$OUTSIDE"
	ip addr add 192.0.2.1/24 dev eth0
	ip addr add 2001:db8::1/64 dev eth0 nodad
	ip link set eth0 up
	outside sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev eth0
		ip addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up'
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	kill -9 "$OUTSIDE" 2>/dev/null || true
	file_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for a neighbour of the host's"
}

teardown() {
	local all
	echo '{}' >"$MOAT_CONFIG"
	all=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$all" ] || moat rm -f $all >/dev/null
}

is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

outside() {
	timeout --foreground -k 5 "$LIMIT" nsenter -t "$OUTSIDE" -n -- "$@"
}

# service NAME OPTION…: a container that says, by TCP and UDP on port 80, its name and who asks.
service() {
	local name=$1
	shift
	moat run -d --name "$name" "$@" "$SERVICE" service who 80 "$name" >/dev/null
}

# ask ADDRESS [PORT]: what the service says; so does who is outside.
ask() {
	socat -t "$LIMIT" - "TCP:$1:${2:-8080},connect-timeout=$LIMIT" </dev/null
}

outside_ask() {
	outside socat -t "$LIMIT" - "TCP:$1:${2:-8080},connect-timeout=$LIMIT${3:+,$3}" </dev/null
}

# What asks by a datagram asks again: nobody keeps it until the service listens.
outside_ask_udp() {
	poll has_answer_udp "$@"
	echo "$ANSWER"
}

# The answer to an earlier one may come, too.
has_answer_udp() {
	ANSWER=$(outside sh -c "echo | socat -t 2 - UDP:$1:${2:-8080}${3:+,$3}" | head -n 1)
	[ -n "$ANSWER" ]
}

# host_port NAME PORT: where it is published.
host_port() {
	moat port "$1" "$2" | head -n 1 | sed 's/.*://'
}

gateway() {
	moat inspect -f '{{.NetworkSettings.Gateway}}' "$1"
}

@test "run -p: the service sees who asks, from outside and from the host, by both families" {
	moat network create --ipv6 six >/dev/null
	service web -p 8080:80 --network six
	[ "$(outside_ask 192.0.2.1 8080 sourceport=40001)" = "web 192.0.2.2 40001" ]
	[ "$(outside_ask '[2001:db8::1]' 8080 sourceport=40002)" = "web 2001:db8::2 40002" ]
	[[ $(ask 192.0.2.1) == "web 192.0.2.1 "* ]]
	[[ $(ask 127.0.0.1) == "web $(moat inspect -f '{{.NetworkSettings.Networks.six.Gateway}}' web) "* ]]
	[[ $(ask '[::1]') == "web $(moat inspect -f '{{.NetworkSettings.Networks.six.IPv6Gateway}}' web) "* ]]
	moat rm -f web
	moat network rm six
}

has_shortcut() {
	ask "$1" >/dev/null && nft list map inet moat shortcuts | grep -q "$1 . 8080 "
}

@test "run -p: without a userland proxy the host's own connections go past the relay, as long as the container runs" {
	echo '{"userland-proxy": false}' >"$MOAT_CONFIG"
	service web -p 8080:80
	poll has_shortcut 127.0.0.1
	[[ $(ask 127.0.0.1) == "web $(gateway web) "* ]]
	poll has_shortcut 192.0.2.1
	[[ $(ask 192.0.2.1) == "web $(gateway web) "* ]]
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
	moat restart -t 0 web >/dev/null
	[[ $(ask 127.0.0.1) == "web $(gateway web) "* ]]
	poll has_shortcut 127.0.0.1
	moat rm -f web >/dev/null
	run ! ask 127.0.0.1
	echo '{"userland-proxy": true}' >"$MOAT_CONFIG"
	service web -p 8080:80
	[[ $(ask 192.0.2.1) == "web 192.0.2.1 "* ]]
	run ! has_shortcut 192.0.2.1
}

@test "run -p: clients of IPv6 reach a container that has IPv4 alone" {
	service web -p 8080:80
	[[ $(outside_ask '[2001:db8::1]') == "web $(gateway web) "* ]]
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
}

@test "run -p: datagrams, and answers from the address that was asked" {
	service dns -p 8080:80/udp
	[ "$(outside_ask_udp 192.0.2.1 8080 sourceport=40003)" = "dns 192.0.2.2 40003" ]
	ip addr add 192.0.2.77/24 dev eth0
	[ "$(outside_ask_udp 192.0.2.77 8080 sourceport=40004)" = "dns 192.0.2.2 40004" ]
	ip addr del 192.0.2.77/24 dev eth0
	# The port of TCP is not published with it.
	run ! outside_ask 192.0.2.1
}

@test "run -p: inspect, ps and port show where" {
	service web -p 8080:80 -p 127.0.0.1:8443:443 -p 8080:80/udp
	run -0 moat inspect -f '{{json .NetworkSettings.Ports}}' web
	[ "$output" = '{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"80/udp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"}],"443/tcp":[{"HostIp":"127.0.0.1","HostPort":"8443"}]}' ]
	[ "$(moat ps --format '{{.Ports}}')" = '0.0.0.0:8080->80/tcp, 0.0.0.0:8080->80/udp, [::]:8080->80/tcp, [::]:8080->80/udp, 127.0.0.1:8443->443/tcp' ]
	[ "$(moat port web 80)" = $'0.0.0.0:8080\n[::]:8080' ]
	[ "$(moat port web 443/tcp)" = 127.0.0.1:8443 ]
	run -1 moat port web 81
	[[ $output == *"no public port '81/tcp' published for web"* ]]
	[ "$(moat ps -q --filter publish=8080)" = "$(moat ps -q)" ]
	[ "$(moat ps -q --filter publish=8000-9000/tcp --filter expose=1)" = "$(moat ps -q)" ]
	[ "$(moat ps -q --filter publish=80)" = "" ]
	[ "$(moat ps -q --filter expose=80/udp)" = "$(moat ps -q)" ]
	run -1 moat ps --filter publish=http
	[[ $output == *"invalid filter 'publish=http'"* ]]
	moat stop -t 0 web
	[ "$(moat inspect -f '{{json .NetworkSettings.Ports}}' web)" = '{}' ]
	[ "$(moat ps -a --format '{{.Ports}}')" = '' ]
	run ! ask 127.0.0.1
}

@test "run -p: addresses of the host" {
	service one -p 127.0.0.1:8080:80
	run ! outside_ask 192.0.2.1
	[[ $(ask 127.0.0.1) == "one "* ]]
	service two -p 192.0.2.1:8080:80 -p '[::1]:8081:80'
	[[ $(outside_ask 192.0.2.1) == "two "* ]]
	[[ $(ask '[::1]' 8081) == "two "* ]]
	run -125 moat run -p 192.0.2.99:8080:80 "$SERVICE" true
	[[ $output == *"cannot publish port 80/tcp: 192.0.2.99 is no address of this host"* ]]
}

@test "run -p: a port of moat's choice, and -P for all that the image exposes" {
	service one -p 80
	service all -P
	[[ $(ask 127.0.0.1 "$(host_port one 80)") == "one "* ]]
	[[ $(ask 127.0.0.1 "$(host_port all 80)") == "all "* ]]
	[[ $(outside_ask_udp 192.0.2.1 "$(host_port all 80/udp)") == "all "* ]]
	run moat port one 80/udp
	[ "$status" = 1 ]
	[ "$(host_port one 80)" != "$(host_port all 80)" ]
	moat run -d --name more --expose 90-91 -P "$SERVICE" sleep 1000
	[ "$(moat port more | cut -d' ' -f1 | uniq | paste -sd' ')" = "80/tcp 80/udp 90/tcp 91/tcp" ]
}

@test "run -p: ranges, one to one, and the first that is free" {
	moat run -d --name many -p 8000-8003:80-83 "$SERVICE" service who 82 many >/dev/null
	[[ $(ask 127.0.0.1 8002) == "many "* ]]
	[ "$(host_port many 83)" = 8003 ]
	[ "$(moat ps --format '{{.Ports}}')" = '80/udp, 0.0.0.0:8000->80/tcp, [::]:8000->80/tcp, 0.0.0.0:8001->81/tcp, [::]:8001->81/tcp, 0.0.0.0:8002->82/tcp, [::]:8002->82/tcp, 0.0.0.0:8003->83/tcp, [::]:8003->83/tcp' ]
	service one -p 8002-8005:80
	service two -p 8002-8005:80
	[ "$(host_port one 80) $(host_port two 80)" = "8004 8005" ]
	run -125 moat run -p 8002-8005:80 "$SERVICE" true
	[[ $output == *"Bind for 0.0.0.0:8002-8005 failed: port is already allocated"* ]]
}

@test "run -p: a taken port is named, and the container stays as it was" {
	service first -p 8080:80
	run -0 moat create --name second -p 8080:80 "$SERVICE" service who 80 second
	run -1 moat start second
	[[ $output == *"cannot publish port 80/tcp: Bind for 0.0.0.0:8080 failed: port is already allocated (by container first)"* ]]
	[ "$(moat inspect -f '{{.State.Status}}' second)" = created ]
	moat rm -f first
	moat start second
	[[ $(ask 127.0.0.1) == "second "* ]]
	moat rm -f second
	# By somebody else.
	python3 -c 'import socket, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
while True:
    try:
        s.bind(("127.0.0.1", 8080))
        break
    except OSError:
        time.sleep(0.1)
s.listen(); print("listens", flush=True); time.sleep(1000)' >"$BATS_TEST_TMPDIR/taken" 3>&- &
	local pid=$!
	poll grep -q listens "$BATS_TEST_TMPDIR/taken"
	run -125 moat run --rm -p 8080:80 "$SERVICE" true
	[[ $output == *"Bind for 0.0.0.0:8080 failed: port is already allocated"* ]]
	kill "$pid"
}

@test "run -p: what makes no sense is refused when the container is made" {
	run -125 moat run -p 80:80/sctp "$SERVICE" true
	[[ $output == *SCTP* ]]
	run -125 moat run -p 80-81:80-82 "$SERVICE" true
	[[ $output == *"80-81:80-82"* ]]
	[ -z "$(moat ps -aq)" ]
}

@test "restart: the port is had again at once, and one of moat's choice is another or the same" {
	local port
	service web -p 8080:80 -p 81
	moat restart -t 0 web
	[[ $(ask 127.0.0.1) == "web "* ]]
	port=$(host_port web 81)
	[ "$port" -gt 0 ]
	moat stop -t 0 web
	run ! ask 127.0.0.1
	moat start web
	[[ $(ask 127.0.0.1) == "web "* ]]
	moat kill web
	poll is_ended web
	service other -p 8080:80
	[[ $(ask 127.0.0.1) == "other "* ]]
}

is_ended() {
	[ "$(moat inspect -f '{{.State.Running}}' "$1")" = false ]
}

# It is waited for three seconds, in which a busy host may not get that far: then all of it is tried again.
late_is_heard() {
	moat rm -f late
	moat run -d --name late -p 8080:80 "$SERVICE" service late 80 1
	[[ $(outside_ask 192.0.2.1) == "late 192.0.2.2 "* ]]
}

@test "run -p: who comes before the service listens is answered when it does" {
	poll late_is_heard
	moat rm -f late
	moat run -d --name never -p 8080:80 "$SERVICE" sleep 1000 >/dev/null
	run -0 outside python3 "$TESTS/integration/proxy.py" reset 192.0.2.1 8080
	[ "$output" = reset ]
}

@test "network connect: what nothing reached publishes its ports then" {
	moat network create --internal back >/dev/null
	moat network create front >/dev/null
	service web -p 8080:80 --network back
	[ "$(moat inspect -f '{{json .NetworkSettings.Ports}}' web)" = '{"80/tcp":null,"80/udp":null}' ]
	run ! ask 127.0.0.1
	moat network connect front web
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
	moat network disconnect front web
	run ! ask 127.0.0.1
	moat rm -f web
	moat network rm back front
}

@test "a moat-net that is killed: who comes meanwhile waits, and is served by the next" {
	local before
	service web -p 8080:80
	ask 127.0.0.1
	before=$(net_process inside)
	pkill -9 -f "moat-net $MOAT_ROOT/net\$"
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
	[ "$(net_process inside)" != "$before" ]
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
	moat stop -t 0 web
	run ! ask 127.0.0.1
}

@test "a moatd that is killed: connections stay, and the next one has the ports" {
	local port
	service web -p 8080:80 -p 80
	moat run -d --name echo -p 8081:81 "$SERVICE" service talk 81 >/dev/null
	port=$(moat port web 80 | sed 's/.*://' | grep -v 8080 | head -n 1)
	mkfifo "$BATS_TEST_TMPDIR/in"
	outside socat - "TCP:192.0.2.1:8081" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 3>&- &
	exec 9>"$BATS_TEST_TMPDIR/in"
	echo one >&9
	poll grep -q one "$BATS_TEST_TMPDIR/out"
	kill_moatd
	echo two >&9
	poll grep -q two "$BATS_TEST_TMPDIR/out"
	[[ $(outside_ask 192.0.2.1) == "web 192.0.2.2 "* ]]
	moat ps
	[ "$(moat port web 80 | sed 's/.*://' | sort -u | paste -sd' ')" = "$(printf '%s\n' 8080 "$port" | sort -u | paste -sd' ')" ]
	[[ $(ask 127.0.0.1 "$port") == "web "* ]]
	echo three >&9
	poll grep -q three "$BATS_TEST_TMPDIR/out"
	exec 9>&-
	moat stop -t 0 web
	run ! ask 127.0.0.1
	service again -p 8080:80
	[[ $(ask 127.0.0.1) == "again "* ]]
}

@test "both killed: what runs has its ports again, those of moat's choice too" {
	local port
	service web -p 8080:80 -p 80
	port=$(moat port web 80 | sed 's/.*://' | grep -v 8080 | head -n 1)
	kill_moatd
	pkill -9 -f "moat-net $MOAT_ROOT/net\$"
	poll refused 8080
	moat ps
	poll ask 127.0.0.1
	[[ $(outside_ask 192.0.2.1 "$port") == "web 192.0.2.2 "* ]]
}

@test "a container that ended while moatd was dead has no ports any more" {
	service web -p 8080:80
	kill_moatd
	kill -9 "$(engine_pid web)"
	moat ps
	poll refused 8080
	service again -p 8080:80
	[[ $(ask 127.0.0.1) == "again "* ]]
}

refused() {
	! ask 127.0.0.1 "$1"
}

@test "run -p: 4,096 ports at once" {
	service web -p 20000-24095:20000-24095 -p 8080:80
	[[ $(ask 127.0.0.1) == "web "* ]]
	[ "$(moat port web | wc -l)" = $((2 * 4097)) ]
	moat rm -f web
	moat run -d --name one -p 22222:20000 "$SERVICE" service who 20000 one
	[[ $(ask 127.0.0.1 22222) == "one "* ]]
}
