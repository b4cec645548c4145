#!/usr/bin/env bats
# The life of moat-net beside real containers: at rest, killed, and at its end.

load lib

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_setup
	start_moatd
	with_busybox
	moat network create web >/dev/null
	moat run -d --name server --network web --network-alias Every_char.of-1.name "$BUSYBOX" \
		sh -c 'mkdir /www; dd if=/dev/zero of=/www/big bs=1M count=16 2>/dev/null; exec httpd -f -h /www' >/dev/null
	moat run -d --name a9_B.c-d --network web "$BUSYBOX" sleep 100000 >/dev/null
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for the host's rules"
}

dnsmasq_pid() {
	pgrep -o -P "$(net_process inside)" dnsmasq
}

sleeps() {
	local pid
	for pid in $(net_pids); do
		awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$pid/status"
	done
}

rests() {
	local before
	before=$(sleeps)
	sleep 3
	[ -n "$before" ] && [ "$(sleeps)" = "$before" ]
}

pss_kib() {
	local pid
	for pid in $(net_pids); do
		awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup"
	done | awk "{ sum += \$1 } END { print sum }"
}

@test "names: every character that a name may have" {
	run moat exec server ping -c 1 -W 60 a9_B.c-d
	assert_status 0
	run moat exec a9_B.c-d ping -c 1 -W 60 every_CHAR.of-1.name
	assert_status 0
	run moat network create 'a b'
	assert_error 1 "a b"
}

@test "rest: beside containers that do nothing moat-net does nothing, and takes less than 4 MiB" {
	poll rests
	[ "$(pss_kib)" -lt 4096 ]
}

# fetch N: begins to get a file from the other container, which is the client's /N when all of it has come.
fetch() {
	moat exec -d a9_B.c-d sh -c "wget -q -O /$1.part http://server/big && mv /$1.part /$1"
	poll moat exec a9_B.c-d sh -c "[ -s /$1.part ] || [ -e /$1 ]"
}

fetched() {
	[ "$(moat exec a9_B.c-d stat -c %s "/$1")" = 16777216 ]
}

@test "kill: dnsmasq, either process of moat-net and moatd end while a file is sent, which arrives whole" {
	local victim
	for victim in dnsmasq outside inside moatd; do
		fetch "$victim"
		case $victim in
		dnsmasq) kill -9 "$(dnsmasq_pid)" ;;
		outside | inside) kill -9 "$(net_process "$victim")" ;;
		moatd) kill_moatd ;;
		esac
		poll fetched "$victim"
		# The next one is asked by name.
		poll moat exec a9_B.c-d ping -c 1 -W 60 server
	done
}

@test "system stop: where nothing runs moat-net ends with moatd, and leaves nothing on the host" {
	local pid pids
	moat rm -f server a9_B.c-d
	moat run --rm --network web "$BUSYBOX" true
	pids=$(net_pids)
	[ -n "$pids" ]
	moat system stop
	# It would go by itself after half a minute.
	for pid in $pids; do
		LIMIT=25 poll gone "$pid"
	done
	run ! ip link show moat0
	run ! nft list table inet moat
	run moat run --rm --network web "$BUSYBOX" ip route
	assert_status 0
	assert_has default
}
