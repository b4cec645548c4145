#!/usr/bin/env bats
# Images on disk: ls, inspect, tag, rm, load, import, and what other tools see of the store.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

@test "image ls: names, tags, ids; -q only ids; --format takes json" {
	run moat image ls
	assert_status 0
	assert_has REPOSITORY
	assert_has "${BUSYBOX%:*}"
	run moat image ls -q
	[[ ${lines[0]} =~ ^[0-9a-f]{12}$ || ${lines[0]} =~ ^sha256:[0-9a-f]{64}$ ]]
}

@test "image ls, history, system df: an image without a date has none, its layers have their sizes" {
	local image=$REGISTRY/test/undated:latest size total
	moat pull -q "$image"
	assert_equal "$(moat image ls --format '{{.CreatedSince}}' "$image")" N/A
	assert_equal "$(moat history --format '{{.Size}}' "$image" | head -1)" 3.5kB
	size=$(moat history -H=false --format '{{.Size}}' "$image" | tail -1)
	[ "$size" -gt 500000 ]
	# docker's client shows the one, moat the other.
	moat system df -v --format json >"$BATS_TEST_TMPDIR/usage"
	assert_equal "$(docker -H "unix://$SOCKET" images --format '{{.CreatedSince}}' "$image")" ""
	moat image rm "$image"
}

@test "image inspect: config of the image, in docker's words" {
	moat pull -q "$REGISTRY/test/configured:latest"
	run --separate-stderr moat image inspect "$REGISTRY/test/configured:latest"
	assert_status 0
	assert_equal "$(jq -r '.[0].Config.Entrypoint | join(" ")' <<<"$output")" "/bin/show entry"
	assert_equal "$(jq -r '.[0].Config.User' <<<"$output")" alice
	assert_equal "$(jq -r '.[0].Config.Labels["org.example.label"]' <<<"$output")" value
	assert_equal "$(jq -r '.[0].Os' <<<"$output")" linux
	assert_has "$(jq -r '.[0].RepoTags[0]' <<<"$output")"
}

@test "image inspect: an unknown image is an error" {
	run moat image inspect nosuch:image
	assert_error 1 "nosuch:image"
}

@test "image tag: a second name for the same image" {
	moat image tag "$BUSYBOX" example/second:v1
	assert_equal "$(moat image inspect example/second:v1 | jq -r '.[0].Id')" \
		"$(moat image inspect "$BUSYBOX" | jq -r '.[0].Id')"
	moat image rm example/second:v1
	moat image inspect "$BUSYBOX" >/dev/null
}

@test "image tag: an unknown source or an invalid target is an error" {
	run moat image tag nosuch:image other:name
	assert_error 1 nosuch:image
	run moat image tag "$BUSYBOX" "Not/Valid"
	[ "$status" -ne 0 ]
}

@test "image rm: the last name takes blobs and rootfs along, and nothing of other images" {
	local erofs
	moat pull -q "$REGISTRY/test/rich:latest"
	erofs=$(rootfs_of "$REGISTRY/test/rich:latest")
	run moat image rm "$REGISTRY/test/rich:latest"
	assert_status 0
	[ ! -e "$erofs" ]
	moat image inspect "$BUSYBOX" >/dev/null
	fsck.erofs "$(rootfs_of "$BUSYBOX")"
}

@test "image rm: an unknown image is an error" {
	run moat image rm nosuch:image
	assert_error 1 nosuch:image
}

@test "image rm: an image that a container uses stays" {
	moat create --name user-of-it "$BUSYBOX" true
	run moat image rm "$BUSYBOX"
	[ "$status" -ne 0 ]
	moat image inspect "$BUSYBOX" >/dev/null
	moat rm user-of-it
}

@test "image rm -f: takes the name of an image that a created container uses, which goes on working" {
	local image=$REGISTRY/test/configured:latest erofs
	moat pull -q "$image"
	erofs=$(rootfs_of "$image")
	moat create --name still-works "$image" >/dev/null
	run moat image rm "$image"
	assert_error 1 "must force"
	run moat image rm -f "$image"
	assert_status 0
	assert_has "Untagged: $image"
	[[ $output != *Deleted* ]]
	run moat image inspect "$image"
	assert_error 1 "$image"
	moat image prune -af
	with_busybox
	run moat start -a still-works
	assert_status 0
	assert_has "args=entry default words"
	moat rm still-works
	moat image prune -f
	[ ! -e "$erofs" ]
}

@test "image load: an OCI archive, from a file and from standard input" {
	archive "$SUITE/images/good/zstd" >"$BATS_TEST_TMPDIR/oci.tar"
	run moat image load -i "$BATS_TEST_TMPDIR/oci.tar"
	assert_status 0
	assert_has "Loaded image"
	run bash -c '"$MOAT_BUILD/moat" image load <"$1"' - "$BATS_TEST_TMPDIR/oci.tar"
	assert_status 0
}

