#!/usr/bin/env bats
# Pushes to registries that are in the way, and of more than one image.

load lib

setup_file() {
	file_setup
	start_moatd
	mkdir "$BATS_FILE_TMPDIR/root"
	head -c 3000000 /dev/urandom >"$BATS_FILE_TMPDIR/root/data"
	tar -C "$BATS_FILE_TMPDIR/root" -c . | moat image import - large
}

teardown_file() {
	file_teardown
}

# raw_digest NAME: of what the registry has, also of an index.
raw_digest() {
	skopeo inspect --raw --tls-verify=false "docker://$1" | sha256sum | cut -d ' ' -f 1
}

# pushed MODE: the large image is in the registry of this mode afterwards, whole.
pushed() {
	local name=$BAD_REGISTRY/$1/large:1
	: >"$SUITE/bad-port.log"
	moat tag large "$name"
	run moat push "$name"
	assert_status 0
	assert_has "1: digest: sha256:$(raw_digest "$name") size: "
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$name" "dir:$BATS_TEST_TMPDIR/$1"
	moat image rm "$name"
}

# asked METHOD [TEXT]: how often the registry was asked for an upload with this method.
asked() {
	grep -c "^$1 /v2/[^ ]*/blobs/uploads/[^ ]* ${2-}" "$SUITE/bad-port.log"
}

@test "push: what is cut goes on where the registry has it" {
	pushed push-cut
	assert_equal "$(asked POST)" 2
	grep -Eq '^PATCH .* [1-9][0-9]*-' "$SUITE/bad-port.log"
}

@test "push: what the registry has forgotten, or kept wrongly, is sent again" {
	pushed push-forgets
	assert_equal "$(asked POST)" 3
	pushed push-lies
	assert_equal "$(asked POST)" 3
}

@test "push: a registry that takes no parts gets the whole" {
	pushed push-whole
	assert_equal "$(asked PATCH)" 1
}

@test "push: a registry has parts as small, and as large, as it wants them" {
	pushed push-small
	[ "$(asked PATCH)" -ge 3 ]
	pushed push-least
	[ "$(asked PATCH)" -ge 3 ]
	pushed push-some
	[ "$(asked PATCH)" -ge 9 ]
}

@test "push: a registry that wants to be asked later is asked later" {
	pushed push-busy
}

@test "push: an interrupted one is gone on with by the next" {
	local name=$BAD_REGISTRY/push-ok/again:1
	moat tag large "$name"
	moat push -q "$name"
	: >"$SUITE/bad-port.log"
	run moat push "$name"
	assert_status 0
	assert_has "Layer already exists"
	assert_equal "$(asked POST)" 0
}

@test "push: -a brings an index as it is, with images for other platforms, attestations, and what is nested" {
	local from to image
	for image in attested nested windows; do
		from=$BAD_REGISTRY/honest/$image:latest to=$REGISTRY/push/$image:latest
		moat pull -q -a "$from"
		moat tag "$from" "$to"
		run moat push -a "$to"
		assert_status 0
		assert_has "latest: digest: sha256:$(raw_digest "$from") size: "
		assert_equal "$(raw_digest "$to")" "$(raw_digest "$from")"
		moat image rm "$from" "$to"
	done
	skopeo --insecure-policy copy -q --all --src-tls-verify=false "docker://$REGISTRY/push/attested" "oci:$BATS_TEST_TMPDIR/out"
	moat pull -q "$REGISTRY/push/attested"
}

@test "push: -a of what is here for one platform alone says what to do" {
	local name=$REGISTRY/push/single:latest
	moat pull -q "$REGISTRY/test/multi:latest"
	moat tag "$REGISTRY/test/multi:latest" "$name"
	run moat push -a "$name"
	assert_error 1 "for one platform alone" --all-platforms
	moat push -q "$name"
}

# interrupted_push NAME: it is ended when the front has a part that it does not pass on.
interrupted_push() {
	local pid
	: >"$BATS_TEST_TMPDIR/front.log"
	env --default-signal=INT "$MOAT_BUILD/moat" push -q "$1" 3>&- &
	pid=$!
	poll grep -Eq '^PATCH .* [1-9][0-9]*-' "$BATS_TEST_TMPDIR/front.log"
	kill -INT "$pid"
	wait "$pid" || true
	[ -n "$(ls "$MOAT_ROOT/images/uploads")" ]
}

@test "push: what an earlier push left behind is gone on with, at a real registry, also after moatd was killed" {
	local front gate=$BATS_TEST_TMPDIR/gate log=$BATS_TEST_TMPDIR/front.log name
	python3 "$TESTS/integration/frontregistry.py" "$REGISTRY" "$gate" "$BATS_TEST_TMPDIR/front" >/dev/null 2>&1 3>&- &
	front=$!
	poll test -s "$BATS_TEST_TMPDIR/front"
	name=localhost:$(cat "$BATS_TEST_TMPDIR/front")/push/left:1
	moat tag large "$name"
	interrupted_push "$name"
	# What the registry does not know any more is begun anew.
	rm -rf "$SUITE/registry/docker/registry/v2/repositories/push/left/_uploads"
	interrupted_push "$name"
	grep -Eq '^PATCH .* 0-' "$log"
	kill_moatd
	start_moatd
	touch "$gate"
	: >"$log"
	moat push -q "$name"
	# The config's alone.
	[ "$(grep -c '^POST' "$log")" -le 1 ]
	grep -Eq '^PATCH .* [1-9][0-9]*-' "$log"
	run ! grep -Eq '^PATCH .* 0-' "$log"
	run ! grep -Eq '^PATCH .* 0-' "$log"
	[ -z "$(ls "$MOAT_ROOT/images/uploads")" ]
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$name" "dir:$BATS_TEST_TMPDIR/left"
	kill "$front"
	moat image rm "$name"
}
