#!/usr/bin/env bats
# Programs that people run, of this host's packages, in containers that are on one network: servers in one, clients in another.

load lib

PROGRAMS=(nginx curl redis-server redis-cli redis-benchmark iperf3 dig ping apt-get dpkg dpkg-deb dpkg-split tar)

setup_file() {
	local program
	for program in "${PROGRAMS[@]}"; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	file_setup
	start_moatd
	python3 "$TESTS/integration/programimage.py" "$BATS_FILE_TMPDIR/root.tar" "${PROGRAMS[@]}" /usr/lib/apt/methods /usr/share/dpkg
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
	moat exec client timeout "$LIMIT" "$@"
}

@test "programs: nginx serves curl by name, over IPv4 and IPv6, and the host by a published port" {
	poll client curl -fsS -o /dev/null http://server/
	run client curl -fsS -4 http://server/ --next -fsS -6 http://server/
	assert_equal "$output" $'served by nginx\nserved by nginx'
	assert_equal "$(client curl -fsS http://server/large | wc -c)" 3000000
	assert_equal "$(curl -fsS "http://$(moat port server 80)/large" | wc -c)" 3000000
	if command -v wrk >/dev/null; then
		run -0 wrk -t 1 -c 200 -d 2 --timeout "${LIMIT}s" "http://$(moat port server 80)/"
		[[ $output != *"Socket errors"* && $output != *"Non-2xx"* ]]
	fi
	# It sees who asks.
	run moat exec server cat /srv/access
	assert_has "$(moat inspect -f '{{.NetworkSettings.Networks.programs.IPAddress}}' client) - - "
}

@test "programs: redis answers its client, many at once" {
	poll client redis-cli -h server ping
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
		when_free client iperf3 -c server -t 1 -J $way
		jq -e '.end | (.sum_received // .sum).bytes > 100000' <<<"$output" >/dev/null
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

# make_archive FOLDER: an archive of Debian's form with one package.
make_archive() {
	mkdir -p "$1/package/DEBIAN" "$1/package/usr/share"
	printf '%s\n' "Package: greeting" "Version: 1" "Architecture: all" "Maintainer: nobody <nobody@example.org>" "Description: a word" >"$1/package/DEBIAN/control"
	echo "installed by apt-get" >"$1/package/usr/share/greeting"
	dpkg-deb --root-owner-group -Zgzip -b "$1/package" "$1/greeting.deb" >/dev/null
	{
		dpkg-deb -f "$1/greeting.deb"
		printf 'Filename: ./greeting.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s "$1/greeting.deb")" "$(sha256sum <"$1/greeting.deb" | cut -d' ' -f1)"
	} >"$1/Packages"
}

# installs CONTAINER: apt-get installs it there by the proxy; says what is in it.
installs() {
	moat exec "$1" timeout "$LIMIT" sh -ec '
		mkdir -p /etc/apt/apt.conf.d /etc/apt/preferences.d /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/dpkg/triggers /var/log/apt /var/lib/apt/lists/partial /var/cache/apt/archives/partial
		: >/var/lib/dpkg/status
		echo "deb [trusted=yes] http://archive.example/ ./" >/etc/apt/sources.list
		printf "%s\n" "Acquire::http::Proxy \"$0\";" "Acquire::Languages none;" "Dpkg::Options:: --force-bad-path;" >/etc/apt/apt.conf
		apt-get update
		apt-get install -y greeting
		cat /usr/share/greeting' "http://host.docker.internal:$(cat "$BATS_TEST_TMPDIR/proxy")"
}

@test "programs: apt-get installs a package through a caching proxy on the host, and again when the archive is gone" {
	local archive proxy
	make_archive "$BATS_TEST_TMPDIR/archive"
	python3 -m http.server -d "$BATS_TEST_TMPDIR/archive" --bind 127.0.0.1 8099 >/dev/null 2>&1 3>&- &
	archive=$!
	poll curl -fsS -o /dev/null http://127.0.0.1:8099/Packages
	python3 "$TESTS/integration/forwardproxy.py" 127.0.0.1:8099 "$BATS_TEST_TMPDIR/proxy" 0.0.0.0 >/dev/null 2>&1 3>&- &
	proxy=$!
	poll test -s "$BATS_TEST_TMPDIR/proxy"
	run installs client
	assert_has "installed by apt-get"
	kill "$archive"
	run installs server
	assert_has "installed by apt-get"
	kill "$proxy"
}
