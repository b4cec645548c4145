# Helpers of the tests of moat-net alone.  It runs in a host of the test's own: a network namespace
# with a link to another one, outside.  Guests are played by net-guest, on real taps.

NET_A=0a0a0a0a0a0a
NET_B=0b0b0b0b0b0b

# in_ns PID COMMAND…: in that process's network namespace.
in_ns() {
	local pid=$1
	shift
	timeout --foreground -k 5 "$LIMIT" nsenter -t "$pid" -n -- "$@"
}

on_host() {
	in_ns "$HOST" "$@"
}

# namespace: a new network namespace; sets PID to a process in it, which is there until the test's end.
namespace() {
	unshare -n -- sleep infinity 3>&- &
	PID=$!
	disown
	echo "$PID" >>"$NET/pids"
	poll is_apart "$PID"
}

is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# net_setup: a host with a resolver, and moat-net in it.
net_setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for namespaces with links between them"
	host_resolv 'nameserver 192.0.2.2'
	make_host
	start_net
}

# make_host [NAME]: the host has 192.0.2.1, who is outside 192.0.2.2; the one knows no route to moat's networks, so it
# sees the host only.
make_host() {
	local pid
	unset NET_USER
	export NET TUN_MODE=0666
	NET=$BATS_TEST_TMPDIR/${1:-net}
	mkdir -m 700 "$NET"
	namespace
	HOST=$PID
	namespace
	OUTSIDE=$PID
	for pid in "$HOST" "$OUTSIDE"; do
		in_ns "$pid" sh -c 'ip link set lo up; echo 0 >/proc/sys/net/ipv6/conf/default/dad_transmits'
	done
	link_hosts
}

# link_hosts: their eth0, with addresses, and the host's default routes.
link_hosts() {
	on_host ip link add eth0 type veth peer name eth0 netns "$OUTSIDE"
	on_host ip addr add 192.0.2.1/24 dev eth0
	on_host ip addr add 2001:db8::1/64 dev eth0 nodad
	on_host ip link set eth0 up
	in_ns "$OUTSIDE" sh -c 'ip addr add 192.0.2.2/24 dev eth0
		ip addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up'
	on_host ip route add default via 192.0.2.2
	on_host ip -6 route add default via 2001:db8::2
}

# rename_link: the host has an interface of another name and with other addresses in its place.
rename_link() {
	on_host sh -ec 'ip link set eth0 down; ip link set eth0 name wlan0; ip addr flush dev wlan0
		ip addr add 192.0.2.3/24 dev wlan0; ip addr add 2001:db8::3/64 dev wlan0 nodad; ip link set wlan0 up
		ip route add default via 192.0.2.2; ip -6 route add default via 2001:db8::2'
}

# start_net_as USER: moat-net of a user who is not root, with a /dev/net/tun that users may open.
start_net_as() {
	local user=$1
	shift
	chown "$user" "$NET"
	NET_USER=$user
	# shellcheck disable=SC2016 # expanded by the inner shell
	on_host unshare -m sh -c '
		mkdir -p "$NET/dev" && mount -t tmpfs none "$NET/dev" && mknod -m "$TUN_MODE" "$NET/dev/tun" c 10 200 &&
		mount --bind "$NET/dev/tun" /dev/net/tun
		exec setpriv --reuid="$0" --regid="$0" --clear-groups -- "$@"' "$user" \
		env MOAT_BUILD="$MOAT_BUILD" python3 "$TESTS/integration/netctl.py" start "$NET" "$@" 3>&-
}

start_net() {
	on_host env MOAT_BUILD="$MOAT_BUILD" python3 "$TESTS/integration/netctl.py" start "$NET" "$@" 3>&-
}

net() {
	local as=()
	[ -z "${NET_USER:-}" ] || as=(setpriv --reuid="$NET_USER" --regid="$NET_USER" --clear-groups --)
	"${as[@]}" timeout --foreground -k 5 "$LIMIT" python3 "$TESTS/integration/netctl.py" call "$NET" "$@"
}

# The process that is in moat's namespace, and the one that stays outside, in the host's.
inside() {
	net_process inside "$NET" "$HOST"
}

outside() {
	net_process outside "$NET" "$HOST"
}

in_net() {
	in_ns "$(inside)" "$@"
}

