#!/usr/bin/env bats
# Folders of the host and volumes in containers that run.

load lib

setup_file() {
	file_setup
	export DOCKER_HOST=unix://$SOCKET DOCKER_CONFIG=$SUITE/docker-config
	with_busybox
	# An image with content where its volume is, owned by somebody.
	moat run --name base "$BUSYBOX" sh -c 'mkdir /data && echo image >/data/file && mkdir /data/sub && echo deep >/data/sub/deep &&
		ln -s file /data/link && chown -R 1000:100 /data && chmod 750 /data && chmod 640 /data/file' >/dev/null
	moat commit -c 'VOLUME /data' base with-volume >/dev/null
	moat rm base >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	HOST=$BATS_TEST_TMPDIR/host
	mkdir "$HOST"
}

teardown() {
	local left
	left=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$left" ] || moat rm -fv $left >/dev/null
	moat volume prune -af >/dev/null
}

data() {
	moat volume inspect -f '{{.Mountpoint}}' "$1"
}

@test "bind: what either side writes the other sees at once" {
	echo host >"$HOST/from-host"
	moat run -d --name box -v "$HOST:/data" "$BUSYBOX" sleep 1000
	assert_equal "$(moat exec box cat /data/from-host)" host
	moat exec box sh -c 'echo guest >/data/from-guest'
	assert_equal "$(cat "$HOST/from-guest")" guest
	echo later >"$HOST/later"
	assert_equal "$(moat exec box cat /data/later)" later
	moat exec box rm /data/from-host
	[ ! -e "$HOST/from-host" ]
}

# bats test_tags=kernel
@test "bind: large writes arrive whole, from several at once, appended, in odd pieces and past the cache" {
	head -c 20000003 /dev/urandom >"$HOST/random"
	moat run -d --name box -v "$HOST:/data" "$BUSYBOX" sleep 1000
	moat exec box sh -ec 'cd /data
		for bs in 1M 333333 64k 65537; do
			dd if=random of=by-$bs bs=$bs 2>/dev/null &
		done
		for i in 1 2; do
			dd if=random bs=1M count=4 oflag=append conv=notrunc of=appended 2>/dev/null &
		done
		dd if=random of=direct bs=1M count=8 oflag=direct 2>/dev/null &
		wait
		dd if=random of=by-1M bs=1M seek=3 count=2 conv=notrunc 2>/dev/null
		sync'
	for bs in 333333 64k 65537; do
		cmp "$HOST/random" "$HOST/by-$bs"
	done
	cmp <(head -c 3M "$HOST/random"; head -c 2M "$HOST/random"; tail -c +$(((5 << 20) + 1)) "$HOST/random") "$HOST/by-1M"
	cmp <(head -c 8M "$HOST/random") "$HOST/direct"
	# Each of what two appended is somewhere, and nothing else.
	assert_equal "$(stat -c %s "$HOST/appended")" $((8 << 20))
	python3 - "$HOST" <<-'END'
		import sys
		pieces = [open(sys.argv[1] + "/random", "rb").read(4 << 20)[i << 20:(i + 1) << 20] for i in range(4)] * 2
		appended = open(sys.argv[1] + "/appended", "rb").read()
		assert sorted(appended[i << 20:(i + 1) << 20] for i in range(8)) == sorted(pieces)
	END
	# What the guest has cached is the same.
	moat exec box sh -ec 'cd /data; cmp random by-64k; cmp random by-65537'
}

@test "bind: read-only is kept, on one file too; a missing folder is made for -v; two of one folder" {
	echo one >"$HOST/file"
	run moat run --rm -v "$HOST:/data:ro" "$BUSYBOX" sh -c 'cat /data/file; echo x >/data/new'
	assert_has one
	assert_has "Read-only file system"
	[ ! -e "$HOST/new" ]
	run moat run --rm --mount "type=bind,src=$HOST/file,dst=/etc/one,ro" "$BUSYBOX" sh -c 'cat /etc/one; echo x >/etc/one'
	assert_has one
	assert_has "Read-only file system"
	moat run --rm -v "$HOST/made/for/it:/made" "$BUSYBOX" touch /made/here
	[ -e "$HOST/made/for/it/here" ]
	assert_equal "$(moat run --rm -v "$HOST:/a" -v "$HOST:/b:ro" "$BUSYBOX" sh -c 'echo both >/a/both; cat /b/both')" both
}

