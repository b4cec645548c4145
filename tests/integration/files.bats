#!/usr/bin/env bats
# A container's files from outside: cp, export, diff, commit, by docker's command line and moat's.

load lib

setup_file() {
	file_setup
	with_busybox
	export DOCKER_HOST=unix://$SOCKET DOCKER_CONFIG=$SUITE/docker-config
	mkdir -p "$DOCKER_CONFIG"
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