# All that there are.
end_host() {
	local file pids
	for file in "$BATS_TEST_TMPDIR"/*/pids; do
		pids=$(pgrep -f "^moat-net ${file%/pids}\$" || true)
		# shellcheck disable=SC2046,SC2086 # lists of numbers
		kill -9 $pids $(<"$file") 2>/dev/null || true
	done
}

network_a() {
	echo '{"op":"network","id":"'$NET_A'","subnets":[{"subnet":"10.1.0.0/16","gateway":"10.1.0.1"},
		{"subnet":"fd00:1::/64","gateway":"fd00:1::1"}]}'
}

network_b() {
	echo '{"op":"network","id":"'$NET_B'","subnets":[{"subnet":"10.2.0.0/16","gateway":"10.2.0.1"},
		{"subnet":"fd00:2::/64","gateway":"fd00:2::1"}]}'
}

# address4 NET N, address6 NET N, mac NET N: of guest N on a network a or b.
address4() {
	[ "$1" = a ] && echo "10.1.0.$2" || echo "10.2.0.$2"
}

address6() {
	[ "$1" = a ] && echo "fd00:1::$2" || echo "fd00:2::$2"
}

mac() {
	printf '02:00:00:00:%s:%02x' "$([ "$1" = a ] && echo 01 || echo 02)" "$2"
}

# port TAP SLOT NET N NAME…: the request that puts a tap on a network.
port() {
	local tap=$1 slot=$2 net=$3 n=$4
	shift 4
	jq -cn --arg tap "$tap" --argjson slot "$slot" --arg net "$([ "$net" = a ] && echo $NET_A || echo $NET_B)" \
		--arg mac "$(mac "$net" "$n")" --arg v4 "$(address4 "$net" "$n")" --arg v6 "$(address6 "$net" "$n")" \
		'{op: "port", $tap, $slot, network: $net, $mac, addresses: [$v4, $v6], names: $ARGS.positional}' --args "$@"
}

# guest NET N NAME…: plays a machine that is on a network; sets PID and TAP.
guest() {
	local net=$1 n=$2 words
	shift 2
	words=$("$MOAT_BUILD/tests/net-guest" "$NET" 3>&-)
	read -r TAP PID <<<"$words"
	echo "$PID" >>"$NET/pids"
	in_ns "$PID" sh -e <<-SH
		ip link set lo up
		ip link set eth0 address $(mac "$net" "$n") up
		ip addr add $(address4 "$net" "$n")/16 dev eth0
		ip addr add $(address6 "$net" "$n")/64 dev eth0 nodad
		ip route add default via $(address4 "$net" 1)
		ip -6 route add default via $(address6 "$net" 1)
	SH
	net "$(port "$TAP" 0 "$net" "$n" "$@")" >/dev/null
}

# reaches PID ADDRESS: does it get an answer?
reaches() {
	in_ns "$1" ping -q -c 3 -i 0.05 -w 60 "$2"
}

# cut_off NAMESPACE-PID ADDRESS: no answer comes.
cut_off() {
	run ! in_ns "$1" ping -q -c 3 -i 0.05 -w 2 "$2"
}

spoofed() {
	in_net nft -j list counter bridge moat spoofed | jq '.nftables[1].counter.packets'
}

# resolver NAMESPACE-PID ADDRESS LINE…: a name server there, with lines of dnsmasq's; sets RESOLVER to its process.
resolver() {
	local pid=$1 address=$2 conf=$NET/resolver-$2.conf
	shift 2
	printf '%s\n' port=53 "listen-address=$address" bind-interfaces no-resolv no-hosts user=root log-facility=- "$@" >"$conf"
	in_ns "$pid" ip addr add "$address/32" dev lo 2>/dev/null || true
	nsenter -t "$pid" -n dnsmasq -k --conf-file="$conf" --pid-file >"$conf.log" 2>&1 3>&- &
	RESOLVER=$!
	disown
	echo "$RESOLVER" >>"$NET/pids"
	poll grep -q started "$conf.log"
}

# host_resolv LINE…: what the host's resolv.conf says.  It is a file of the test's own, mounted over the real one.
host_resolv() {
	printf '%s\n' "$@" >"$SUITE/resolv.conf.new"
	[ -e "$SUITE/resolv.conf" ] || touch "$SUITE/resolv.conf"
	mountpoint -q /etc/resolv.conf || mount --bind "$SUITE/resolv.conf" /etc/resolv.conf
	cat "$SUITE/resolv.conf.new" >/etc/resolv.conf
}

# ask PID SERVER QUESTION…: the answers of dig, a line each, and its status before them.
ask() {
	local pid=$1 server=$2
	shift 2
	in_ns "$pid" dig "@$server" +tries=3 +time=20 "$@" | awk '/status:/ {sub(/.*status: /, ""); sub(/,.*/, ""); print; next} /^[^;]/ {print $NF}'
}

# answers PID SERVER QUESTION… = STATUS [ANSWER…]: is this what the name server says?
answers() {
	local all="$*" got want
	want=$(tr ' ' '\n' <<<"${all##*= }" | sort -r | xargs)
	# shellcheck disable=SC2086 # words
	got=$(ask ${all%%= *} | sort -r | xargs)
	[ "$got" = "$want" ] || { echo "${all%%= *}: $got, not $want" >&2; return 1; }
}