@test "image load: a docker archive keeps its name" {
	skopeo --insecure-policy copy -q "oci:$SUITE/images/good/busybox:latest" \
		"docker-archive:$BATS_TEST_TMPDIR/docker.tar:example.org/from/docker:v2"
	run moat image load -i "$BATS_TEST_TMPDIR/docker.tar"
	assert_status 0
	assert_has "example.org/from/docker:v2"
	fsck.erofs "$(rootfs_of example.org/from/docker:v2)"
}

@test "image load: a compressed archive" {
	skopeo --insecure-policy copy -q "oci:$SUITE/images/good/busybox:latest" \
		"docker-archive:$BATS_TEST_TMPDIR/docker.tar:example.org/packed:v1"
	gzip "$BATS_TEST_TMPDIR/docker.tar"
	moat image load -i "$BATS_TEST_TMPDIR/docker.tar.gz"
	moat image inspect example.org/packed:v1 >/dev/null
}

@test "image load: something that is no archive, or a missing file, is an error" {
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	run moat image load -i "$BATS_TEST_TMPDIR/noise"
	assert_error 1
	run moat image load -i "$BATS_TEST_TMPDIR/nowhere"
	assert_error 1 nowhere
}

@test "image import: a root filesystem tar becomes an image that runs" {
	local dir=$BATS_TEST_TMPDIR/root
	mkdir -p "$dir/bin" "$dir/etc"
	cp /bin/busybox "$dir/bin/busybox"
	ln -s busybox "$dir/bin/sh"
	echo imported >"$dir/etc/marker"
	tar -C "$dir" -cf "$BATS_TEST_TMPDIR/root.tar" .
	run moat image import "$BATS_TEST_TMPDIR/root.tar" example/imported:v1
	assert_status 0
	run moat run --rm example/imported:v1 /bin/busybox cat /etc/marker
	assert_status 0
	assert_equal "$output" imported
	moat image import -m "from a tar" -c 'CMD ["/bin/sh", "-c", "echo $WHO"]' -c 'ENV WHO=changed' \
		"$BATS_TEST_TMPDIR/root.tar" example/imported:v2
	run moat run --rm example/imported:v2
	assert_equal "$output" changed
	moat history example/imported:v2 | grep -q "from a tar"
}

@test "image import: what is refused while its tar comes in is refused with its reason, always" {
	local i
	head -c 1M /dev/zero >"$BATS_TEST_TMPDIR/body"
	for i in {1..40}; do
		run moat image import -c 'RUN x' "$BATS_TEST_TMPDIR/body"
		assert_error 1 "RUN is not a valid change command"
	done
}

@test "store: skopeo reads it as an OCI layout" {
	run skopeo inspect "oci:$MOAT_ROOT/images:$BUSYBOX"
	assert_status 0
	assert_equal "$(skopeo inspect --raw "oci:$MOAT_ROOT/images:$BUSYBOX" | sha256sum)" \
		"$(skopeo inspect --raw --tls-verify=false "docker://$BUSYBOX" | sha256sum)"
}

@test "store: what comes with docker's media types is OCI there, and so is what is made of it" {
	local image=$REGISTRY/test/configured-schema2:latest name
	skopeo --insecure-policy copy -q --dest-tls-verify=false --format v2s2 \
		"oci:$SUITE/images/good/configured:latest" "docker://$image"
	# The config may be that of the other, which moat would know again.
	moat image rm -f "$REGISTRY/test/configured:latest" || true
	moat pull -q "$image"
	moat create --name of-schema2 "$image" >/dev/null
	moat cp /etc/hostname of-schema2:/added
	moat commit of-schema2 example.org/committed:v1
	moat rm of-schema2
	for name in "$image" example.org/committed:v1; do
		skopeo inspect "oci:$MOAT_ROOT/images:$name" >/dev/null
		skopeo --insecure-policy copy -q "oci:$MOAT_ROOT/images:$name" "oci:$BATS_TEST_TMPDIR/copy:latest"
		moat image save -o "$BATS_TEST_TMPDIR/saved.tar" "$name"
		skopeo inspect "oci-archive:$BATS_TEST_TMPDIR/saved.tar" >/dev/null
		skopeo inspect --raw "oci:$MOAT_ROOT/images:$name" >"$BATS_TEST_TMPDIR/manifest"
		run grep -c docker "$BATS_TEST_TMPDIR/manifest"
		assert_equal "$output" 0
	done
	moat image rm "$image" example.org/committed:v1
}

@test "store: every rootfs file passes fsck.erofs" {
	local erofs n=0
	for erofs in "$MOAT_ROOT"/images/rootfs/*.erofs; do
		fsck.erofs "$erofs"
		n=$((n + 1))
	done
	[ "$n" -gt 0 ]
}
