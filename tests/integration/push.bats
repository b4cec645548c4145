#!/usr/bin/env bats
# Pushing to a real registry (Debian's docker-registry), and to one that wants a login.

load lib

setup_file() {
	file_setup
	start_moatd
	own_docker_config
	moat pull -q "$BUSYBOX"
	start_guarded_registry secret
}

teardown_file() {
	file_teardown
}

# remote_digest NAME: what the registry has under it.
remote_digest() {
	skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$1"
}

needs_docker() {
	command -v docker >/dev/null || skip "the docker command line is not installed"
	export DOCKER_HOST=unix://$SOCKET
}

@test "push: an image is in the registry under its tag, with the digest it was pulled by" {
	local name=$REGISTRY/push/busybox:1
	moat tag "$BUSYBOX" "$name"
	run moat push "$name"
	assert_status 0
	assert_has "The push refers to repository [$REGISTRY/push/busybox]"
	assert_has "1: digest: $(remote_digest "$BUSYBOX") size: "
	assert_equal "$(tail -n 1 <<<"$output")" "$name"
	assert_equal "$(remote_digest "$name")" "$(remote_digest "$BUSYBOX")"
}

@test "push: -q prints nothing but the image's name" {
	moat tag "$BUSYBOX" "$REGISTRY/push/quiet"
	run moat push -q "$REGISTRY/push/quiet"
	assert_status 0
	assert_equal "$output" "$REGISTRY/push/quiet:latest"
}

@test "push: what was pushed can be pulled by its digest, by moat and by skopeo" {
	local name=$REGISTRY/push/back digest id
	moat tag "$BUSYBOX" "$name"
	moat push -q "$name"
	digest=$(remote_digest "$name")
	id=$(moat image inspect --format '{{.Id}}' "$name")
	assert_has_digest "$name" "$name@$digest"
	moat image rm "$name"
	moat pull -q "$name@$digest"
	assert_equal "$(moat image inspect --format '{{.Id}}' "$name@$digest")" "$id"
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$name@$digest" "oci:$BATS_TEST_TMPDIR/out"
	assert_equal "$(jq -r '.manifests[0].digest' "$BATS_TEST_TMPDIR/out/index.json")" "$digest"
}

# assert_has_digest IMAGE NAME@DIGEST: the push is noted with the image.
assert_has_digest() {
	run moat image inspect --format '{{join .RepoDigests " "}}' "$1"
	assert_has "$2"
}

@test "push: an image of docker's media types goes back as it came" {
	local from=$REGISTRY/push/schema2 name=$REGISTRY/push/schema2-again
	skopeo --insecure-policy copy -q --dest-tls-verify=false --format v2s2 \
		"oci:$SUITE/images/good/configured:latest" "docker://$from"
	moat pull -q "$from"
	moat tag "$from" "$name"
	moat push -q "$name"
	assert_equal "$(remote_digest "$name")" "$(remote_digest "$from")"
	skopeo inspect --raw --tls-verify=false "docker://$name" | jq -e '.mediaType | test("vnd.docker")'
}

@test "push: what the registry has already is not sent again" {
	moat tag "$BUSYBOX" "$REGISTRY/push/twice"
	moat push "$REGISTRY/push/twice"
	run moat push "$REGISTRY/push/twice"
	assert_status 0
	assert_has "Layer already exists"
	[[ $output != *Pushed* ]]
}

@test "push: a layer from another repository of the registry is mounted" {
	moat tag "$BUSYBOX" "$REGISTRY/push/mounted"
	run moat push "$REGISTRY/push/mounted"
	assert_status 0
	assert_has "Mounted from "
	[[ $output != *Pushed* ]]
}

@test "push: what was imported here is a new image there" {
	local name=$REGISTRY/push/imported
	mkdir "$BATS_TEST_TMPDIR/root"
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/root/data"
	tar -C "$BATS_TEST_TMPDIR/root" -c . | moat image import - "$name"
	run moat push "$name"
	assert_status 0
	assert_has ": Pushed"
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$name" "dir:$BATS_TEST_TMPDIR/out"
}

@test "push: what is not here, a digest, and nobody listening are errors that say so" {
	run moat push "$REGISTRY/push/nosuch"
	assert_error 1 "No such image" push/nosuch
	run moat push "$BUSYBOX@sha256:$(printf '0%.0s' {1..64})"
	assert_error 1 "under a tag, not under a digest"
	moat tag "$BUSYBOX" localhost:1/x/y
	run moat push localhost:1/x/y
	assert_error 1 localhost:1 "is the registry running?"
}

@test "push: a registry that wants a login refuses, and says what may help" {
	moat tag "$BUSYBOX" "$GUARDED/app"
	run moat push "$GUARDED/app"
	assert_error 1 "push access denied for $GUARDED/app" "docker login"
}

@test "push: docker push shows what happens and the digest" {
	needs_docker
	local name=$REGISTRY/push/docker:1 digest
	docker tag "$BUSYBOX" "$name"
	run docker push "$name"
	assert_status 0
	digest=$(remote_digest "$name")
	assert_has "1: digest: $digest size: "
	docker tag "$BUSYBOX" "$REGISTRY/push/docker:2"
	run docker push -a "$REGISTRY/push/docker"
	assert_status 0
	assert_has "2: digest: $digest"
	run docker push "$REGISTRY/push/docker:nosuch"
	[ "$status" -ne 0 ]
}

@test "push: docker push brings the credentials of docker login along" {
	needs_docker
	docker tag "$BUSYBOX" "$GUARDED/app:1"
	run docker push "$GUARDED/app:1"
	[ "$status" -ne 0 ]
	assert_has "access denied"
	docker login -u me --password-stdin "$GUARDED" <<<secret
	run docker push "$GUARDED/app:1"
	assert_status 0
	assert_has "1: digest: sha256:"
	assert_equal "$(skopeo inspect --creds me:secret --tls-verify=false --format '{{.Digest}}' "docker://$GUARDED/app:1")" \
		"$(remote_digest "$BUSYBOX")"
	docker logout "$GUARDED"
}

@test "push: is an event" {
	local since
	since=$(date +%s)
	moat tag "$BUSYBOX" "$REGISTRY/push/event"
	moat push -q "$REGISTRY/push/event"
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter event=push
	assert_has "$REGISTRY/push/event"
}

@test "push: a container's changes, committed, run from the registry" {
	local name=$REGISTRY/push/committed
	moat run --name pushed "$BUSYBOX" sh -c 'echo new >/new'
	moat commit pushed "$name"
	moat rm pushed
	moat push -q "$name"
	moat image rm "$name"
	run moat run --rm "$name" cat /new
	assert_status 0
	assert_has new
}