# bats test_tags=kernel
@test "bind: what is to be new is made once, whoever made it, and what is there is known where nothing can be made" {
	local not='set -eC; not() { ! "$@" 2>/dev/null || exit 1; }; cd /data/sub'
	mkdir "$HOST/folder" "$HOST/sub"
	moat run -d --name box -v "$HOST:/data" -v "$HOST:/fixed:ro" "$BUSYBOX" sleep 1000
	moat exec box sh -c "$not"'
		mkdir folder; ln -s nowhere link; : >file; ln file name
		not mkdir folder; not ln -s nowhere link; not ln file name; not sh -Cc ": >file"
		ls >/dev/null'
	mkdir "$HOST/sub/of-host"
	touch "$HOST/sub/file-of-host"
	moat exec box sh -c "$not"'
		not mkdir of-host; not sh -Cc ": >file-of-host"; not ln -s nowhere file-of-host
		[ -d of-host ]; [ -f file-of-host ]; mkdir -p of-host/in/it'
	[ -d "$HOST/sub/of-host/in/it" ]
	rm "$HOST/sub/file" "$HOST/sub/file-of-host"
	moat exec box sh -c "$not"'; : >file; : >file-of-host'
	run moat exec box mkdir /fixed/folder
	assert_has "File exists"
	run moat exec box mkdir /fixed/other
	assert_has "Read-only"
	run moat exec box sh -Cc ': >/fixed/sub/file'
	assert_has "File exists"
	moat exec box sh -c "$not"'; chmod 700 .; rm -r /data/sub; mkdir /data/sub; : >/data/sub/file'
	assert_equal "$(ls "$HOST/sub")" file
}

@test "mounts are in each other in whatever order they are named, the deepest last; tmpfs among them" {
	mkdir "$HOST/outer" "$HOST/inner"
	echo outer >"$HOST/outer/name"
	echo inner >"$HOST/inner/name"
	run moat run --rm -v "$HOST/inner:/m/a/b" --tmpfs /m/a -v "$HOST/outer:/m" "$BUSYBOX" sh -c 'cat /m/name /m/a/b/name; stat -f -c %T /m/a'
	assert_equal "$output" $'outer\ninner\ntmpfs'
}

@test "a source that is gone is an error of the start, and of nothing else" {
	moat create --name box --mount "type=bind,src=$HOST,dst=/data" "$BUSYBOX" true
	rmdir "$HOST"
	run moat start box
	assert_error 1 "bind source path does not exist: $HOST"
	mkdir "$HOST"
	moat start -a box
}

@test "volume: what a container writes is there for the next, and on the host" {
	moat run --rm -v mine:/data "$BUSYBOX" sh -c 'echo kept >/data/file'
	assert_equal "$(moat run --rm -v mine:/other:ro "$BUSYBOX" cat /other/file)" kept
	assert_equal "$(cat "$(data mine)/file")" kept
	[ ! -e "$(data mine)/lost+found" ]
}

