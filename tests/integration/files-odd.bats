#!/usr/bin/env bats
# A container's files where they are not what they seem: made up by the kernel, replaced, or just going away.

load lib

setup_file() {
	file_setup
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
	moat run -d --name box --privileged "$BUSYBOX" sleep 1000 >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

docker() {
	timeout --foreground -k 5 "$LIMIT" docker "$@"
}

have_docker() {
	command -v docker >/dev/null || skip "the docker command line is not installed"
}

@test "diff, commit, export: what was in a folder that was made anew is gone, however deep" {
	moat run --name base "$BUSYBOX" sh -c 'mkdir -p /dir1/sub/deep /dir2/kept /dir3; touch /dir1/gone /dir1/sub/foo \
		/dir1/sub/deep/x /dir1/same /dir2/kept/a; echo old >/dir3/f'
	moat commit base made:nested >/dev/null
	moat run --name anew made:nested sh -c 'rm -r /dir1; mkdir -p /dir1/sub; touch /dir1/vis; touch /dir1/same
		mv /dir2/kept /dir2/moved; mkdir -p /dir2/kept/in
		rm -r /dir3; mkdir -p /new/dir3; mv /new/dir3 /dir3; rmdir /new'
	run moat diff anew
	assert_equal "$output" "C /dir1
D /dir1/gone
C /dir1/same
C /dir1/sub
D /dir1/sub/deep
D /dir1/sub/foo
A /dir1/vis
C /dir2
C /dir2/kept
D /dir2/kept/a
A /dir2/kept/in
A /dir2/moved
A /dir2/moved/a
C /dir3
D /dir3/f"
	moat commit anew made:anew >/dev/null
	moat export anew | tar -tf - | grep '^dir' | sed 's,/$,,' | sort >exported
	moat run --rm made:anew find dir1 dir2 dir3 | sort >committed
	printf '%s\n' dir1 dir1/same dir1/sub dir1/vis dir2 dir2/kept dir2/kept/in dir2/moved dir2/moved/a dir3 >right
	diff right exported
	diff right committed
	# In the layer one mark hides all that the image has below, and comes before what is new there.
	skopeo --insecure-policy copy -q "oci:$MOAT_ROOT/images:$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' \
		"$MOAT_ROOT/images/index.json" | grep made:anew)" dir:layers
	tar -tf "layers/$(jq -r '.layers[-1].digest[7:]' layers/manifest.json)" | grep '^dir1/' >layer
	assert_equal "$(cat layer)" "dir1/
dir1/.wh..wh..opq
dir1/same
dir1/sub/
dir1/vis"
	moat rm base anew >/dev/null
}

@test "cp: files of /proc and /sys come with their content, or a reason" {
	have_docker
	in_box() { moat exec box cat "$1"; }
	for file in /proc/version /sys/class/net/lo/address /sys/fs/cgroup/cgroup.controllers /proc/sys/kernel/ostype; do
		for client in moat docker; do
			$client cp "box:$file" "$client"
			assert_equal "$(cat "$client")" "$(in_box "$file")"
			$client cp "box:$file" - | tar -xOf - | cmp - "$client"
		done
		rm moat docker
	done
	# Not to be read, without an end, and with nothing to say at the moment.
	for file in /proc/sys/vm/compact_memory /proc/kcore /proc/kmsg; do
		for client in moat docker; do
			run "$client" cp "box:$file" here
			assert_error 1 "$file"
			[ ! -e here ]
		done
	done
	# Of a folder, what can be read.
	moat cp box:/proc/sys/vm .
	[ -s vm/swappiness ]
	[ ! -e vm/compact_memory ]
	moat cp box:/sys/class/net/lo/ net
	assert_equal "$(cat net/operstate)" "$(in_box /sys/class/net/lo/operstate)"
	docker cp box:/sys/kernel - >kernel.tar
	tar -tf kernel.tar | grep -qx kernel/uevent_seqnum
	# The other way, this host's.
	moat cp /proc/version box:/tmp/
	assert_equal "$(in_box /tmp/version)" "$(cat /proc/version)"
	run moat cp /proc/sys/vm/compact_memory box:/tmp/
	assert_error 1 "compact_memory"
}

@test "cp: a destination that is a link to nowhere says so" {
	have_docker
	echo a >a
	moat exec box sh -c 'ln -s /nowhere /link; ln -s /loop /loop; ln -s /etc/passwd /file'
	for name in link loop file; do
		run moat cp a "box:/$name/"
		assert_error 1 "/$name/"
		[[ $output != *"status "* ]]
		run docker cp a "box:/$name/"
		assert_error 1 " directory"
	done
}

# begin COMMAND…: let it write, and take the first of it; finish, for the rest
begin() {
	mkfifo stream
	moat "$@" >stream &
	COPY=$!
	exec 8<stream
	dd bs=1000 count=1000 iflag=fullblock status=none <&8 >part
}

finish() {
	cat <&8 >>part
	exec 8<&-
	rm stream
	wait "$COPY"
}

@test "export, cp: a container that ends meanwhile is copied to its end" {
	local sum
	moat run -d --name ends "$BUSYBOX" sh -c '[ -e /big ] || head -c 8000000 /dev/urandom >/big; touch /done; exec sleep 1000' >/dev/null
	poll moat exec ends test -e /done
	sum=$(moat exec ends sha256sum /big | cut -c1-64)
	begin export ends
	moat stop -t 0 ends >/dev/null
	finish
	assert_equal "$(tar -xOf part big | sha256sum | cut -c1-64)" "$sum"
	tar -tf part | grep -qx usr/ || tar -tf part | grep -qx etc/passwd
	moat start ends >/dev/null
	begin cp ends:/big -
	moat kill ends >/dev/null
	finish
	assert_equal "$(tar -xOf part | sha256sum | cut -c1-64)" "$sum"
	# One whose files become others meanwhile does not give an archive of both.
	moat start ends >/dev/null
	begin export ends
	moat exec ends sh -c 'echo x | dd of=/big bs=1 conv=notrunc 2>/dev/null; sync'
	moat stop -t 0 ends >/dev/null
	run finish
	[ "$status" -ne 0 ]
	# Nor is a restart held up.
	moat start ends >/dev/null
	begin export ends
	moat restart -t 0 ends >/dev/null
	run finish
	[ "$status" -ne 0 ]
	is_state ends running
	moat rm -f ends >/dev/null
}

@test "diff, commit, export: of a container that is just ending" {
	local i
	for i in 1 2 3 4 5 6; do
		moat run -d --name "brief$i" "$BUSYBOX" sh -c 'echo x >/f; sleep 0.0'"$i" >/dev/null
		moat export "brief$i" | tar -tf - | grep -qx etc/passwd
		moat start "brief$i" >/dev/null
		moat diff "brief$i" | grep -q f
		moat start "brief$i" >/dev/null
		moat commit "brief$i" made:brief >/dev/null
		moat rm -f "brief$i" >/dev/null
	done
}
