#!/usr/bin/env bats
# What registries do in the field, and what they have: each is pulled, or refused for what it is.

load lib

setup_file() {
	file_setup
	start_moatd
}

teardown_file() {
	file_teardown
}

# pulled MODE [NAME]: it can be pulled, and is what it is.
pulled() {
	local ref=$BAD_REGISTRY/$1/${2:-members}:latest
	moat pull -q "$ref"
	dump.erofs --path=/hello "$(rootfs_of "$ref")" | grep -q "^Size: 13 "
	fsck.erofs "$(rootfs_of "$ref")"
	moat image rm "$ref"
}

# refused MODE NAME TEXT…: it cannot, and the message has every TEXT.
refused() {
	local ref=$BAD_REGISTRY/$1/$2:latest
	shift 2
	run moat pull "$ref"
	assert_error 1 "$@"
}

@test "field: gzip of several members, and with bytes behind them" {
	pulled honest members
	pulled honest trailing
	pulled honest trailing-words
}

@test "field: eStargz and zstd:chunked are read as what they are below" {
	pulled honest estargz
	pulled honest zstd-chunked
	pulled honest zstd-skippable
}

@test "field: a layer whose media type names another packing" {
	pulled honest wrong-type
}

@test "field: layers that are not to be distributed, from a registry that has them" {
	pulled honest nondistributable
	pulled honest foreign-elsewhere
}

@test "field: empty layers, and none at all" {
	pulled honest empty-layer
	moat pull -q "$BAD_REGISTRY/honest/no-layers"
	moat image rm "$BAD_REGISTRY/honest/no-layers"
}

@test "field: indexes with attestations, Windows, unheard-of platforms, and none" {
	pulled honest attested
	pulled honest windows
	pulled honest strange-platforms
	pulled honest nameless-platform
	pulled honest nested
}

@test "field: digests of SHA-512, and an index that is kept with them" {
	local ref=$BAD_REGISTRY/honest/sha512:latest
	pulled honest sha512
	moat pull -q -a "$ref"
	[ -n "$(ls "$MOAT_ROOT/images/blobs/sha512")" ]
	moat image save "$ref" | tar -t | grep -q blobs/sha512/
	moat image rm "$ref"
	[ -z "$(ls "$MOAT_ROOT/images/blobs/sha512")" ]
}

@test "field: an artifact and schema 1 are refused by name" {
	refused honest artifact artifact application/vnd.cncf.helm.config.v1+json
	refused honest schema1 "schema 1" "push the image again"
}

@test "field: manifests without a media type, or with a word more" {
	pulled typeless
	pulled octets
	pulled charset
}

@test "field: Docker-Content-Digest, none, and a wrong one" {
	pulled digested
	pulled honest
	refused digest-lie members digest
}

@test "field: a registry that refuses HEAD does not say whether a tag has moved" {
	local ref=$BAD_REGISTRY/no-head/members:latest digest
	digest=$(skopeo inspect --raw --tls-verify=false "docker://${ref/no-head/honest}" | sha256sum | cut -d ' ' -f 1)
	moat pull -q "$ref@sha256:$digest"
	moat image rm "${ref%:latest}@sha256:$digest"
}

@test "field: several challenges, and odd spacing" {
	pulled challenges
}

@test "field: 401 that does not say how to log in" {
	refused silent members "does not say how to log in"
}

@test "field: answers of token services: Harbor's, Azure's, an empty token, GitLab's refusal" {
	pulled harbor
	pulled azure
	pulled empty-token
	refused gitlab-denied members "access forbidden" 403
}

@test "field: credentials do not go where a redirection leads" {
	pulled token-storage
	grep -q "^GET /storage/members/sha256:" "$SUITE/bad-port.log"
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$BAD_REGISTRY" "$(printf AWS:token | base64)" >"$DOCKER_CONFIG/config.json"
	pulled ecr
}

@test "field: docker manifest inspect shows what the registry has" {
	command -v docker >/dev/null || skip "the docker command line is not installed"
	DOCKER_HOST=unix://$SOCKET run docker manifest inspect --insecure "$REGISTRY/test/multi:latest"
	assert_status 0
	assert_has arm64
}

@test "field: docker search is answered with where to look" {
	command -v docker >/dev/null || skip "the docker command line is not installed"
	DOCKER_HOST=unix://$SOCKET run docker search nginx
	[ "$status" -ne 0 ]
	assert_has "https://hub.docker.com/search?q=nginx"
}
