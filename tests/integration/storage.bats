#!/usr/bin/env bats
# The container's own layer: its size.

load lib

setup_file() {
	file_setup
	with_busybox
}

teardown_file() {
	file_teardown
}

@test "storage-opt: a size is what can be written to the container's own files, after a restart too" {
	run moat run --name small --storage-opt size=40m "$BUSYBOX" sh -c 'dd if=/dev/zero of=/file bs=1M count=64 2>&1; stat -c %s /file'
	assert_has "No space left on device"
	[ "$(tail -1 <<<"$output")" -ge $((39 << 20)) ]
	[ "$(tail -1 <<<"$output")" -le $((44 << 20)) ]
	run moat start -a small
	assert_has "No space left on device"
	run moat create --storage-opt size=1t "$BUSYBOX" true
	assert_error 1 "must be from 16 MiB to 64 GiB"
	run moat create --storage-opt colour=red "$BUSYBOX" true
	assert_error 1 "Unknown option colour"
}

# layer_kib NAME: what a container's own files take on the host.
layer_kib() {
	du -k "$MOAT_ROOT/containers/$(id_of "$1")/rw.ext4" | cut -f1
}

layer_is_below() {
	[ "$(layer_kib "$1")" -lt "$2" ]
}

@test "layer: what is deleted is given back to the host while the container runs" {
	moat run -d --name busy "$BUSYBOX" sleep 1000
	moat exec busy sh -c 'dd if=/dev/zero of=/file bs=1M count=200 2>/dev/null && sync'
	[ "$(layer_kib busy)" -gt 200000 ]
	moat exec busy sh -c 'rm /file && sync'
	poll layer_is_below busy 50000
	moat rm -f busy
}

# upper_of NAME: what the container's layer has in place of the image's.
upper_of() {
	debugfs -R "ls -p /upper" "$MOAT_ROOT/containers/$(id_of "$1")/rw.ext4" 2>/dev/null | cut -d/ -f6 | grep -vxE '\.{0,2}' || true
}

@test "layer: a container that writes nothing has nothing in it, even where its image has none of the places to mount on" {
	mkdir -p "$BATS_TEST_TMPDIR/root/bin"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/root/bin/sh"
	tar -C "$BATS_TEST_TMPDIR/root" -c . | moat image import - bare >/dev/null
	for image in "$BUSYBOX" bare; do
		run -0 moat run --name idle --hostname here "$image" sh -c 'cat /etc/hosts; cd /etc; stat -c "%n %F %a" hostname hosts resolv.conf'
		assert_has "	here"
		assert_has "resolv.conf regular file 644"
		poll no_machine idle
		assert_equal "$(upper_of idle)" ""
		assert_equal "$(moat diff idle)" ""
		run -0 moat start -a idle
		assert_has "	here"
		moat rm idle
	done
	moat run --name writes bare sh -c 'echo own >/etc/own' >/dev/null
	poll no_machine writes
	assert_equal "$(upper_of writes)" "etc"
	assert_equal "$(moat diff writes)" $'A /etc\nA /etc/own'
	moat rm writes
}
