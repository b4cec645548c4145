#!/usr/bin/env bats
# Everything as a user who is not root: moatd, containers, networks, folders, images.

load lib

ANN=4401

# A host with two users in a mount namespace of its own: its /dev/net/tun is open to users, and its
# /etc/subuid gives ann ids.  The test's network namespace plays the host's, with a neighbour outside.
setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	file_setup
	export HOUSE=$MOAT_ROOT SUBIDS
	SUBIDS=$(command -v newuidmap || true)
	chmod 755 "$HOUSE"
	make_users
	make_neighbour
	user_setup ann
	ann moat pull -q "$BUSYBOX" >/dev/null
}

make_users() {
	local kind
	mkdir "$HOUSE/etc" "$HOUSE/dev"
	for kind in passwd group; do
		cp "/etc/$kind" "$HOUSE/etc/"
	done
	printf 'ann:x:4401:4401::%s:/bin/sh\nbob:x:4402:4402::%s:/bin/sh\n' "$HOUSE/ann" "$HOUSE/bob" >>"$HOUSE/etc/passwd"
	printf 'ann:x:4401:\nbob:x:4402:\n' >>"$HOUSE/etc/group"
	for kind in subuid subgid; do
		echo ann:100000:65536 >"$HOUSE/etc/$kind"
	done
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m -- sh -ec '
		mount -t tmpfs none "$0/dev"
		mknod -m 0666 "$0/dev/tun" c 10 200
		mount --bind "$0/dev/tun" /dev/net/tun
		for file in passwd group subuid subgid; do
			[ -e "/etc/$file" ] || continue
			mount --bind "$0/etc/$file" "/etc/$file"
		done
		echo "nameserver 192.0.2.2" >"$0/etc/resolv.conf"
		mount --bind "$0/etc/resolv.conf" /etc/resolv.conf
		touch "$0/ready"
		exec sleep infinity' "$HOUSE" 3>&- &
	export HOST=$!
	disown
	poll test -e "$HOUSE/ready"
}

make_neighbour() {
	unshare -n -- sleep infinity 3>&- &
	export OUTSIDE=$!
	disown
	poll is_apart "$OUTSIDE"
	ip link add user0 type veth peer name eth0 netns "$OUTSIDE"
	ip addr add 192.0.2.1/24 dev user0
	ip addr add 2001:db8::1/64 dev user0 nodad
	ip link set user0 up
	outside sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev eth0
		ip addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up'
	# It goes with the link.
	ip route add default via 192.0.2.2
	ip -6 route add default via 2001:db8::2
	serve outside nsenter -t "$OUTSIDE" -n -- busybox httpd -f -h
	serve host busybox httpd -f -p 8079 -h
	nsenter -t "$OUTSIDE" -n -- dnsmasq -k -C /dev/null --no-resolv --no-hosts --user=root --pid-file= --address=/outside.example/192.0.2.2 3>&- >/dev/null 2>&1 &
	SERVERS+=" $!"
	disown
}

# serve WORD COMMAND…: a server of a folder with a page that says the word.
serve() {
	mkdir "$HOUSE/www-$1"
	echo "$1" >"$HOUSE/www-$1/index.html"
	"${@:2}" "$HOUSE/www-$1" 3>&- &
	export SERVERS="${SERVERS:-} $!"
	disown
}

is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

teardown_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	[ -z "${HOUSE:-}" ] || kill_users_of "$HOUSE"
	# shellcheck disable=SC2086 # a list of numbers
	kill -9 "$HOST" "$OUTSIDE" $SERVERS 2>/dev/null || true
	ip link del user0 2>/dev/null || true
	file_teardown
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "needs root to be two users with a /dev/net/tun of their own"
	unshare --user --map-root-user true 2>/dev/null || skip "this host has no user namespaces"
}

