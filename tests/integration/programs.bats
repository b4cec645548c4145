#!/usr/bin/env bats
# Programs that people run, of this host's packages, in containers that are on one network: servers in one, clients in another.

load lib

PROGRAMS=(nginx curl redis-server redis-cli redis-benchmark iperf3 dig ping)

setup_file() {
	local program
	for program in "${PROGRAMS[@]}"; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	file_setup
	start_moatd
	python3 "$TESTS/integration/programimage.py" "$BATS_FILE_TMPDIR/root.tar" "${PROGRAMS[@]}"
	moat image import "$BATS_FILE_TMPDIR/root.tar" programs >/dev/null
	rm "$BATS_FILE_TMPDIR/root.tar"
	ip addr add 198.51.100.54/32 dev lo
	# shellcheck disable=SC2046 # words
	dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --listen-address=198.51.100.54 --bind-interfaces --pid-file= --edns-packet-max=4096 \
		$(for i in $(seq 1 30); do printf -- '--txt-record=large.example,%s ' "$i-$(printf '%0200d' 0)"; done) --address=/#/ 3>&- >/dev/null 2>&1 &
	echo $! >"$BATS_FILE_TMPDIR/dnsmasq"
	moat network create --subnet 10.93.1.0/24 --ipv6 programs >/dev/null
	# shellcheck disable=SC2016 # expanded in the container
	moat run -d --name server --network programs -p 127.0.0.1::80 --tmpfs /srv programs sh -c '
		mkdir -p /srv/www && echo "served by nginx" >/srv/www/index.html && head -c 3000000 /dev/zero >/srv/www/large
		echo "user root; daemon off; error_log stderr; pid /srv/pid; events {} http { access_log /srv/access; client_body_temp_path /srv/a; proxy_temp_path /srv/b;
			fastcgi_temp_path /srv/c; uwsgi_temp_path /srv/d; scgi_temp_path /srv/e; server { listen 80; listen [::]:80; root /srv/www; } }" >/srv/nginx.conf
		iperf3 -s & redis-server --bind "* -::*" --protected-mode no --save "" & exec nginx -c /srv/nginx.conf' >/dev/null
	moat run -d --name client --network programs --dns 198.51.100.54 programs sleep 100000 >/dev/null
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/dnsmasq" ] || kill "$(cat "$BATS_FILE_TMPDIR/dnsmasq")"
	ip addr del 198.51.100.54/32 dev lo 2>/dev/null || true
	file_teardown
}

# client COMMAND…: in the client's container.
client() {
	moat exec client timeout 60 "$@"
}

@test "programs: nginx serves curl by name, over IPv4 and IPv6, and the host by a published port" {
	poll 30 client curl -fsS -o /dev/null http://server/
	run client curl -fsS -4 http://server/ --next -fsS -6 http://server/
	assert_equal "$output" $'served by nginx\nserved by nginx'
	assert_equal "$(client curl -fsS http://server/large | wc -c)" 3000000
	assert_equal "$(curl -fsS "http://$(moat port server 80)/large" | wc -c)" 3000000
	# It sees who asks.
	run moat exec server cat /srv/access
	assert_has "$(moat inspect -f '{{.NetworkSettings.Networks.programs.IPAddress}}' client) - - "
}

@test "programs: redis answers its client, many at once" {
	poll 30 client redis-cli -h server ping
	assert_equal "$(client redis-cli -h server set key value)" OK
	assert_equal "$(client redis-cli -h server get key)" value
	run client redis-benchmark -h server -q -n 500 -c 20 -t set,get,lpush
	assert_status 0
	assert_has "GET: "
}

@test "programs: iperf3 over TCP and UDP, both ways" {
	local way
	for way in "" -R "-u -b 5M" "-u -b 5M -R"; do
		# shellcheck disable=SC2086 # words
		client iperf3 -c server -t 1 -J $way >"$BATS_TEST_TMPDIR/said"
		jq -e '.end | (.sum_received // .sum).bytes > 100000' "$BATS_TEST_TMPDIR/said" >/dev/null
	done
}

@test "programs: dig asks over TCP, for large answers, addresses of both families and back" {
	local ip
	ip=$(moat inspect -f '{{.NetworkSettings.Networks.programs.IPAddress}}' server)
	assert_equal "$(client dig +short +tcp server)" "$ip"
	assert_equal "$(client dig +short -x "$ip")" server.
	[[ $(client dig +short server AAAA) == fd* ]]
	assert_equal "$(client dig +short TXT large.example | wc -l)" 30
	assert_equal "$(client dig +short +ignore +bufsize=512 TXT large.example | wc -l)" 0
}

@test "programs: ping of both families" {
	client ping -4 -c 2 -i 0.2 -W 10 server
	client ping -6 -c 2 -i 0.2 -W 10 server
}
