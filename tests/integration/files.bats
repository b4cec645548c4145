#!/usr/bin/env bats
# A container's files from outside: cp, export, diff, commit, by docker's command line and moat's.

load lib

setup_file() {
	file_setup
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
	moat run -d --name box "$BUSYBOX" sleep 1000 >/dev/null
	moat create --name still "$BUSYBOX" sh -c 'cat /added; sleep 1000' >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	HERE=$BATS_TEST_TMPDIR
	cd "$HERE"
}

docker() {
	timeout --foreground -k 5 "$LIMIT" docker "$@"
}

have_docker() {
	command -v docker >/dev/null || skip "the docker command line is not installed"
}

in_box() {
	moat exec box sh -c "$1"
}

tarcheck() {
	python3 "$TESTS/integration/tarcheck.py" "$@"
}

api() {
	curl -sS --max-time 60 --unix-socket "$SOCKET" "$@"
}

@test "docker cp: a tree comes back exactly as it went in" {
	have_docker
	tarcheck make >in.tar
	in_box 'mkdir /exact'
	docker cp - box:/exact <in.tar
	docker cp box:/exact/t - >out.tar
	tarcheck list <in.tar >in.txt
	tarcheck list <out.tar >out.txt
	# The first of two names is the file, the second the link to it.
	sed -i 's/^t\/hard .*/t\/hard/; s/^t\/plain .*/t\/plain/' in.txt out.txt
	diff in.txt out.txt
	[ "$(in_box 'stat -c %h /exact/t/hard; cat /exact/t/hard')" = $'2\nplain' ]
}

