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

# layer_shows NAME COMMAND: of debugfs, for the container's layer.
layer_shows() {
	debugfs -R "$2" "$MOAT_ROOT/containers/$(id_of "$1")/rw.ext4" 2>/dev/null
}

# upper_of NAME: what the container's layer has in place of the image's.
upper_of() {
	layer_shows "$1" "ls -p /upper" | awk -F/ '$6 !~ /^\.?\.?$/ { print $6 } $6 == "." { seen = 1 } END { exit !seen }'
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

# work_mode NAME: of the folder that an overlay works in: 0755 is the host's, and 0000 one that the kernel made.
work_mode() {
	layer_shows "$1" "stat /work/work" | grep -oE 'Mode: +[0-7]+' | tail -c 5
}

@test "layer: the work folder that it comes with is used as it is, and made anew where something was left in it" {
	own_kernel || skip "this kernel is another's"
	moat run --name works "$BUSYBOX" sh -c 'rm /etc/passwd && mv /etc/group /etc/own && mkdir /new' >/dev/null
	poll no_machine works
	assert_equal "$(work_mode works)" 0755
	debugfs -w -R "write /etc/hostname /work/work/left" "$MOAT_ROOT/containers/$(id_of works)/rw.ext4" 2>/dev/null
	layer_shows works "ls -p /work/work" | grep -F left
	run ! moat start -a works
	poll no_machine works
	assert_equal "$(work_mode works)" 0000
	run ! grep -F left <<<"$(layer_shows works "ls -p /work/work")"
	moat rm works
}
