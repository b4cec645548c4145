#!/usr/bin/env bats
# A registry that misbehaves: each case is a clear error, and no part of an image stays.

load lib

setup_file() {
	file_setup
	start_moatd
}

teardown_file() {
	file_teardown
}

# refused MODE TEXT…: pulling in this mode fails with a message that has every TEXT, and leaves nothing.
refused() {
	local ref=$BAD_REGISTRY/$1/busybox:latest
	shift
	run moat pull "$ref"
	assert_error 1 "$@"
	! moat image inspect "$ref"
	assert_equal "$(leftovers)" ""
}

# Files of the store that no image accounts for.
leftovers() {
	find "$MOAT_ROOT/images/tmp" "$MOAT_ROOT/images/rootfs" -type f 2>/dev/null
}

@test "registry: the server of these tests serves a proper pull in mode honest" {
	moat pull -q "$BAD_REGISTRY/honest/busybox:latest"
	moat image rm "$BAD_REGISTRY/honest/busybox:latest"
}

@test "registry: an anonymous bearer token is fetched when asked for" {
	moat pull -q "$BAD_REGISTRY/token/busybox:latest"
	moat image rm "$BAD_REGISTRY/token/busybox:latest"
}

@test "registry: blobs that are redirected are followed" {
	moat pull -q "$BAD_REGISTRY/redirect-blob/busybox:latest"
	moat image rm "$BAD_REGISTRY/redirect-blob/busybox:latest"
}

@test "registry: a download that is cut goes on where it was" {
	moat pull -q "$BAD_REGISTRY/cut-once/busybox:latest"
	[ "$(grep -c '/v2/cut-once/.*bytes=[1-9]' "$SUITE/bad-port.log")" -ge 1 ]
	moat image rm "$BAD_REGISTRY/cut-once/busybox:latest"
}

@test "registry: one that wants to be asked later is asked later" {
	local mode
	for mode in busy flaky; do
		moat pull -q "$BAD_REGISTRY/$mode/busybox:latest"
		moat image rm "$BAD_REGISTRY/$mode/busybox:latest"
	done
	refused busy-long "try again in 7200 seconds"
}

@test "registry: a pull that is interrupted leaves what the next one goes on from" {
	local pid partial
	rm -f "$SUITE/gate"
	# A shell has its background ignore the interrupt.
	env --default-signal=INT "$MOAT_BUILD/moat" pull -q "$BAD_REGISTRY/stall/busybox:latest" 3>&- &
	pid=$!
	poll has_partial
	kill -INT "$pid"
	wait "$pid" || true
	partial=$(find "$MOAT_ROOT/images/partial" -type f)
	[ -n "$partial" ]
	: >"$SUITE/bad-port.log"
	moat pull -q "$BAD_REGISTRY/honest/busybox:latest"
	grep -q "/v2/honest/busybox/blobs/sha256:${partial##*/} bytes=[1-9]" "$SUITE/bad-port.log"
	[ ! -e "$partial" ]
	touch "$SUITE/gate"
	moat image rm "$BAD_REGISTRY/honest/busybox:latest"
}

has_partial() {
	[ -n "$(find "$MOAT_ROOT/images/partial" -type f -size +90k)" ]
}

@test "registry: 401" {
	refused unauthorized denied
}

@test "registry: 403" {
	refused forbidden denied
}

@test "registry: 401 from the token server" {
	refused token-denied 401
}

@test "registry: a token answer that is no JSON" {
	refused token-broken token
}

@test "registry: 404" {
	refused missing missing/busybox
}

@test "registry: 500" {
	refused error500 500
}

@test "registry: hangs up without an answer" {
	refused hangup "$BAD_REGISTRY"
}

@test "registry: endless redirects" {
	refused redirect redirect
}

@test "registry: HTML where a manifest should be" {
	refused html manifest
}

@test "registry: a manifest that is no JSON" {
	refused manifest-garbage manifest
}

@test "registry: a manifest of 64 MiB" {
	refused manifest-huge manifest
}

@test "registry: a manifest that does not match the digest it was asked by" {
	local digest
	digest=$(jq -r '.manifests[0].digest' "$SUITE/images/good/busybox/index.json")
	run moat pull "$BAD_REGISTRY/manifest-lie/busybox@$digest"
	assert_error 1 digest
	assert_equal "$(leftovers)" ""
}

@test "registry: a blob that is cut off" {
	refused cutoff
}

@test "registry: a blob shorter than its descriptor says" {
	refused short
}

@test "registry: a blob longer than its descriptor says" {
	refused long
}

@test "registry: a blob that never ends" {
	refused endless
}

@test "registry: a descriptor whose size is wrong" {
	refused size-lie
}

@test "registry: a descriptor of an absurd size" {
	refused huge-size
}

@test "registry: a blob whose content has another digest" {
	refused corrupt digest
}

@test "registry: after all that moatd still pulls" {
	moat pull -q "$BAD_REGISTRY/honest/busybox:latest"
	moat image inspect "$BAD_REGISTRY/honest/busybox:latest" >/dev/null
}