# user_setup NAME: homes as a new user has them, with the guest kernel set.
user_setup() {
	local root=$HOUSE/$1/.local/share/moat
	mkdir -m 700 "$HOUSE/$1" "$HOUSE/run-$1"
	mkdir -p "$root"
	cp -a "$SUITE/prepared/kernel" "$root/"
	chown -R "$(uid_of "$1")" "$HOUSE/$1" "$HOUSE/run-$1"
}

uid_of() {
	[ "$1" = ann ] && echo 4401 || echo 4402
}

# In the mount namespace of the users.
in_host() {
	nsenter -t "$HOST" -m -- "$@"
}

# as NAME COMMAND…: that user's, with nothing of the test's own environment.
as() {
	local name=$1 id
	id=$(uid_of "$1")
	shift
	in_host timeout --foreground -k 5 "$LIMIT" setpriv --reuid="$id" --regid="$id" --clear-groups -- \
		env -i HOME="$HOUSE/$name" XDG_RUNTIME_DIR="$HOUSE/run-$name" PATH="$MOAT_BUILD:/usr/bin:/bin" MOAT_SPARES="${SPARES:-0}" "$@"
}

ann() {
	as ann "$@"
}

outside() {
	nsenter -t "$OUTSIDE" -n -- timeout -k 5 "$LIMIT" "$@"
}

# of NAME PROGRAM: the processes a user has of a program, a pattern.
of() {
	pgrep -u "$(uid_of "$1")" -x "$2"
}

# kill_all NAME PROGRAM: and wait for their ends, as kill_moatd does.
kill_all() {
	local pid pids
	pids=$(of "$1" "$2")
	# shellcheck disable=SC2086 # a list of numbers
	kill -9 $pids
	for pid in $pids; do
		poll gone "$pid"
	done
}

