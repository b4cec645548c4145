#!/usr/bin/env bats
# cp into and out of containers, by docker's command line, moat's, and the API's archives.

load lib
load files

setup_file() {
	files_setup
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

@test "cp: a mount that is only called dev is copied, the container's own /dev is not" {
	moat run -d --name devs --tmpfs /srv/dev "$BUSYBOX" sh -c 'echo here >/srv/dev/file; sleep 1000' >/dev/null
	poll moat exec devs test -s /srv/dev/file
	moat cp devs:/srv - | tar tf - >"$BATS_TEST_TMPDIR/list"
	grep -q "srv/dev/file" "$BATS_TEST_TMPDIR/list"
	moat export devs | tar tf - >"$BATS_TEST_TMPDIR/all"
	! grep -q "^dev/null" "$BATS_TEST_TMPDIR/all"
	moat rm -f devs
}