@test "volume: the image's content and owners are copied in where it is empty, once, and not with nocopy" {
	moat run --rm -v mine:/data with-volume sh -c 'stat -c "%u:%g %a" /data /data/file; cat /data/sub/deep; readlink /data/link; echo changed >/data/file; rm /data/link' >"$BATS_TEST_TMPDIR/out"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" $'1000:100 750\n1000:100 640\ndeep\nfile'
	assert_equal "$(moat run --rm -v mine:/data with-volume sh -c 'cat /data/file; ls /data')" $'changed\nfile\nsub'
	assert_equal "$(moat run --rm -v bare:/data:nocopy with-volume ls /data)" ""
	# One that nobody named has it, too, and goes with its container.
	assert_equal "$(moat run --rm with-volume cat /data/file)" image
	poll only_named
	echo own >"$(data bare)/own"
	assert_equal "$(moat run --rm -v bare:/data with-volume ls /data)" own
	# A copy that finds nothing there has filled it: another image adds nothing.
	moat create --name box -v looked:/data with-volume true
	run moat cp box:/none -
	assert_error 1 "Could not find the file /none in container box"
	tar -c -C "$BATS_TEST_TMPDIR" out >"$BATS_TEST_TMPDIR/archive"
	run moat cp - box:/none <"$BATS_TEST_TMPDIR/archive"
	assert_error 1 "/none"
	moat run --rm -v looked:/bin "$BUSYBOX" true || true
	assert_equal "$(moat run --rm -v looked:/data with-volume ls /data | tr '\n' ' ')" "file link sub "
}

only_named() {
	[ "$(moat volume ls -q | wc -l)" -eq 2 ]
}

@test "volume: two containers that start at once on an empty one: both see the whole content" {
	local i
	for i in 1 2 3; do
		moat create --name "at$i" -v shared:/data with-volume sh -c 'cat /data/file /data/sub/deep'
	done
	for i in 1 2 3; do
		moat start -a "at$i" >"$BATS_TEST_TMPDIR/$i" &
	done
	wait
	for i in 1 2 3; do
		assert_equal "$(cat "$BATS_TEST_TMPDIR/$i")" $'image\ndeep'
	done
}

@test "volume: containers write one at the same time" {
	moat run -d --name first -v shared:/data "$BUSYBOX" sleep 1000
	moat run -d --name second -v shared:/data "$BUSYBOX" sleep 1000
	moat exec first sh -c 'echo first >/data/first'
	assert_equal "$(moat exec second cat /data/first)" first
	moat exec second mv /data/first /data/moved
	assert_equal "$(moat exec first cat /data/moved)" first
}

@test "volume: a subpath, which links do not lead out of" {
	moat run --rm -v mine:/data "$BUSYBOX" sh -c 'mkdir -p /data/a/b && echo deep >/data/a/b/file && ln -s /a/b /data/in && ln -s ../../../.. /data/out'
	assert_equal "$(moat run --rm --mount type=volume,src=mine,dst=/d,volume-subpath=a/b "$BUSYBOX" cat /d/file)" deep
	assert_equal "$(moat run --rm --mount type=volume,src=mine,dst=/d,volume-subpath=in "$BUSYBOX" cat /d/file)" deep
	assert_equal "$(moat run --rm --mount type=volume,src=mine,dst=/d,volume-subpath=out "$BUSYBOX" sh -c 'ls /d | head -1')" a
	run moat run --rm --mount type=volume,src=mine,dst=/d,volume-subpath=nosuch "$BUSYBOX" true
	assert_error 125 'its subpath "nosuch": No such file or directory'
}

