#!/usr/bin/env bats
# Layers whose archives are hostile or broken, loaded as OCI archives.

load lib

setup_file() {
	file_setup
	start_moatd
}

teardown_file() {
	file_teardown
}

load_bad() {
	archive "$SUITE/images/bad/$1" >"$BATS_TEST_TMPDIR/$1.tar"
	run moat image load -i "$BATS_TEST_TMPDIR/$1.tar"
}

# refused NAME TEXT…
refused() {
	local name=$1
	shift
	load_bad "$name"
	assert_error 1 "$@"
	untouched
	assert_equal "$(moat image ls -q)" ""
	assert_equal "$(find "$MOAT_ROOT/images/tmp" "$MOAT_ROOT/images/rootfs" -type f)" ""
}

# Nothing was made outside of the image's root.
untouched() {
	assert_equal "$(find "$SUITE/images/outside" -mindepth 1)" ""
	[ ! -e "$MOAT_ROOT/evil" ] && [ ! -e "$MOAT_ROOT/images/evil" ] && [ ! -e /evil ]
}

# contained NAME: docker takes such names inside the root; whichever way moat decides, nothing gets out.
contained() {
	load_bad "$1"
	untouched
	if [ "$status" -eq 0 ]; then
		fsck.erofs "$(find "$MOAT_ROOT/images/rootfs" -name '*.erofs')"
		moat image rm "$(moat image ls -q)"
	else
		assert_error 1
	fi
}

@test "layers: an entry ../evil is refused" {
	refused dotdot ..
}

@test "layers: an entry a/b/../../../evil is refused" {
	refused dotdot-inside ..
}

@test "layers: a folder entry .. is refused" {
	refused dotdot-folder ..
}

@test "layers: a hardlink to ../../etc/passwd is refused" {
	refused hardlink-dotdot stolen
}

@test "layers: a hardlink to an absolute name that the image does not have is refused" {
	refused hardlink-outside stolen
}

@test "layers: a hardlink through a symlink that leads out is refused" {
	refused hardlink-symlink stolen
}

@test "layers: a whiteout of .. is refused" {
	refused whiteout-dotdot
}

@test "layers: an absolute name stays inside the root" {
	contained contained-absolute
}

@test "layers: a file behind a symlink that leads out stays inside the root" {
	contained contained-symlink
	contained contained-symlink-layers
	contained contained-symlink-up
}

@test "layers: a gzip stream that ends early is refused" {
	refused truncated-gzip
}

@test "layers: a tar that ends early is refused" {
	refused truncated-tar
}

@test "layers: a zstd stream that ends early is refused" {
	refused truncated-zstd
}

@test "layers: a damaged gzip stream is refused" {
	refused corrupt-gzip
}

@test "layers: something that is no archive is refused" {
	refused garbage
}

@test "layers: a layer that does not match its diff_id is refused" {
	refused wrong-diffid
}

@test "layers: a layer of 2 MiB that unpacks to 2 GiB is refused as a bomb" {
	refused bomb
}

@test "layers: a path 10,000 deep, megabytes of attributes and a size that cannot be are refused" {
	refused deep "longer than"
	refused xattr-bomb
	refused xattr-count "more than 1024 extended attributes"
	refused huge
}

@test "layers: names with newlines and no UTF-8, duplicates, devices, setuid, deep folders: as they are" {
	local erofs name
	load_bad odd
	assert_status 0
	untouched
	erofs=$(find "$MOAT_ROOT/images/rootfs" -name '*.erofs')
	fsck.erofs "$erofs"
	for name in $'new\nline' $'no utf-8 \xff\xfe' "$(printf 'n%.0s' {1..255})" both fifo null "$(printf 'd/%.0s' {1..100})deep"; do
		dump.erofs --path="/$name" "$erofs" | grep -q "^Size:"
	done
	! dump.erofs --path=/twice "$erofs" 2>&1 | grep -q "^Size: [1-9]"
	moat image rm "$(moat image ls -q)"
}

@test "layers: a whole tree with whiteouts, links, owners, devices and capabilities passes fsck.erofs" {
	local erofs
	moat pull -q "$REGISTRY/test/rich:latest"
	erofs=$(find "$MOAT_ROOT/images/rootfs" -name '*.erofs')
	fsck.erofs "$erofs"
	! dump.erofs --path=/data/opaque/old "$erofs"
	dump.erofs --path=/data/opaque/new "$erofs"
	moat image rm "$REGISTRY/test/rich:latest"
}
