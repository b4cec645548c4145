#!/usr/bin/env bats
# Networks of containers, through real machines: addresses, names, who reaches whom.

load lib

# with_resolver: the host's resolver knows no name, and says so at once.
with_resolver() {
	[ "$(id -u)" -eq 0 ] || return 0
	ip addr add 198.51.100.52/32 dev lo
	dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --listen-address=198.51.100.52 --bind-interfaces --pid-file= \
		--address=/#/ 3>&- >/dev/null 2>&1 &
	echo $! >"$BATS_FILE_TMPDIR/dnsmasq"
	echo nameserver 198.51.100.52 >"$BATS_FILE_TMPDIR/resolv.conf"
	mount --bind "$BATS_FILE_TMPDIR/resolv.conf" /etc/resolv.conf
}

setup_file() {
	file_setup
	with_resolver
	start_moatd
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
	moat network create --subnet 10.90.1.0/24 --ipv6 web >/dev/null
	moat network create --subnet 10.90.2.0/24 db >/dev/null
	moat run -d --name server --network web --network-alias www "$BUSYBOX" \
		sh -c 'mkdir -p /www; echo "hello from the server" >/www/index.html; exec httpd -f -h /www' >/dev/null
	moat run -d --name client --network web --hostname caller "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name other --network db "$BUSYBOX" sleep 100000 >/dev/null
}

teardown_file() {
	file_teardown
	[ ! -e "$BATS_FILE_TMPDIR/dnsmasq" ] || kill "$(cat "$BATS_FILE_TMPDIR/dnsmasq")"
	umount /etc/resolv.conf 2>/dev/null || true
	ip addr del 198.51.100.52/32 dev lo 2>/dev/null || true
}

# Rules that a test has made are no business of the next one's.
teardown() {
	nft delete table ip filter 2>/dev/null || true
}

# address_of CONTAINER NETWORK: its IPv4 address there.
address_of() {
	moat inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"
}

@test "network: two networks are always there, others come and go" {
	run moat network ls --format '{{.Name}} {{.Driver}} {{.Subnets}}'
	assert_status 0
	assert_has "none null"
	assert_has "db bridge 10.90.2.0/24"
	[[ $output =~ default\ bridge\ 10\. ]]
	moat network create --label kind=test --internal --opt com.docker.network.driver.mtu=1400 made
	run moat network inspect -f '{{.Internal}} {{.Labels.kind}} {{index .Options "com.docker.network.driver.mtu"}} {{(index .IPAM.Config 0).Gateway}}' made
	assert_status 0
	[[ $output =~ ^true\ test\ 1400\ 10\.[0-9.]+\.1$ ]]
	run moat create --name shut --network made --add-host host.docker.internal:host-gateway "$BUSYBOX" true
	assert_has "host.docker.internal:host-gateway: network made is internal, there is no way to the host"
	moat rm shut
	assert_equal "$(moat network ls -q --filter label=kind=test --no-trunc)" "$(moat network inspect -f '{{.Id}}' made)"
	run moat network create made
	assert_error 1 "network with name made already exists"
	run moat network create --subnet 10.90.1.128/25 overlapping
	assert_error 1 "subnet 10.90.1.128/25 overlaps with 10.90.1.0/24 of network web"
	ip route add unreachable 198.18.4.0/24
	run moat network create --subnet 198.18.0.0/16 overlapping
	ip route del 198.18.4.0/24
	assert_error 1 "subnet 198.18.0.0/16 overlaps with 198.18.4.0/24 of a route of this host"
	run moat network create --subnet "$(moat network inspect -f '{{(index .IPAM.Config 0).Subnet}}' default)" overlapping
	assert_error 1 "of network default (bridge)"
	run moat network create --driver macvlan other
	assert_error 1 'network driver "macvlan"'
	assert_equal "$(moat network rm made)" made
	run moat network rm made
	assert_error 1 "network made not found"
	run moat network rm bridge
	assert_error 1 "default (bridge) is a pre-defined network and cannot be removed"
}

@test "network: a container has an address, a MAC, a default route and a name server, as inspect says" {
	local ip mac
	ip=$(address_of client web)
	mac=$(moat inspect -f '{{.NetworkSettings.Networks.web.MacAddress}}' client)
	run moat exec client sh -c 'ip -4 addr show eth0; cat /sys/class/net/eth0/address; ip route; cat /etc/resolv.conf /etc/hosts'
	assert_status 0
	assert_has "inet $ip/24"
	assert_has "$mac"
	assert_has "default via 10.90.1.1"
	assert_has "nameserver 10.90.1.1"
	assert_has "$ip"$'\t'"caller"
	[[ $output != *127.0.1.1* ]]
	run moat network inspect -f "{{(index .Containers \"$(id_of client)\").IPv4Address}}" web
	assert_equal "$output" "$ip/24"
	assert_equal "$(moat ps -q --no-trunc --filter network=db)" "$(id_of other)"
}

