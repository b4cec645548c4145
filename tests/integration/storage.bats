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
	moat start -a small | grep -q "No space left on device"
	run moat create --storage-opt size=1t "$BUSYBOX" true
	assert_error 1 "must be from 16 MiB to 16 GiB"
	run moat create --storage-opt colour=red "$BUSYBOX" true
	assert_error 1 "Unknown option colour"
}
