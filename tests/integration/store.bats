#!/usr/bin/env bats
# What the store keeps: that it is what it was, what it takes, and what goes from it.

load lib

setup_file() {
	file_setup
	start_moatd
	export IMAGES=$MOAT_ROOT/images RICH=$REGISTRY/test/rich:latest
}

teardown_file() {
	file_teardown
}

# blob IMAGE FILTER: the file of the blob whose digest FILTER finds in the manifest.
blob() {
	local manifest
	manifest=$(basename "$(rootfs_of "$1")" .erofs)
	echo "$IMAGES/blobs/sha256/$(jq -r "$2" "$IMAGES/blobs/sha256/$manifest" | cut -d: -f2)"
}

# damage FILE: one byte in its middle is another one.
damage() {
	python3 - "$1" <<-'PY'
		import os, sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(os.fstat(f.fileno()).st_size // 2)
		    byte = f.read(1)[0]
		    f.seek(-1, 1)
		    f.write(bytes([byte ^ 255]))
	PY
}

# noted IMAGE: what its file holds is noted.
noted() {
	poll test -e "$IMAGES/sums/$(basename "$(rootfs_of "$1")" .erofs)"
}

@test "verify: a layer, a config and a file that are damaged are said, and come again with the next pull" {
	local layer config rootfs sum
	moat pull -q "$RICH"
	noted "$RICH"
	run moat image verify "$RICH"
	assert_status 0
	assert_has "$RICH: 6 blobs"
	layer=$(blob "$RICH" '.layers[1].digest') config=$(blob "$RICH" .config.digest) rootfs=$(rootfs_of "$RICH")
	sum=$(sha256sum <"$layer")
	damage "$layer"
	run moat image verify
	assert_error 1 "${layer##*/} is damaged" "moat pull"
	run moat image verify "$RICH"
	assert_error 1 "${layer##*/} is missing"
	damage "$config"
	moat pull -q "$RICH"
	assert_equal "$(sha256sum <"$layer")" "$sum"
	moat image verify "$RICH"
	dd if=/dev/zero of="$rootfs" bs=4096 seek=3 count=1 conv=notrunc status=none
	run moat image verify "$RICH"
	assert_status 0
	assert_has "unpacked is damaged; it was unpacked again"
	fsck.erofs "$rootfs"
	noted "$RICH"
	moat image verify "$RICH"
}

@test "verify: what is missing comes with the next pull, of the image or of one that shares a layer" {
	local layer rootfs
	moat pull -q "$RICH"
	layer=$(blob "$RICH" '.layers[0].digest') rootfs=$(rootfs_of "$RICH")
	rm "$rootfs"
	run moat pull "$RICH"
	assert_status 0
	fsck.erofs "$rootfs"
	rm "$layer"
	moat pull -q "$RICH"
	moat image verify "$RICH"
	skopeo --insecure-policy copy -q --src-tls-verify=false --dest-tls-verify=false "docker://$RICH" "docker://$REGISTRY/test/again:latest"
	moat image rm "$RICH"
	moat pull -q "$RICH"
	layer=$(blob "$RICH" '.layers[0].digest')
	rm "$rootfs"
	damage "$layer"
	moat pull -q "$REGISTRY/test/again"
	moat image verify
	moat image rm "$RICH" "$REGISTRY/test/again"
}

@test "save: what lacks a layer, or has a damaged one, is an error and no archive, and what is cut off fails" {
	local layer out=$BATS_TEST_TMPDIR/out code
	moat pull -q "$RICH"
	layer=$(blob "$RICH" '.layers[1].digest')
	damage "$layer"
	run moat image save -o "$out" "$RICH"
	assert_error 1 "${layer##*/} was damaged" "image verify"
	run moat image save -o "$out" "$RICH"
	assert_error 1 "${layer##*/} is missing"
	[ -z "$(find "$BATS_TEST_TMPDIR" -name 'out*')" ]
	run ! sh -c '"$MOAT_BUILD/moat" image save "$RICH" >"$1" 2>/dev/null' sh "$out"
	[ ! -s "$out" ]
	moat pull -q "$RICH"
	mkdir "$BATS_TEST_TMPDIR/root"
	head -c 8000000 /dev/urandom >"$BATS_TEST_TMPDIR/root/data"
	tar -C "$BATS_TEST_TMPDIR/root" -c . | moat image import - large
	code=0
	(set -o pipefail; moat image save large "$RICH" 2>"$out" | { head -c 100000 >/dev/null; rm "$layer"; cat >/dev/null; }) || code=$?
	assert_equal "$code" 1
	[ -s "$out" ]
	moat pull -q "$RICH"
	moat image rm large
}

@test "verify: an image that lacks a layer runs, also after a restart of moatd" {
	local layer
	moat pull -q "$BUSYBOX"
	layer=$(blob "$BUSYBOX" '.layers[0].digest')
	rm "$layer"
	kill_moatd
	run moat run --rm --pull never --network none "$BUSYBOX" echo runs
	assert_status 0
	assert_has runs
	run moat image verify "$BUSYBOX"
	assert_error 1 "${layer##*/} is missing"
	moat pull -q "$BUSYBOX"
	moat image verify "$BUSYBOX"
	# A file that is lost is made again for every start, and where that cannot be it is said.
	moat run -d --name again --network none "$BUSYBOX" sleep 1000
	rm "$(rootfs_of "$BUSYBOX")"
	moat restart -t 0 again
	moat exec again true
	fsck.erofs "$(rootfs_of "$BUSYBOX")"
	moat stop -t 0 again
	rm "$(rootfs_of "$BUSYBOX")" "$layer"
	run moat restart again
	assert_error 1 "cannot be made anew" "open layer sha256:"
	moat rm again
	moat pull -q "$BUSYBOX"
}

@test "verify: an image that is not there" {
	run moat image verify nosuch
	assert_error 1 "No such image"
}

# usage: the answer of system df -v, once no file is on its way to the store any more.
usage() {
	noted "$RICH"
	noted "$REGISTRY/test/again"
	moat system df -v --format json
}

@test "df: the store's size is what du says, shared blobs count once, and prune gives back what it says" {
	local size freed
	moat pull -q -a "$REGISTRY/test/multi:latest"
	moat pull -q "$RICH"
	moat create --name same --network none "$RICH" true
	moat commit same "$REGISTRY/test/again" >/dev/null
	moat rm same
	usage >"$BATS_TEST_TMPDIR/usage"
	size=$(jq .LayersSize "$BATS_TEST_TMPDIR/usage")
	assert_equal "$size" "$(du -s --block-size=1 "$IMAGES" | cut -f1)"
	jq -e '[.Images[] | select(.SharedSize > 500000)] | length >= 3' "$BATS_TEST_TMPDIR/usage"
	jq -e '.LayersSize < ([.Images[].Size] | add)' "$BATS_TEST_TMPDIR/usage"
	run moat system df -v
	assert_has "SHARED SIZE"
	assert_has "UNIQUE SIZE"
	run moat image ls --sizes --format '{{.SharedSize}} {{.UniqueSize}}' "$RICH"
	[[ $output != *N/A* && $output != 0B* ]]
	moat image prune -af --filter until=2000-01-01T00:00:00Z
	moat image inspect "$RICH" >/dev/null
	moat image rm "$REGISTRY/test/multi:latest"
	size=$(jq .LayersSize <<<"$(usage)")
	freed=$(curl -sS --unix-socket "$SOCKET" -X POST -G http://moat/v1.47/images/prune --data-urlencode 'filters={"dangling":["false"]}' | jq .SpaceReclaimed)
	assert_equal "$(moat system df -v --format json | jq .LayersSize)" $((size - freed))
	[ "$freed" -gt 1000000 ]
	[ -z "$(ls "$IMAGES/blobs/sha256" "$IMAGES/rootfs" "$IMAGES/sums" | grep -v :)" ]
}

@test "image ls: --tree shows platforms and layers, --digests and filters what they say" {
	local name=$REGISTRY/test/multi:latest
	moat pull -q -a "$name"
	moat pull -q "$RICH"
	run moat image ls --tree
	assert_status 0
	assert_has "$name"
	assert_has "─ linux/amd64"
	assert_has "linux/arm64"
	assert_has "$(jq -r '.layers[0].digest' "$IMAGES/blobs/sha256/$(basename "$(rootfs_of "$RICH")" .erofs)" | cut -c1-19)"
	run moat image ls --digests --filter "since=$name" --filter dangling=false
	assert_status 0
	run moat image ls --tree --filter "reference=$RICH"
	[[ $output != *"$name"* ]]
	moat image rm "$name" "$RICH"
}

@test "limits: those of the settings count, and the message names the one that an image is past" {
	local limit
	kill_moatd
	export MOAT_CONFIG=$SUITE/limits.json
	echo '{}' >"$MOAT_CONFIG"
	moat pull -q "$RICH"
	run -0 moat image prune -af
	assert_has "deleted: sha256:" "Total reclaimed space: "
	[[ $output != *"space: 0B"* ]]
	for limit in '"entries": 100' '"memory": 1000' '"bytes": "1m"'; do
		echo "{\"image-limits\": {$limit}}" >"$MOAT_CONFIG"
		run moat pull "$RICH"
		assert_error 1 "image-limits" "${limit%%:*}"
		[ -z "$(ls "$IMAGES/rootfs" "$IMAGES/tmp" | grep -v :)" ]
	done
	echo '{"image-limits": {"entries": 5000, "bytes": "1g"}}' >"$MOAT_CONFIG"
	moat pull -q "$RICH"
	moat image rm "$RICH"
	echo '{}' >"$MOAT_CONFIG"
}

@test "gc: pulls, prunes and kills at the same time leave whole images, and nothing else" {
	local i pid name=$REGISTRY/test/multi:latest again=$REGISTRY/test/again:latest
	skopeo --insecure-policy copy -q --src-tls-verify=false --dest-tls-verify=false "docker://$RICH" "docker://$again"
	for i in 1 2 3 4 5 6; do moat image prune -af >/dev/null; done &
	for i in 1 2 3; do
		moat pull -q "$RICH" &
		pid=$!
		moat pull -q "$again"
		moat image rm "$again" || true
		wait "$pid"
	done
	wait
	for i in 1 2 3; do
		moat pull -q "$RICH" >/dev/null 2>&1 &
		sleep "0.0$((i * 2))"
		kill_moatd
		wait
		moat image rm "$RICH" >/dev/null 2>&1 || true
	done
	moat pull -q "$RICH"
	moat image verify "$RICH"
	moat image prune -af
	[ -z "$(ls "$IMAGES/blobs/sha256" "$IMAGES/rootfs" "$IMAGES/sums" "$IMAGES/tmp" "$IMAGES/partial" | grep -v :)" ]
}

@test "store: skopeo and umoci read it as an OCI layout, also what had docker's media types" {
	local name
	moat pull -q "$REGISTRY/test/schema2:latest"
	moat pull -q -a "$REGISTRY/test/multi:latest"
	for name in schema2 multi; do
		name=$REGISTRY/test/$name:latest
		assert_equal "$(skopeo inspect "oci:$IMAGES:$name" | jq -r .Os)" linux
		skopeo --insecure-policy copy -q "oci:$IMAGES:$name" "oci:$BATS_TEST_TMPDIR/copy:x"
		umoci stat --image "$BATS_TEST_TMPDIR/copy:x" >/dev/null
	done
	run -0 umoci ls --layout "$IMAGES"
	assert_has "$REGISTRY/test/schema2:latest" "$name"
	umoci unpack --image "$IMAGES:$REGISTRY/test/schema2:latest" "$BATS_TEST_TMPDIR/unpacked"
	[ -x "$BATS_TEST_TMPDIR/unpacked/rootfs/bin/busybox" ]
	for name in $(jq -r '.. | .mediaType? // empty' "$IMAGES"/index.json); do
		[[ $name == application/vnd.oci.* ]]
	done
}