@test "network: containers of a network reach each other by address, over IPv4 and IPv6" {
	local ip6
	moat exec client ping -c 1 -W 60 "$(address_of server web)"
	ip6=$(moat inspect -f '{{.NetworkSettings.Networks.web.GlobalIPv6Address}}' server)
	[ -n "$ip6" ]
	moat exec client ping -6 -c 1 -W 60 "$ip6"
	run moat exec client timeout "$LIMIT" wget -q -O - "http://$(address_of server web)/"
	assert_equal "$output" "hello from the server"
}

@test "network: containers of different networks do not reach each other" {
	run moat exec other timeout 3 wget -q -O - "http://$(address_of server web)/"
	[ "$status" -ne 0 ]
	[[ $output != *hello* ]]
	run moat exec client ping -c 1 -W 2 "$(address_of other db)"
	[ "$status" -ne 0 ]
}

@test "network: a container that runs joins a network and leaves it" {
	moat network connect --alias guest web other
	run moat exec other sh -c 'ip -4 addr show eth1; ip route'
	assert_has "inet $(address_of other web)/24"
	assert_has "default via 10.90.2.1"
	run moat exec other timeout "$LIMIT" wget -q -O - "http://$(address_of server web)/"
	assert_equal "$output" "hello from the server"
	run moat network connect web other
	assert_error 1 "endpoint with name other already exists in network web"
	run moat exec other cat /etc/hosts
	assert_has "$(address_of other web)"
	moat network disconnect web other
	run moat exec other ip addr
	[[ $output != *eth1* ]]
	run moat exec other timeout 3 wget -q -O - "http://$(address_of server web)/"
	[ "$status" -ne 0 ]
	run moat network disconnect web other
	assert_error 1 "container other is not connected to network web"
}

@test "network: one with smaller packets is left and joined by a container that is on another as well" {
	moat network create --opt com.docker.network.driver.mtu=1400 small >/dev/null
	moat network create --internal inner >/dev/null
	moat run -d --name small --network small "$BUSYBOX" sleep 100000 >/dev/null
	mtu_of() { moat exec small cat "/sys/class/net/$1/mtu"; }
	moat network connect inner small
	assert_equal "$(mtu_of eth1)" 1400
	moat network disconnect small small
	assert_equal "$(mtu_of eth1)" 1500
	run ! moat exec small ip link show eth0
	moat network connect small small
	assert_equal "$(mtu_of eth0) $(mtu_of eth1)" "1400 1400"
	moat exec small ping -c 1 -W 20 "$(moat network inspect -f '{{(index .IPAM.Config 0).Gateway}}' inner)"
	moat rm -f small
	moat network rm small inner
}

@test "network: an address stays over a restart, and is had where it is asked for" {
	local before
	before=$(address_of client web)
	moat run -d --name between --network web "$BUSYBOX" sleep 100000
	moat restart -t 0 client
	assert_equal "$(address_of client web)" "$before"
	moat rm -f between
	moat network create --subnet 10.90.4.0/24 --ip-range 10.90.4.128/28 --gateway 10.90.4.129 --subnet fd90:4::/64 ranged
	run moat run --rm --network name=ranged,ip6=fd90:4::77,mac-address=02:00:00:00:00:77 --network web:ip=10.90.1.77 "$BUSYBOX" sh -c 'ip addr; ip route'
	assert_status 0
	assert_has "inet 10.90.4.128/24"
	assert_has "inet6 fd90:4::77/64"
	assert_has 02:00:00:00:00:77
	assert_has "default via 10.90.4.129"
	assert_has "inet 10.90.1.77/24"
	run moat create --network ranged --ip6 fd90:4::1 "$BUSYBOX" true
	assert_error 1 "invalid address fd90:4::1: no container can have it on network ranged"
	moat network rm ranged
	run moat create --network web --ip "$before" "$BUSYBOX" true
	assert_error 1 "address already in use: $before on network web is container \"client\"'s"
	run moat create --network web --ip 10.91.0.1 "$BUSYBOX" true
	assert_error 1 "no container can have it on network web"
}

