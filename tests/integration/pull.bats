#!/usr/bin/env bats
# Pulling from a real registry (Debian's docker-registry).

load lib

setup_file() {
	file_setup
	start_moatd
}

teardown_file() {
	file_teardown
}

@test "pull: an image of a gzip layer appears in image ls under the name it was pulled by" {
	run moat pull "$REGISTRY/test/busybox:latest"
	assert_status 0
	assert_has "$REGISTRY/test/busybox:latest"
	run moat image ls
	assert_has "$REGISTRY/test/busybox"
	assert_has latest
}

@test "pull: what is pulled, its digest and the outcome are each told once" {
	run moat pull "$REGISTRY/test/zstd:latest"
	assert_status 0
	assert_equal "$(grep -c "Pulling from test/zstd" <<<"$output")" 1
	assert_equal "$(grep -c "^Digest: sha256:" <<<"$output")" 1
	assert_equal "$(grep -c "^Status: " <<<"$output")" 1
}

@test "pull: -q prints nothing but the image's name" {
	run moat pull -q "$REGISTRY/test/busybox:latest"
	assert_status 0
	assert_equal "$output" "$REGISTRY/test/busybox:latest"
}

@test "pull: without a tag it is latest, and other tags are names of their own" {
	moat pull -q "$REGISTRY/test/busybox"
	moat pull -q "$REGISTRY/test/busybox:other"
	moat image inspect "$REGISTRY/test/busybox:other" "$REGISTRY/test/busybox:latest" >/dev/null
}

@test "pull: by digest" {
	local digest
	digest=$(skopeo inspect --tls-verify=false "docker://$REGISTRY/test/busybox:latest" | jq -r .Digest)
	run moat pull "$REGISTRY/test/busybox@$digest"
	assert_status 0
	moat image inspect "$REGISTRY/test/busybox@$digest" >/dev/null
}

@test "pull: zstd and uncompressed layers give the files of the gzip one" {
	local name sum first=
	for name in busybox zstd plain; do
		moat pull -q "$REGISTRY/test/$name:latest"
		sum=$(dump.erofs --path=/bin/busybox "$(rootfs_of "$REGISTRY/test/$name:latest")" |
			awk '/^Size:/ { print $2 }')
		[ -n "$sum" ]
		[ -z "$first" ] || assert_equal "$sum" "$first"
		first=$sum
	done
}

@test "pull: docker's own media types (manifest version 2, schema 2)" {
	run moat pull "$REGISTRY/test/schema2:latest"
	assert_status 0
	fsck.erofs "$(rootfs_of "$REGISTRY/test/schema2:latest")"
}

@test "pull: an index gives the manifest of this machine's platform" {
	moat pull -q "$REGISTRY/test/multi:latest"
	assert_equal "$(moat image inspect "$REGISTRY/test/multi:latest" | jq -r '.[0].Architecture')" amd64
	dump.erofs --path=/right "$(rootfs_of "$REGISTRY/test/multi:latest")"
}

@test "pull: -a keeps the image for all platforms, and says so in the store's own index" {
	local name=$REGISTRY/test/multi:latest index digest
	index=$(skopeo inspect --raw --tls-verify=false "docker://$name")
	moat pull -q -a "$name"
	for digest in $(jq -r '.manifests[].digest' <<<"$index"); do
		[ -e "$MOAT_ROOT/images/blobs/sha256/${digest#sha256:}" ]
	done
	jq -e '.manifests[].annotations | select(."dev.moat.whole-index" == "yes")' "$MOAT_ROOT/images/index.json"
	moat image rm "$name"
	[ ! -e "$MOAT_ROOT/images/blobs/sha256/${digest#sha256:}" ]
}

@test "pull: so many layers at a time as are asked for, and no absurd number" {
	moat pull -q --max-concurrent-downloads 1 "$REGISTRY/test/rich:latest"
	run moat pull --max-concurrent-downloads 0 "$REGISTRY/test/rich:latest"
	assert_error 1 "1 to 32"
}

@test "pull: an index without this platform is refused and the platforms there are named" {
	run moat pull "$REGISTRY/test/foreign:latest"
	assert_error 1 linux/arm64 linux/s390x
	! moat image inspect "$REGISTRY/test/foreign:latest"
}

@test "pull: a single manifest for another CPU is refused" {
	run moat pull "$REGISTRY/test/lone-arm:latest"
	assert_error 1 arm64
	! moat image inspect "$REGISTRY/test/lone-arm:latest"
}

@test "pull: an unknown tag or repository is an error that names it" {
	run moat pull "$REGISTRY/test/busybox:nosuchtag"
	assert_error 1 nosuchtag
	run moat pull "$REGISTRY/test/nosuchrepo:latest"
	assert_error 1 nosuchrepo
}

@test "pull: an invalid reference is an error before anything is asked" {
	run moat pull "UPPER/case:tag"
	[ "$status" -ne 0 ]
	run moat pull "name:bad tag"
	[ "$status" -ne 0 ]
	run moat pull ""
	[ "$status" -ne 0 ]
}

@test "pull: a registry that does not answer is an error that names it" {
	run moat pull "localhost:1/x/y:latest"
	assert_error 1 localhost:1
}

@test "pull: pulling again is quick to see that nothing changed, and changes nothing" {
	local before after
	moat pull -q "$REGISTRY/test/rich:latest"
	before=$(moat image ls -q | sort)
	moat pull -q "$REGISTRY/test/rich:latest"
	after=$(moat image ls -q | sort)
	assert_equal "$after" "$before"
}

@test "pull: a tag that moved names the new image" {
	local first second
	skopeo --insecure-policy copy -q --dest-tls-verify=false --src-tls-verify=false \
		"docker://$REGISTRY/test/busybox:latest" "docker://$REGISTRY/test/moving:latest"
	moat pull -q "$REGISTRY/test/moving:latest"
	first=$(moat image inspect "$REGISTRY/test/moving:latest" | jq -r '.[0].Id')
	skopeo --insecure-policy copy -q --dest-tls-verify=false --src-tls-verify=false \
		"docker://$REGISTRY/test/configured:latest" "docker://$REGISTRY/test/moving:latest"
	run moat pull "$REGISTRY/test/moving:latest"
	assert_status 0
	assert_has "$REGISTRY/test/moving:latest has moved: it was sha256:"
	second=$(moat image inspect "$REGISTRY/test/moving:latest" | jq -r '.[0].Id')
	[ "$first" != "$second" ]
}

@test "pull: of a tag with a digest the digest counts, and a tag that moved is told" {
	local name=$REGISTRY/test/pinned:1 digest
	skopeo --insecure-policy copy -q --dest-tls-verify=false --src-tls-verify=false "docker://$BUSYBOX" "docker://$name"
	digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$name")
	run moat pull "$name@$digest"
	assert_status 0
	[[ $output != *"has moved"* ]]
	skopeo --insecure-policy copy -q --dest-tls-verify=false --src-tls-verify=false \
		"docker://$REGISTRY/test/zstd:latest" "docker://$name"
	run moat pull "$name@$digest"
	assert_status 0
	assert_has "The tag 1 has moved: it is sha256:"
	run moat image inspect --format '{{join .RepoTags " "}}' "$name@$digest"
	[[ $output != *pinned:1* ]]
}

@test "pull: several at once, of images that share a layer, all succeed" {
	local name pids=()
	for name in configured busybox multi zstd; do
		moat pull -q "$REGISTRY/test/$name:latest" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	moat image inspect "$REGISTRY/test/configured:latest" >/dev/null
}