# bats test_tags=kernel
@test "cp: a container that does not run has its mounts; diff, export and commit are without them" {
	cd "$BATS_TEST_TMPDIR"
	mkdir "$HOST/ro"
	echo host | tee "$HOST/file" >"$HOST/ro/file"
	echo new >new
	mkdir -p bind/ro && echo across >bind/across && cp bind/across bind/ro
	make_box with-volume sh -c 'cat /data/file /data/sub/deep /data/new /bind/new'
	# A volume has what the image has from the first look at it.
	assert_equal "$(moat cp box:/data/sub/deep - | tar -xO)" deep
	assert_equal "$(stat -c %u:%g "$(data mine)/file")" 1000:100
	moat cp new box:/data/
	assert_equal "$(cat "$(data mine)/new")" new
	moat cp new box:/bind/new
	assert_equal "$(cat "$HOST/new")" new
	assert_equal "$(moat cp box:/etc/one - | tar -xO)" host
	assert_equal "$(moat cp box:/bind/ro/file - | tar -xO)" host
	# Each part of an archive goes where the container would have it.
	tar -c bind/across | moat cp - box:/
	assert_equal "$(cat "$HOST/across")" across
	run moat cp new box:/bind/ro/
	assert_error 1 "mounted volume is marked read-only"
	tar -c bind/ro/across >archive
	run moat cp - box:/bind <archive
	assert_status 0
	run moat cp - box:/ <archive
	assert_error 1 "Read-only file system"
	[ ! -e "$HOST/ro/across" ]
	moat export box | tar -t >names
	run ! grep -q 'data/new\|bind/new' names
	assert_equal "$(moat start -a box)" $'image\ndeep\nnew\nnew'
	moat rm box
	# What is gone is an error of who wants it.
	make_box --read-only with-volume true
	moat cp new box:/data/later
	run moat cp new box:/etc/
	assert_error 1 "container rootfs is marked read-only"
	mv "$HOST/file" "$HOST/other"
	poll no_machine box
	run moat cp new box:/data/
	assert_error 1 "bind source path does not exist: $HOST/file"
	assert_equal "$(moat diff box)" ""
	moat commit box committed >/dev/null
	assert_equal "$(moat run --rm --entrypoint /bin/ls committed /data | tr '\n' ' ')" "file link sub "
	poll no_server
}

make_box() {
	moat create --name box -v mine:/data -v "$HOST:/bind" -v "$HOST/ro:/bind/ro:ro" --mount "type=bind,src=$HOST/file,dst=/etc/one" "$@"
}

@test "volume: events of mounting" {
	local since
	since=$(date +%s.%N)
	moat run --name box -v mine:/data "$BUSYBOX" sh -c 'echo one >/data/file'
	poll unmounted "$since"
	run moat events --since "$since" --until "$(date +%s.%N)" --filter type=volume --format '{{.Action}} {{.Actor.ID}}'
	assert_equal "$output" $'create mine\nmount mine\nunmount mine'
}

unmounted() {
	moat events --since "$1" --until "$(date +%s.%N)" --filter event=unmount | grep -q unmount
}

@test "mounts: a moatd that is killed leaves containers their files, and the next knows them" {
	moat run -d --name box -v mine:/data -v "$HOST:/host" "$BUSYBOX" sleep 1000
	kill_moatd
	moat exec box sh -c 'echo after >/data/after; echo after >/host/after'
	assert_equal "$(cat "$HOST/after")" after
	run moat volume rm mine
	assert_error 1 "volume is in use - [box ("
	moat restart -t 0 box
	assert_equal "$(moat exec box cat /data/after)" after
}

@test "mounts: no file server is left when its container has ended" {
	moat run --rm -v "$HOST:/host" "$BUSYBOX" true
	poll no_server
}

no_server() {
	! pgrep -P "$(moatd_pid)" moat-fs
}

@test "volume: docker's client and docker-compose use them" {
	assert_equal "$(docker run --rm -v theirs:/data "$BUSYBOX" sh -c 'echo docker >/data/file; cat /data/file')" docker
	mkdir "$BATS_TEST_TMPDIR/project"
	cat >"$BATS_TEST_TMPDIR/project/docker-compose.yml" <<-YML
		version: "3.7"
		services:
		  writer:
		    image: $BUSYBOX
		    network_mode: none
		    command: sh -c 'echo composed >/data/file; cat /host/name'
		    volumes:
		      - data:/data
		      - ./files:/host:ro
		      - /scratch
		volumes:
		  data:
		    labels: {made: by-compose}
	YML
	mkdir "$BATS_TEST_TMPDIR/project/files"
	echo name >"$BATS_TEST_TMPDIR/project/files/name"
	cd "$BATS_TEST_TMPDIR/project"
	docker-compose up
	assert_equal "$(docker-compose logs --no-color | grep -c '| name')" 1
	assert_equal "$(cat "$(data project_data)/file")" composed
	docker-compose up
	docker-compose down -v
	! moat volume inspect project_data
}