# resolves CONTAINER NAME: the IPv4 address that the name has for the container.
resolves() {
	moat exec "$1" nslookup "$2" | sed -n '/^Name:/,$s/^Address: \([0-9.]*\)$/\1/p' | head -1
}

@test "names: a container is found by name, alias, host name, id and NAME.NETWORK, and by its address" {
	local ip name
	ip=$(address_of server web)
	for name in server www server.web "$(moat inspect -f '{{slice .Id 0 12}}' server)"; do
		assert_equal "$(resolves client "$name")" "$ip"
	done
	assert_equal "$(resolves server caller)" "$(address_of client web)"
	run moat exec client timeout "$LIMIT" wget -q -O - http://www/
	assert_equal "$output" "hello from the server"
	run moat exec client nslookup "$ip"
	assert_has "name = server"
	run moat exec other nslookup server
	[ "$status" -ne 0 ]
}

@test "names: also on the default network, and in any new container" {
	moat run -d --name first "$BUSYBOX" sleep 100000
	run moat run --rm "$BUSYBOX" ping -c 1 -W 60 first
	assert_status 0
	moat rm -f first
}

@test "docker network: the default network is bridge to docker's clients, and default to moat's own" {
	local ip since
	since=$(date +%s.%N)
	docker run -d --name plain "$BUSYBOX" sleep 100000
	ip=$(docker inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' plain)
	[ -n "$ip" ]
	assert_equal "$(docker inspect -f '{{.NetworkSettings.IPAddress}} {{len .NetworkSettings.Networks}}' plain)" "$ip 1"
	assert_equal "$(address_of plain default)" "$ip"
	assert_equal "$(docker ps --filter network=bridge --format '{{.Names}} {{.Networks}}')" "plain bridge"
	assert_equal "$(docker inspect -f '{{.HostConfig.NetworkMode}}' plain) $(moat inspect -f '{{.HostConfig.NetworkMode}}' plain)" "bridge default"
	[[ $(docker inspect -f '{{.NetworkSettings.Networks.bridge.DNSNames}}' plain) == "[plain plain.default plain.bridge "* ]]
	assert_equal "$(docker network ls --filter name=bridge --format '{{.Name}}')" bridge
	run docker network inspect -f "{{.Name}} {{(index .Containers \"$(id_of plain)\").IPv4Address}} {{(index .IPAM.Config 0).Gateway}}" bridge
	[[ $output == "bridge $ip/"*" ${ip%.*}.1" ]]
	docker network connect bridge other
	docker exec other ping -c 1 -W 60 "$ip"
	assert_equal "$(resolves other plain.bridge)" "$ip"
	docker network disconnect bridge other
	run docker network disconnect bridge other
	assert_error 1 "container other is not connected to network default (bridge)"
	docker rm -f plain
	run docker events --since "$since" --until "$(date +%s.%N)" --filter network=bridge --format '{{.Action}} {{.Actor.Attributes.name}}'
	assert_equal "$output" "$(printf '%s bridge\n' connect connect disconnect disconnect)"
	[[ $(moat events --since "$since" --until "$(date +%s.%N)" --filter network=bridge --format '{{.Actor.Attributes.name}}') == default* ]]
}

# is_known NAME ADDRESS: to the container "client".  A resolver that is told of a change reads its file anew, which takes
# it a moment on a busy machine.
is_known() {
	[ "$(resolves client "$1")" = "$2" ]
}

@test "names: a new name is known, the old one is not, and that of one that has ended neither" {
	moat rename server renamed
	poll is_known renamed "$(address_of renamed web)"
	poll is_known server ""
	moat rename renamed server
	moat run -d --name brief --network web "$BUSYBOX" sleep 100000
	poll is_known brief "$(address_of brief web)"
	moat kill brief
	poll is_known brief ""
	moat rm brief
}

@test "names: the host is host.docker.internal, and what --add-host calls so" {
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])')
	mkdir "$BATS_TEST_TMPDIR/www"
	echo "hello from the host" >"$BATS_TEST_TMPDIR/www/index.html"
	python3 -m http.server -d "$BATS_TEST_TMPDIR/www" "$port" >/dev/null 2>&1 3>&- &
	poll curl -fsS -o /dev/null "http://127.0.0.1:$port/"
	run moat run --rm --add-host gateway:host-gateway "$BUSYBOX" sh -c "
		for name in host.docker.internal host.moat.internal gateway; do timeout $LIMIT wget -q -O - http://\$name:$port/; done"
	kill $!
	assert_equal "$output" "$(printf 'hello from the host\n%.0s' 1 2 3)"
}