web_answers() {
	[ "$(outside curl -sS -m 60 "http://$1/")" = web ]
}

gets_outside() {
	[ "$(ann moat exec web timeout 60 wget -q -O - "http://$1/")" = outside ]
}

# leads_outside PROGRAM: all that goes by slirp4netns or pasta, with that one, also when it was killed.
leads_outside() {
	poll of ann "$1"
	poll gets_outside 192.0.2.2
	poll gets_outside '[2001:db8::2]'
	gets_outside outside.example
	assert_equal "$(ann moat exec web sh -c 'wget -q -O - http://host.docker.internal:8079/; wget -q -O - http://gate:8079/')" $'host\nhost'
	# Nobody goes by it that asks for a published port.
	web_answers 192.0.2.1:8080
	web_answers '[2001:db8::1]:8080'
	kill_all ann "$1"
	poll gets_outside outside.example
	poll gets_outside '[2001:db8::2]'
}

@test "rootless: a container runs, is reached from outside by its clients' addresses, and goes on when moatd, moat-net and slirp4netns or pasta are killed" {
	ann moat network create --ipv6 net >/dev/null
	ann moat run -d --name web --network net --add-host gate:host-gateway -p 8080:80 "$BUSYBOX" \
		sh -c 'mkdir /www; echo web >/www/index.html; exec httpd -vf -h /www' >/dev/null
	assert_equal "$(stat -c %u "/proc/$(of ann moatd)")" $ANN
	assert_equal "$(ann moat exec web id -u)" 0
	leads_outside slirp4netns
	run -0 ann moat logs web
	assert_has "192.0.2.2]:"
	assert_has "2001:db8::2]:"
	# Names, from a second one; and what goes in comes out.
	echo content | ann tee "$HOUSE/ann/file" >/dev/null
	ann moat cp "$HOUSE/ann/file" web:/www/file
	run -0 ann moat run --rm --network net "$BUSYBOX" wget -q -O - http://web/file
	assert_equal "$output" content
	ann moat cp web:/www/file "$HOUSE/ann/copy"
	assert_equal "$(stat -c %u "$HOUSE/ann/copy")" $ANN

	kill_all ann moatd
	assert_equal "$(ann moat exec web echo adopted)" adopted
	web_answers 192.0.2.1:8080
	if command -v pasta >/dev/null; then
		in_host mount --bind /dev/null "$(command -v slirp4netns)"
		kill_all ann slirp4netns
		leads_outside 'passt.*'
	fi
	kill_all ann moat-net
	web_answers 192.0.2.1:8080
	poll gets_outside 192.0.2.2
	ann moat stop -t 0 web
	ann moat start web
	poll web_answers 192.0.2.1:8080
	ann moat network create --internal closed >/dev/null
	ann moat network connect closed web
	ann moat network disconnect net web
	run ! gets_outside 192.0.2.2
	ann moat rm -f web
	ann moat network rm net closed
	in_host umount "$(command -v slirp4netns)" 2>/dev/null || true
}

@test "rootless: ports that are root's or another user's are errors that say so" {
	run -125 ann moat run --rm -p 80:80 "$BUSYBOX" true
	assert_has "net.ipv4.ip_unprivileged_port_start"
	user_setup bob
	ann moat run -d --name web -p 8080:80 "$BUSYBOX" sleep 1000 >/dev/null
	as bob moat pull -q "$BUSYBOX" >/dev/null
	run -125 as bob moat run --rm -p 8080:80 "$BUSYBOX" true
	assert_has "0.0.0.0:8080 failed: port is already allocated"
	# Neither sees the other's, nor may ask for it.
	assert_equal "$(as bob moat ps -aq)" ""
	run -1 as bob env MOAT_HOST="unix://$HOUSE/run-ann/moat/moat.sock" moat ps
	assert_has "another user's"
	as bob moat system stop
	ann moat rm -f web
}

@test "rootless: a network that is limited lets out what it may, and serves beside spare machines" {
	ann moat system stop
	ann moat network create --egress allow=192.0.2.2:80 --egress deny narrow >/dev/null
	SPARES=1 run -0 ann moat run --rm --network narrow "$BUSYBOX" sh -c 'wget -q -O - http://192.0.2.2/'
	assert_equal "$output" outside
	run ! ann moat run --rm --network narrow "$BUSYBOX" nc -w 3 192.0.2.1 22
	ann moat network rm narrow
	ann moat system stop
}

@test "rootless: with subordinate ids files belong to whom containers give them, and volumes of theirs go" {
	[ -n "$SUBIDS" ] || skip "newuidmap is not installed"
	local share=$HOUSE/ann/share
	ann mkdir "$share"
	echo roots >"$share/roots"
	run -0 ann moat run --rm --network none -v "$share:/s" -v data:/v "$BUSYBOX" sh -ec '
		cd /s
		touch mine given
		chown 33:44 given
		stat -c "%n %u:%g" mine given roots
		chown 70000 mine 2>/dev/null || echo refused
		echo x 2>/dev/null >>roots || echo kept
		mkdir -p /v/closed/below
		dd if=/dev/zero of=/v/closed/below/file bs=1M count=2 2>/dev/null
		chown -R 33:33 /v/closed /v
		chmod 700 /v/closed /v'
	assert_equal "$output" "$(printf '%s\n' 'mine 0:0' 'given 33:44' 'roots 65534:65534' refused kept)"
	assert_equal "$(stat -c %u:%g "$share/given")" 100032:100043
	assert_equal "$(stat -c %u:%g "$share/mine")" 4401:4401
	# Another container's user 33 has it, and nobody else.
	ann moat run --rm --network none -u 33:33 -v data:/v "$BUSYBOX" test -f /v/closed/below/file
	run -1 ann moat run --rm --network none -u 34 -v data:/v "$BUSYBOX" ls /v/closed
	run -0 ann moat system df --format '{{.Type}} {{.Size}}'
	assert_has "Local Volumes 2.1"
	ann moat volume rm data
	ann moat run --name own -v /v "$BUSYBOX" sh -c 'mkdir /v/a /v/a/b; chmod 1777 /v; chown -R 5:5 /v'
	ann moat rm -v own
	assert_equal "$(ls -A "$HOUSE/ann/.local/share/moat/volumes")" ""
	run -0 ann moat system info
	assert_has "65536 users and 65536 groups"
}

# without_ranges COMMAND…: with empty files of ranges.
without_ranges() {
	local status=0
	: >"$HOUSE/etc/subuid"
	: >"$HOUSE/etc/subgid"
	"$@" || status=$?
	echo ann:100000:65536 | tee "$HOUSE/etc/subuid" >"$HOUSE/etc/subgid"
	return "$status"
}

@test "rootless: without subordinate ids files are the user's, what groups open is open, and it is said what to do" {
	local share=$HOUSE/ann/plain
	ann mkdir "$share"
	mkdir -m 2770 "$HOUSE/team"
	chown 0:5000 "$HOUSE/team"
	mkdir -m 700 "$HOUSE/roots"
	run -0 without_ranges ann moat run --rm --network none -v "$share:/s" -v "$share/file:/f" -v "$share:/r:ro" -v "$HOUSE/roots:/c" "$BUSYBOX" sh -c '
		ls /c /s
		touch /s/made
		stat -c "%u:%g" /s/made
		chown 5 /s/made 2>&1
		touch /r/no 2>&1
		true'
	assert_has "can't open '/c': Permission denied"
	assert_has "0:0"
	assert_has "Operation not permitted"
	assert_has "Read-only file system"
	run -0 without_ranges ann moat system info
	assert_has "no range for ann in /etc/subuid and /etc/subgid: have root run usermod"
	# A range of one kind is of use.
	: >"$HOUSE/etc/subgid"
	run -0 ann moat run --rm --network none -v "$share:/s" "$BUSYBOX" sh -c 'chown 5 /s/made; stat -c %u:%g /s/made'
	echo ann:100000:65536 >"$HOUSE/etc/subgid"
	[ -z "$SUBIDS" ] || assert_equal "$output" 5:0
	# What an image has of others' cannot be a volume's then, which is said; with ranges it can.
	ann moat run --name others "$BUSYBOX" sh -c 'mkdir /data; touch /data/file; chown -R 33:33 /data; chmod 700 /data'
	ann moat commit others others >/dev/null
	ann moat rm others
	run -125 without_ranges ann moat run --rm -v first:/data others true
	assert_has "moat system info"
	[ -z "$SUBIDS" ] || assert_equal "$(ann moat run --rm -u 33:33 -v first:/data others ls /data)" file
	# By a group of the user's, root in the container may write.
	ann moat system stop
	in_host setpriv --reuid=$ANN --regid=$ANN --groups 5000 -- env -i HOME="$HOUSE/ann" XDG_RUNTIME_DIR="$HOUSE/run-ann" \
		PATH="$MOAT_BUILD:/usr/bin:/bin" MOAT_SPARES=0 moat run --rm --network none -v "$HOUSE/team:/t" "$BUSYBOX" touch /t/made
	assert_equal "$(stat -c %u:%g "$HOUSE/team/made")" $ANN:5000
}

@test "rootless: cp has a container's mounts, whether it runs or not" {
	[ -n "$SUBIDS" ] || skip "newuidmap is not installed"
	local share=$HOUSE/ann/for-cp at
	ann mkdir "$share" "$share/ro"
	ann sh -c 'echo host | tee "$0/file" >"$0/ro/file"; echo new >"$0.new"' "$share"
	ann moat run --name others "$BUSYBOX" sh -c 'mkdir /data; echo image >/data/file; chown -R 33:44 /data; chmod 700 /data'
	ann moat commit others with-data >/dev/null
	ann moat rm others
	ann moat create --name box -v filled:/data -v "$share:/bind" -v "$share/ro:/bind/ro:ro" -v "$share/file:/etc/one" with-data sleep 1000 >/dev/null
	for at in stopped running; do
		[ $at = stopped ] || ann moat start box
		# An empty volume has the image's content from the first look at it.
		assert_equal "$(ann moat cp box:/data/file - | tar -tv --numeric-owner | awk '{ print $1, $2 }')" "-rw-r--r-- 33/44"
		assert_equal "$(stat -c %u:%g "$HOUSE/ann/.local/share/moat/volumes/filled/_data/file")" 100032:100043
		assert_equal "$(ann moat cp box:/etc/one - | tar -xO)" host
		assert_equal "$(ann moat cp box:/bind/ro/file - | tar -xO)" host
		ann moat cp "$share.new" "box:/bind/$at"
		assert_equal "$(stat -c %u:%g "$share/$at")" 4401:4401
		assert_equal "$(cat "$share/$at")" new
		ann moat cp "$share.new" "box:/data/$at"
		assert_equal "$(ann moat cp "box:/data/$at" - | tar -xO)" new
		run ann moat cp "$share.new" box:/bind/ro/
		assert_error 1 "mounted volume is marked read-only"
	done
	ann moat rm -f box
	ann moat volume rm filled
}

@test "rootless: images are pushed, and passwords and secrets kept without a vault where that is asked for" {
	start_guarded_registry right
	run -1 ann moat login -u me --password-stdin "$GUARDED" <<<right
	assert_has "--store"
	ann moat login -u me --password-stdin --store file "$GUARDED" <<<right
	ann moat tag "$BUSYBOX" "$GUARDED/ann/app"
	ann moat push -q "$GUARDED/ann/app"
	ann moat image rm "$GUARDED/ann/app" >/dev/null
	ann moat pull -q "$GUARDED/ann/app"
	ann moat secret create --store file key - <<<value >/dev/null
	run -0 ann moat run --rm --network none --secret key,uid=5,mode=0400 "$BUSYBOX" sh -c 'cat /run/secrets/key; stat -c "%u %a" /run/secrets/key'
	assert_equal "$output" "$(printf 'value\n5 400')"
	ann moat secret rm key
	ann moat logout "$GUARDED"
}

@test "rootless: what the host does not have or permit is said with what to do" {
	# /dev/net/tun, while moat-net runs.
	ann moat system stop
	in_host chmod 0600 "$HOUSE/dev/tun"
	run -125 ann moat run --rm "$BUSYBOX" true
	assert_has "/dev/net/tun has mode 0600"
	assert_has "0666"
	ann moat run --rm --network none "$BUSYBOX" true
	in_host chmod 0666 "$HOUSE/dev/tun"
	ann moat run --rm "$BUSYBOX" true
	# Another session of the same user has another runtime folder, or none.
	run -1 ann env -u XDG_RUNTIME_DIR moat ps
	assert_has "MOAT_HOST=unix://$HOUSE/run-ann/moat/moat.sock"
	ann moat system stop
	run -1 ann env XDG_RUNTIME_DIR=/run/user/none moat ps
	assert_has "XDG_RUNTIME_DIR is no folder of this user's"
	run -1 ann env HOME=/nonexistent moat ps
	assert_has "/nonexistent/.local/share/moat: Permission denied; set HOME"
	# In a chroot there are no user namespaces.
	mkdir "$HOUSE/root"
	in_host mount --rbind / "$HOUSE/root"
	run -125 in_chroot moat run --rm "$BUSYBOX" true
	assert_has "no user namespace can be made"
	assert_equal "$(in_chroot moat run --rm --network none -v "$HOUSE/ann/share:/s" "$BUSYBOX" sh -c 'touch /s/chroot; ls /s/chroot')" /s/chroot
	in_chroot moat system stop
}

in_chroot() {
	in_host chroot "$HOUSE/root" setpriv --reuid=$ANN --regid=$ANN --clear-groups -- env -i HOME="$HOUSE/ann" \
		XDG_RUNTIME_DIR="$HOUSE/run-ann" PATH="$MOAT_BUILD:/usr/bin:/bin" MOAT_SPARES=0 timeout -k 5 "$LIMIT" "$@"
}