@test "docker cp: folders, renames and trailing slashes as cp has them" {
	have_docker
	mkdir -p tree/sub && echo one >tree/one && echo two >tree/sub/two
	in_box 'mkdir /dst && echo old >/dst/file'
	docker cp tree box:/dst
	docker cp tree/. box:/dst/flat
	docker cp tree/one box:/dst/renamed
	docker cp tree/one box:/dst/file
	[ "$(in_box 'cd /dst; find . -type f | sort | xargs grep -H .')" = "./file:one
./flat/one:one
./flat/sub/two:two
./renamed:one
./tree/one:one
./tree/sub/two:two" ]
	docker cp box:/dst/tree out
	docker cp box:/dst/tree/. out
	docker cp box:/dst/tree/one out/uno
	[ "$(cd out && find . -type f | sort | xargs grep -H .)" = "./one:one
./sub/two:two
./uno:one" ]
	run docker cp tree box:/dst/file
	[ "$status" -ne 0 ]
	run docker cp tree/one box:/dst/none/
	[ "$status" -ne 0 ]
	run docker cp tree/one box:/none/here
	assert_error 1 "Could not find the file /none in container box"
	run docker cp box:/dst/none .
	assert_error 1 "Could not find the file /dst/none in container box"
	run docker cp box:/dst/file/ .
	assert_error 1 "not a directory"
}

@test "docker cp: links are followed in the container, and only on request" {
	have_docker
	in_box 'mkdir /links && echo real >/links/file && ln -s /links/file /links/abs &&
		ln -s ../../../../etc /links/up && ln -s /etc /links/etc'
	docker cp box:/links/abs .
	[ "$(readlink abs)" = /links/file ]
	docker cp -L box:/links/abs followed
	[ "$(cat followed)" = real ]
	docker cp box:/links/up/hostname name
	[ "$(cat name)" = "$(in_box hostname)" ]
	echo mine >mine
	docker cp mine box:/links/etc/moat-test
	[ ! -e /etc/moat-test ]
	[ "$(in_box 'cat /etc/moat-test')" = mine ]
	docker cp mine box:/links/abs
	[ "$(in_box 'cat /links/file; readlink /links/abs')" = $'mine\n/links/file' ]
}

@test "archive: HEAD and GET say what the path is, in docker's words" {
	in_box 'mkdir -p /st/d && printf 12345 >/st/f && chmod 4640 /st/f && ln -s f /st/l'
	stat_of() {
		api -I "http://moat/v1.47/containers/box/archive?path=$1" | tr -d '\r' |
			sed -n 's/^X-Docker-Container-Path-Stat: //p' | base64 -d
	}
	[ "$(stat_of /st/f | jq -c '[.name, .size, .mode, .linkTarget]')" = '["f",5,8389024,""]' ]
	[ "$(stat_of /st/d/ | jq -c '[.name, .mode]')" = '["d",2147484141]' ]
	[ "$(stat_of /st/l | jq -c '[.name, .mode, .linkTarget]')" = '["l",134218239,"/st/f"]' ]
	[ "$(stat_of /st/../st/. | jq -r .name)" = . ]
	# Later than nanoseconds since 1970 can say.
	in_box 'touch -d @10000000000 /st/late'
	[[ $(stat_of /st/late | jq -r .mtime) == 2262-* ]]
	[ "$(api -o /dev/null -w '%{http_code}' -I 'http://moat/containers/box/archive?path=/st/none')" = 404 ]
	[ "$(api -o /dev/null -w '%{http_code}' -I 'http://moat/containers/nobody/archive?path=/')" = 404 ]
	[ "$(api -o /dev/null -w '%{http_code}' 'http://moat/containers/box/archive?path=')" = 400 ]
	[ "$(api 'http://moat/containers/box/archive?path=/st/f' | tar -xOf -)" = 12345 ]
}

@test "archive: PUT takes compressed archives, and says what is wrong with others" {
	local code
	echo packed >packed
	put() { # FOLDER-AND-FLAGS
		api -o answer -w '%{http_code}' -X PUT -T - "http://moat/containers/box/archive?path=$1"
	}
	in_box 'mkdir /put && mkdir /put/packed.d && echo x >/put/file.d'
	for pack in gzip bzip2 xz zstd; do
		in_box 'rm -f /put/packed'
		[ "$(tar -cf - packed | $pack -c | put /put)" = 200 ]
		[ "$(in_box 'cat /put/packed')" = packed ]
	done
	[ "$(head -c 100000 /dev/urandom | put /put)" = 400 ]
	[ "$(tar -cf - packed | gzip -c | head -c 60 | put /put)" = 400 ]
	grep -q damaged answer
	[ "$(tar -cf - packed | put /nowhere)" = 404 ]
	[ "$(tar -cf - packed | put /put/file.d)" = 400 ]
	grep -q "not a directory" answer
	mkdir file.d
	[ "$(tar -cf - file.d | put '/put&noOverwriteDirNonDir=1')" = 400 ]
	grep -q "cannot overwrite non-directory" answer
	[ "$(tar -cf - file.d | put /put)" = 200 ]
	[ "$(tar -S --format=gnu -cf - packed | put '/put&copyUIDGID=true')" = 200 ]
	for kind in dotdot hardlink huge; do
		code=$(tarcheck hostile $kind | put /put)
		[ "$code" -ge 400 ] || return 1
	done
	run ! in_box 'ls /put/huge'
	[ "$(tarcheck hostile symlink | put /put)" = 200 ]
	[ ! -e /tmp/moat-escaped ]
	[ "$(in_box 'cat /tmp/moat-escaped')" = out ]
}

@test "docker diff and export: what the container changed, and all of it" {
	have_docker
	moat run -d --name changes "$REGISTRY/test/rich" sh -c \
		'cd /data; rm first; echo new >kept/new; chmod 700 many; mkdir -p deep/er; rm -r opaque
		mkdir opaque; echo o >opaque/o; ln -s x link; touch /done; sleep 1000' >/dev/null
	poll 20 moat exec changes test -e /done
	[ "$(docker diff changes)" = "C /data
A /data/deep
A /data/deep/er
D /data/first
C /data/kept
A /data/kept/new
A /data/link
C /data/many
C /data/opaque
D /data/opaque/new
A /data/opaque/o
A /done" ]
	docker export changes >all.tar
	tar -tf all.tar >names
	grep -qx data/kept/new names
	run ! grep -qx data/first names
	run ! grep -q '^proc/.' names
	[ "$(tar -xOf all.tar data/kept/new)" = new ]
	moat rm -f changes >/dev/null
}

@test "stopped: files can be copied, and the container stays as it was" {
	have_docker
	local before
	before=$(moat inspect still | jq -c '.[0] | [.State, .Config]')
	echo 'from outside' >added
	docker cp added still:/added
	docker cp still:/added back
	[ "$(cat back)" = "from outside" ]
	[ "$(docker diff still)" = "A /added" ]
	[ "$(docker export still | tar -xOf - added)" = "from outside" ]
	[ "$(moat inspect still | jq -c '.[0] | [.State, .Config]')" = "$before" ]
	[ -z "$(docker ps -q --filter name=still)" ]
	# It ends by itself.
	poll 20 gone_for still
	moat start still >/dev/null
	poll 20 log_has still "from outside"
	moat stop -t 0 still >/dev/null
	docker cp still:/added - | tar -tf - | grep -qx added
	[ "$(moat inspect still | jq -r '.[0].State.ExitCode')" = 137 ]
}

log_grows() {
	[ "$(moat exec "$1" cat /log | wc -l)" -gt "$2" ]
}

gone_for() {
	! shim_pid "$1"
}

@test "stopped: a start ends a copy's machine, and waits for the copy" {
	have_docker
	local writer
	mkfifo hold
	# A copy that goes on for as long as the pipe is open.
	docker cp - still:/ <hold &
	writer=$!
	exec 9>hold
	poll 20 shim_pid still
	run moat start still
	assert_error 1 "files of container" "are being copied"
	exec 9>&-
	wait "$writer" || true
	moat start still
	is_state still running
	run docker cp still:/added - 
	assert_status 0
	moat rm -f still
}

@test "moat cp: both ways, with the rules of cp" {
	mkdir -p tree/sub && echo one >tree/one && echo two >tree/sub/two && chmod 4755 tree/one
	ln -s one tree/link
	moat cp tree box:/mcp
	moat cp tree box:/mcp
	moat cp tree/sub/. box:/mcp
	moat cp -L tree/link box:/mcp/followed
	moat cp tree/link box:/mcp/kept
	[ "$(in_box 'cd /mcp; find . ! -type d | sort; stat -c "%u:%g %a" one; readlink kept; cat followed')" = "./followed
./kept
./link
./one
./sub/two
./tree/link
./tree/one
./tree/sub/two
./two
0:0 4755
one
one" ]
	moat cp box:/mcp/tree out
	moat cp box:/mcp/tree out
	moat cp box:/mcp/tree/. out
	moat cp -L box:/mcp/kept followed
	[ "$(find out ! -type d | sort | tr '\n' ' ')" = "out/link out/one out/sub/two out/tree/link out/tree/one out/tree/sub/two " ]
	[ "$(stat -c %a out/one)" = 755 ]
	[ "$(cat followed)" = one ]
	# The name that counts is that of what ".." leads to.
	mkdir up && moat cp box:/mcp/sub/none/../../tree/sub/.. up
	[ "$(find up ! -type d | sort | tr '\n' ' ')" = "up/tree/link up/tree/one up/tree/sub/two " ]
	run moat cp tree box:/mcp/one
	assert_error 1 "cannot copy a directory"
	run moat cp tree/one box:/mcp/none/
	assert_error 1 "no such directory"
	run moat cp box:/mcp/none .
	assert_error 1 "Could not find the file /mcp/none in container box"
	run moat cp box:/mcp/one none/here
	assert_error 1 none
	run moat cp tree/none box:/
	assert_error 1 "tree/none: No such file or directory"
	run moat cp nobody:/x .
	assert_error 1 "No such container: nobody"
	run moat cp a b
	assert_error 1 "one of the two"
	run moat cp box:/mcp still:/
	assert_error 1 "between containers"
}

@test "moat cp: tar on standard input and output, sparse and large files, -a" {
	local sum
	truncate -s 3G sparse && echo end | dd of=sparse bs=1 seek=3000000000 conv=notrunc status=none
	head -c 20000000 /dev/urandom >large
	sum=$(sha256sum <large)
	tar -cf - large | moat cp - box:/tmp
	moat cp sparse box:/tmp/
	[ "$(in_box 'sha256sum </tmp/large; stat -c %s /tmp/sparse; dd if=/tmp/sparse bs=1000 skip=3000000 count=1 2>/dev/null | head -n 1')" = "$sum
3221225472
end" ]
	[ "$(in_box 'du -k /tmp/sparse | cut -f1')" -lt 1000 ]
	[ "$(moat cp box:/tmp/large - | tar -xOf - | sha256sum)" = "$sum" ]
	moat cp box:/tmp/sparse back
	[ "$(stat -c %s back)" = 3221225472 ]
	[ "$(du -k back | cut -f1)" -lt 1000 ]
	cmp -n 100 -i 3000000000:3000000000 sparse back
	in_box 'rm /tmp/large /tmp/sparse'
	[ "$(id -u)" = 0 ] || return 0
	touch owned && chown 123:456 owned
	setcap cap_net_raw+ep owned
	moat cp -a owned box:/tmp/
	moat cp owned box:/tmp/not
	[ "$(in_box 'stat -c %u:%g /tmp/owned /tmp/not')" = $'123:456\n0:0' ]
	moat cp -a box:/tmp/owned again
	[ "$(stat -c %u:%g again)" = 123:456 ]
	[[ $(getcap again) == *cap_net_raw* ]]
	moat cp box:/tmp/owned plain
	[ "$(stat -c %u plain)" = 0 ]
	[ -z "$(getcap plain)" ]
}

@test "moat cp: what the container makes of its files stays within the destination" {
	mkdir dst && echo mine >dst/secret && echo mine >outside
	in_box 'mkdir -p /evil/d && ln -s ../../.. /evil/d/up && ln -s /tmp /evil/d/abs && echo x >/evil/f &&
		mknod /evil/d/null c 1 3 && echo d >/evil/d/in'
	run moat cp box:/evil dst
	assert_status 0
	assert_has "a device node is left out"
	[ "$(readlink dst/evil/d/abs)" = /tmp ]
	[ ! -e dst/evil/d/null ]
	# The second copy meets the links that the first one brought.
	in_box 'rm /evil/d/abs && mkdir /evil/d/abs && echo x >/evil/d/abs/moat-escaped'
	run moat cp box:/evil/d/. dst/evil/d
	[ "$status" -ne 0 ]
	[ ! -e /tmp/moat-escaped ]
	in_box 'rm -r /evil/d/up && mkdir /evil/d/up && echo x >/evil/d/up/outside'
	run moat cp box:/evil/d/up dst/evil/d/
	[ "$status" -ne 0 ]
	[ "$(cat outside)" = mine ]
}

@test "moat export and diff: to files and as JSON" {
	in_box 'mkdir -p /exported && echo x >/exported/file'
	moat export -o all.tar box
	[ "$(tar -xOf all.tar exported/file)" = x ]
	moat export box | tar -tf - | grep -qx exported/file
	moat diff box | grep -qx 'A /exported/file'
	[ "$(moat diff --format json box | jq -c '.[] | select(.Path == "/exported/file")')" = '{"Path":"/exported/file","Kind":1}' ]
	tar -cf - -T /dev/null | moat import - empty:latest
	run moat diff nobody
	assert_error 1 "No such container: nobody"
}

@test "commit: an image of a running container, changes and history in docker's form" {
	have_docker
	moat run -d --name base -e KEPT=yes "$REGISTRY/test/rich" sh -c \
		'cd /data; rm removed; rm -r opaque; mkdir opaque; echo o >opaque/o; echo new >kept/new
		ln kept/new kept/hard; touch /done; while :; do date >>/log; done' >/dev/null
	poll 20 moat exec base test -e /done
	docker commit -m "a message" -a somebody -c 'CMD ["cat", "/data/kept/new"]' -c 'ENV ONE=1 TWO="2 3"' \
		-c 'LABEL by=test' -c 'WORKDIR /data' base made:first
	[ "$(moat image inspect made:first | jq -c '.[0] | [.Config.Cmd, .Config.Labels, .Config.WorkingDir, .Author]')" = \
		'[["cat","/data/kept/new"],{"by":"test"},"/data","somebody"]' ]
	[ "$(docker history --format '{{.Comment}}' made:first | head -n 1)" = "a message" ]
	[ "$(moat run --rm made:first)" = new ]
	[ "$(moat run --rm made:first sh -c 'ls removed opaque; stat -c %h kept/hard; echo $KEPT $ONE $TWO' 2>&1)" = \
		"ls: removed: No such file or directory
opaque:
o
2
yes 1 2 3" ]
	# It goes on as before.
	before=$(moat exec base cat /log | wc -l)
	poll 30 log_grows base "$before"
	moat stop -t 0 base >/dev/null
	id=$(moat commit -p=false -c 'ENTRYPOINT ["echo"]' base made:second)
	[[ $id == sha256:* ]]
	[ "$(moat run --rm made:second from entrypoint)" = "from entrypoint" ]
	skopeo inspect "oci:$MOAT_ROOT/images:$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' \
		"$MOAT_ROOT/images/index.json" | grep made:second)" | jq -e '.Layers | length == 5'
	run docker commit -c 'RUN x' base
	assert_error 1 "RUN is not a valid change command"
	run moat commit nobody
	assert_error 1 "No such container"
	moat rm base >/dev/null
}

@test "commit: owner and mode of the root folder are the image's, until the container changes them" {
	moat run --name rooted "$BUSYBOX" sh -c 'chown 7:8 /; chmod 711 /'
	moat commit rooted made:rooted >/dev/null
	moat rm rooted >/dev/null
	moat run --name rooted made:rooted sh -c 'stat -c "%u:%g %a" /; chmod 755 /; chown 0:0 /' >first
	assert_equal "$(cat first)" "7:8 711"
	assert_equal "$(moat run --rm --read-only made:rooted stat -c '%u:%g %a' /)" "7:8 711"
	assert_equal "$(moat start -a rooted)" "0:0 755"
	moat rm rooted >/dev/null
	# One that has never run, whose files are looked at in a machine without it.
	moat create --name never made:rooted true >/dev/null
	assert_equal "$(moat diff never)" ""
	moat commit never made:never >/dev/null
	assert_equal "$(moat run --rm made:never stat -c '%u:%g %a' /)" "7:8 711"
	moat rm never >/dev/null
	# A plain root folder that was changed stays so too.
	moat run --name plain "$BUSYBOX" sh -c 'stat -c "%u:%g %a" /; chmod 700 /' >first
	assert_equal "$(cat first)" "0:0 755"
	run moat start -a plain
	assert_equal "$output" "0:0 700"
	moat rm plain >/dev/null
}

# beats_of NAME: how far the container's counting has come, as the file says.
beats_of() {
	moat cp "$1:/beats" - | tar -xO | wc -c
}

@test "files: a paused container's are read and written, it is committed, and nothing in it moves" {
	local before
	moat run -d --name froze "$BUSYBOX" sh -c 'while :; do echo -n x >>/beats; sleep 0.01; done' >/dev/null
	poll 60 moat exec froze test -s /beats
	moat pause froze >/dev/null
	before=$(beats_of froze)
	echo new >in
	moat cp in froze:/in
	assert_equal "$(moat cp froze:/in - | tar -xO)" new
	run moat diff froze
	assert_has "A /in"
	moat commit froze froze:copy >/dev/null
	moat export froze | tar -xO in | grep -qx new
	docker cp froze:/in out
	grep -qx new out
	assert_equal "$(beats_of froze)" "$before"
	assert_equal "$(moat inspect froze | jq -r ".[0].State.Status")" paused
	moat unpause froze >/dev/null
	beats_past() { [ "$(beats_of froze)" -gt "$1" ]; }
	poll 60 beats_past "$before"
	# A copy that has begun goes on to its end though the container is paused meanwhile.
	moat exec froze dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null
	moat cp froze:/big - >big.tar &
	poll 20 test -s big.tar
	moat pause froze >/dev/null
	wait $!
	tar -xOf big.tar | cmp -n 104857600 - /dev/zero
	moat rm -f froze
	assert_equal "$(moat run --rm froze:copy cat /in)" new
}

@test "files: a dead guest ends a copy, rm -f is not held up" {
	moat run -d --name hung "$BUSYBOX" sh -c 'dd if=/dev/zero of=/big bs=1M count=200; sync; touch /done; sleep 1000' >/dev/null
	poll 60 moat exec hung test -e /done
	moat cp hung:/big - >big.tar &
	copy=$!
	poll 20 test -s big.tar
	kill -9 "$(engine_pid hung)"
	# All of it, by the machine for its files, or an error.
	! wait "$copy" || tar -xOf big.tar | cmp -n 209715200 - /dev/zero
	poll 20 is_state hung exited
	moat cp hung:/big - >big.tar &
	copy=$!
	poll 20 test -s big.tar
	moat rm -f hung
	status=0
	wait "$copy" || status=$?
	[ "$status" -ne 0 ]
}

@test "files: a read-only root says so, running or not; its tmpfs takes files" {
	echo x >x
	moat run -d --name ro --read-only --tmpfs /scratch "$BUSYBOX" sleep 1000 >/dev/null
	moat cp x ro:/scratch/
	[ "$(moat cp ro:/scratch/x - | tar -xOf -)" = x ]
	run moat cp x ro:/etc/
	assert_error 1 "container rootfs is marked read-only"
	moat stop -t 0 ro >/dev/null
	run moat cp x ro:/etc/
	assert_error 1 "container rootfs is marked read-only"
	moat cp ro:/etc/passwd .
	[ -z "$(moat diff ro)" ]
	moat rm ro >/dev/null
}

@test "files: rm -f ends a copy that waits for its client; kill -9 of moatd leaves a clean container" {
	local copy
	moat create --name waits "$BUSYBOX" cat /kept >/dev/null
	mkfifo hold
	moat cp - waits:/ <hold &
	copy=$!
	exec 9>hold
	poll 20 shim_pid waits
	moat rm -f waits
	# It is told, although it has nothing to send yet.
	status=0
	wait "$copy" || status=$?
	[ "$status" -ne 0 ]
	exec 9>&-
	moat create --name waits "$BUSYBOX" cat /kept >/dev/null
	echo kept >kept
	moat cp kept waits:/
	moat cp - waits:/ <hold &
	copy=$!
	exec 9>hold
	poll 20 shim_pid waits
	kill -9 "$(moatd_pid)"
	exec 9>&-
	# Where it was between two requests it goes on with the next moatd, else it fails.
	wait "$copy" || true
	# A new moatd ends what the old one had left, and the container can be used.
	poll 20 is_state waits created
	[ "$(moat start -a waits)" = kept ]
	moat rm -f waits >/dev/null
}

@test "files: a copy that nobody reads any more ends in the guest too" {
	in_box 'dd if=/dev/zero of=/long bs=1M count=100 2>/dev/null'
	moat cp box:/long - | head -c 1000000 >/dev/null || true
	# The machine of a stopped container goes as soon as nothing works in it.
	moat create --name left "$BUSYBOX" true >/dev/null
	tar -cf - -C "$MOAT_BUILD" moatd | moat cp - left:/
	moat cp left:/moatd - | head -c 1000 >/dev/null || true
	moat start left
	moat rm -f left
	in_box 'rm /long'
}

@test "files: fifty copies at once" {
	local i
	for i in $(seq 50); do
		(
			echo "$i" >"n$i"
			moat cp "n$i" "box:/tmp/n$i" && moat cp "box:/tmp/n$i" "m$i"
		) &
	done
	wait
	for i in $(seq 50); do
		[ "$(cat "m$i")" = "$i" ]
	done
}

@test "cp: a mount that is only called dev is copied, the container's own /dev is not" {
	moat run -d --name devs --tmpfs /srv/dev "$BUSYBOX" sh -c 'echo here >/srv/dev/file; sleep 1000' >/dev/null
	poll 20 moat exec devs test -s /srv/dev/file
	moat cp devs:/srv - | tar tf - >"$BATS_TEST_TMPDIR/list"
	grep -q "srv/dev/file" "$BATS_TEST_TMPDIR/list"
	moat export devs | tar tf - >"$BATS_TEST_TMPDIR/all"
	! grep -q "^dev/null" "$BATS_TEST_TMPDIR/all"
	moat rm -f devs
}