@test "names: --dns is asked for what no network knows, names of containers stay; --no-dns and a server of the container's own are kept" {
	ip addr add 198.51.100.53/32 dev lo
	dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --listen-address=198.51.100.53 --bind-interfaces --pid-file= \
		--host-record=outside.example,192.0.2.99 --address=/#/ 3>&- >/dev/null 2>&1 &
	poll dig +short +tries=1 @198.51.100.53 outside.example
	# Asked at once, by what runs first.
	run moat run --rm --network web --read-only --dns 198.51.100.53 --dns-search a.example --dns-option timeout:9 "$BUSYBOX" sh -c '
		for name in outside.example. server.; do nslookup -type=a $name | sed -n "/^Name/,\$s/^Address: //p"; done
		cat /etc/resolv.conf'
	kill $!
	ip addr del 198.51.100.53/32 dev lo
	assert_equal "$output" "192.0.2.99"$'\n'"$(address_of server web)"$'\nnameserver 10.90.1.1\nnameserver fd'"${output#*nameserver fd}"
	[[ $output == *$'\nsearch a.example\noptions timeout:9 ndots:0' ]]
	run moat run --rm --dns 127.0.0.1 "$BUSYBOX" grep nameserver /etc/resolv.conf
	assert_equal "$output" "nameserver 127.0.0.1"
	run moat run --rm --no-dns "$BUSYBOX" cat /etc/resolv.conf
	assert_equal "$output" ""
	# The image's own is its container's to write, even an empty one.
	mkdir -p "$BATS_TEST_TMPDIR/root"/{bin,etc}
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/root/bin/sh"
	: >"$BATS_TEST_TMPDIR/root/etc/resolv.conf"
	tar -C "$BATS_TEST_TMPDIR/root" -c . | moat image import - emptied >/dev/null
	run -0 moat run --name written --no-dns emptied sh -c 'cat /etc/resolv.conf; echo own >/etc/new; mv /etc/new /etc/resolv.conf'
	run -0 moat start -a written
	assert_equal "$output" own
	moat rm written
}

# told_of_refusal WHAT: since $since, there is an event of it.
told_of_refusal() {
	moat events --since "$since" --until "$(date +%s.%N)" --filter event=egress_refused \
		--format '{{with .Actor.Attributes}}{{.name}} {{.to}} {{.protocol}} {{.port}}{{end}}' | grep -qxF "$1"
}

told_of_firewall() {
	moat system info | grep -q '^Network:.*iptables -I FORWARD -i moat0 -j ACCEPT'
}

@test "network: what may not leave is refused and counted; rules of the host's own that let nothing pass are told of, once" {
	nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
	moat network create --egress allow=192.0.2.7:80 --egress deny limited
	since=$(date +%s.%N)
	run moat run --rm --network limited "$BUSYBOX" sh -c 'i=0; while [ $((i += 1)) -le 3 ]; do nc -w 9 192.0.2.8 80; done; nslookup evil.example'
	first=$output
	assert_has "No route to host"
	assert_has NXDOMAIN
	run moat network inspect -f '{{.Moat.RefusedPackets}} {{.Moat.RefusedNames}}' limited
	[[ $output =~ ^[3-9]\ [1-9] ]]
	poll told_of_refusal "limited 192.0.2.8 tcp 80"
	poll told_of_refusal "limited evil.example dns "
	poll told_of_firewall
	run moat run --rm --network limited "$BUSYBOX" true
	assert_equal "$(grep -c '^WARNING: .*(ip filter FORWARD).*iptables -I FORWARD' <<<"$first$output")" 1
	[[ $(docker info -f '{{json .Warnings}}') == *"-I FORWARD -o moat0"* ]]
	moat network rm limited
}

@test "network: one in use is not removed, and says by whom" {
	run moat network rm web
	assert_error 1 "network web has active endpoints" '"server"' '"client"'
	run moat network prune -f
	assert_status 0
	moat network inspect web db >/dev/null
}

@test "network: none is a loopback alone; host and another container's are refused with what to do" {
	run moat run --rm --network none "$BUSYBOX" ls /sys/class/net
	assert_equal "$output" lo
	run moat run --rm --network host "$BUSYBOX" true
	assert_error 125 "a container has a machine of its own" host.docker.internal
	run moat network connect host client
	assert_error 1 "network host not found: a container has a machine of its own" host.docker.internal
	run moat network create host
	assert_error 1 "host is the host's own network"
	run moat run --rm --network container:client "$BUSYBOX" true
	assert_error 125 "put both on one network"
	run moat run --rm --network nosuch "$BUSYBOX" true
	assert_error 125 "network nosuch not found"
}

@test "network: a container that was killed, or whose moatd was, leaves its address to itself" {
	local ip
	ip=$(address_of server web)
	kill_moatd
	assert_equal "$(address_of server web)" "$ip"
	run moat exec client timeout "$LIMIT" wget -q -O - "http://$ip/"
	assert_equal "$output" "hello from the server"
	# One that starts now does not get an address that somebody has.
	moat run -d --name late --network web "$BUSYBOX" sleep 100000
	[ "$(address_of late web)" != "$ip" ]
	moat exec late ping -c 1 -W 60 "$ip"
	moat rm -f late
}

@test "network: moatd killed under starts gives no address twice" {
	local i addresses
	for i in 1 2 3 4 5 6; do
		moat run -d --name "burst$i" --network web "$BUSYBOX" sleep 100000 >/dev/null 2>&1 3>&- &
	done
	made() { [ -n "$(moat ps -aq --filter name=burst)" ]; }
	poll made
	kill_moatd
	wait
	for i in 1 2 3 4 5 6; do
		moat start "burst$i" >/dev/null 2>&1 || moat run -d --name "burst$i" --network web "$BUSYBOX" sleep 100000 >/dev/null
	done
	addresses=$(moat network inspect -f '{{range .Containers}}{{.IPv4Address}}{{println}}{{.MacAddress}}{{println}}{{end}}' web)
	assert_equal "$(sort -u <<<"$addresses")" "$(sort <<<"$addresses")"
	for i in 1 2 3 4 5 6; do
		moat exec client ping -c 1 -W 60 "$(address_of "burst$i" web)"
	done
	moat rm -f burst1 burst2 burst3 burst4 burst5 burst6
}

@test "network: a moat-net that was killed is started again, and containers go on as they were" {
	local before
	before=$(net_pids)
	[ -n "$before" ]
	# shellcheck disable=SC2086 # a list of numbers
	kill -9 $before
	other_net() { local now; now=$(net_pids) && [ -n "$now" ] && [ "$now" != "$before" ]; }
	poll other_net
	fetch() { [ "$(moat exec client timeout 20 wget -q -O - "http://$(address_of server web)/")" = "hello from the server" ]; }
	poll fetch
	moat network connect web other
	run moat exec other timeout "$LIMIT" wget -q -O - "http://$(address_of server web)/"
	assert_equal "$output" "hello from the server"
	moat network disconnect web other
}

@test "network: a moat-net that hangs is ended and followed, also by a moatd that has not started it" {
	local hangs
	fetch() { [ "$(moat exec client timeout 5 wget -q -O - "http://$(address_of server web)/")" = "hello from the server" ]; }
	for who in one another; do
		hangs=$(net_process inside)
		kill -STOP "$hangs"
		if [ "$who" = another ]; then
			kill_moatd
		else
			# Its machine has a tap, on no network.
			moat run --rm --network none "$BUSYBOX" true
		fi
		run moat run --rm --network web "$BUSYBOX" nslookup -type=a server.
		assert_status 0
		poll gone "$hangs"
		poll fetch
	done
}

@test "docker network: create, ls, inspect, connect, disconnect, prune, rm" {
	docker network create --label of=docker --subnet 10.90.9.0/24 theirs
	assert_equal "$(docker network ls -q --filter name=theirs --no-trunc)" "$(docker network inspect -f '{{.Id}}' theirs)"
	docker network connect --ip 10.90.9.9 --alias nine theirs other
	assert_equal "$(docker inspect -f '{{.NetworkSettings.Networks.theirs.IPAddress}}' other)" 10.90.9.9
	run docker exec other ip -4 addr show eth1
	assert_has "inet 10.90.9.9/24"
	run docker network rm theirs
	assert_error 1 "has active endpoints"
	docker network disconnect theirs other
	run docker network prune -f
	assert_has theirs
	run docker network inspect theirs
	assert_error 1 "network theirs not found"
	run docker run --rm --network web --ip 10.90.1.99 "$BUSYBOX" ip -4 addr show eth0
	assert_has "inet 10.90.1.99/24"
}

@test "events: networks and those who join and leave them" {
	local since
	since=$(date +%s.%N)
	moat network create told
	moat run --rm --network told "$BUSYBOX" true
	moat network rm told
	run moat events --since "$since" --until "$(date +%s.%N)" --filter type=network --filter network=told --format '{{.Action}} {{.Actor.Attributes.name}}'
	assert_status 0
	assert_equal "$output" "$(printf '%s told\n' create connect disconnect destroy)"
}
