#!/usr/bin/env bats
# Images that must be signed: moat pull --verify, and "signatures" in the settings.

load lib

setup_file() {
	file_setup
	own_docker_config
	export MOAT_CONFIG=$SUITE/signatures.json KEYS=$BATS_FILE_TMPDIR
	demand '{}'
	make_keys
	start_moatd
}

teardown_file() {
	file_teardown
}

teardown() {
	demand '{}'
	moat rm -f signed >/dev/null 2>&1 || true
	moat image rm -f "$REGISTRY/signed/one" "$REGISTRY/signed/two" \
		"$REGISTRY/signed/demanded" >/dev/null 2>&1 || true
}

# demand JSON: the settings' "signatures" from now on.
demand() {
	printf '{"signatures": %s}\n' "$1" >"$MOAT_CONFIG.new"
	mv "$MOAT_CONFIG.new" "$MOAT_CONFIG"
}

make_keys() {
	local name
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$KEYS/p256.key"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$KEYS/p384.key"
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$KEYS/rsa.key" 2>/dev/null
	openssl genpkey -algorithm ED25519 -out "$KEYS/ed25519.key"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$KEYS/other.key"
	for name in p256 p384 rsa ed25519 other; do
		openssl pkey -in "$KEYS/$name.key" -pubout -out "$KEYS/$name.pub"
	done
}

# fresh NAME: an image under signed/NAME that is not signed; says its digest.
fresh() {
	moat image rm -f "$REGISTRY/signed/$1" >/dev/null 2>&1 || true
	skopeo --insecure-policy copy -q --dest-tls-verify=false --src-tls-verify=false "docker://$REGISTRY/test/${2:-busybox}:latest" \
		${3:+"$3"} "docker://$REGISTRY/signed/$1:latest"
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/signed/$1:latest" | sha256sum | sed 's/\(.*\)  -/sha256:\1/'
}

cosign() {
	python3 "$TESTS/integration/cosign.py" "$@"
}

# refused TEXT…: moat pull --verify of signed/one is, and leaves nothing of it.
refused() {
	run moat pull --verify "$KEYS/p256.pub" "$REGISTRY/signed/one"
	assert_error 1 "$@"
	run moat image inspect "$REGISTRY/signed/one"
	[ "$status" -ne 0 ]
	[ -z "$(ls "$MOAT_ROOT/images/blobs/sha256" "$MOAT_ROOT/images/rootfs" "$MOAT_ROOT/images/partial" | grep -v :)" ]
}

@test "signatures: keys of every kind, in the tag .sig or as a referrer" {
	local key digest
	digest=$(fresh one)
	for key in p256 p384 rsa ed25519; do
		cosign "$REGISTRY/signed/one" "$digest" "$KEYS/$key.key" --keep
		moat pull -q --verify "$KEYS/$key.pub" "$REGISTRY/signed/one"
	done
	digest=$(fresh two multi --all)
	cosign "$REGISTRY/signed/two" "$digest" "$KEYS/p384.key" --hash sha384 --referrer
	moat pull -q --verify "$KEYS/p384.pub" "$REGISTRY/signed/two"
	cat "$KEYS/other.pub" "$KEYS/p384.pub" >"$KEYS/several.pub"
	moat pull -q --verify "$KEYS/several.pub" "$REGISTRY/signed/two@$digest"
}

@test "signatures: none, another key's, for another image, name or purpose: refused, and nothing is kept" {
	local digest other=sha256:$(printf 0 | sha256sum | cut -c1-64) image=$REGISTRY/signed/one
	digest=$(fresh one zstd)
	refused "$image" "$digest" "not signed" "--verify"
	cosign "$image" "$digest" "$KEYS/other.key"
	refused "none by the right key"
	cosign "$image" "$digest" "$KEYS/p256.key" --spoil
	refused "none by the right key"
	cosign "$image" "$digest" "$KEYS/p256.key" --for "$other"
	refused "another image" "$other"
	cosign "$image" "$digest" "$KEYS/p256.key" --identity "$REGISTRY/signed/other"
	refused "$REGISTRY/signed/other"
	cosign "$image" "$digest" "$KEYS/p256.key" --identity "$image:old"
	refused "tag old"
	cosign "$image" "$digest" "$KEYS/p256.key" --type "atomic container signature"
	refused "atomic container signature"
	cosign "$image" "$digest" "$KEYS/p256.key" --keep
	moat pull -q --verify "$KEYS/p256.pub" "$image"
}

@test "signatures: bundles, as cosign makes them since its version 3" {
	local key digest image=$REGISTRY/signed/one
	digest=$(fresh one rich)
	cosign "$image" "$digest" "$KEYS/p256.key" --bundle statement --type https://slsa.dev/provenance/v1
	refused "not signed" attestations
	cosign "$image" "$digest" "$KEYS/other.key" --bundle statement
	refused "none by the right key"
	cosign "$image" "$digest" "$KEYS/p256.key" --bundle statement --spoil
	refused "none by the right key"
	cosign "$image" "$digest" "$KEYS/other.key" --bundle statement --certificate
	refused keyless "cosign sign --key"
	cosign "$image" "$digest" "$KEYS/other.key" --certificate
	refused keyless "cosign sign --key"
	cosign "$image" "$digest" "$KEYS/p256.key" --bundle statement --for "sha256:$(printf 0 | sha256sum | cut -c1-64)"
	refused "another image"
	cosign "$image" "$digest" "$KEYS/p256.key" --bundle statement --identity "$REGISTRY/signed/other"
	refused "$REGISTRY/signed/other"
	for key in p256 p384 rsa ed25519; do
		cosign "$image" "$digest" "$KEYS/$key.key" --bundle statement --keep
		moat pull -q --verify "$KEYS/$key.pub" "$image"
	done
	cosign "$image" "$digest" "$KEYS/p384.key" --bundle message --hash sha384
	moat pull -q --verify "$KEYS/p384.pub" "$image"
	demand "{\"$REGISTRY/signed\": {\"keys\": [\"$KEYS/p384.pub\"], \"identity\": \"$REGISTRY/signed\"}}"
	run moat pull "$image"
	assert_error 1 "no name" "$image"
}

@test "signatures: a bundle that Sigstore's own packages made and attached" {
	local key digest image=$REGISTRY/signed/one node=$MOAT_BUILD/node/node_modules
	[ -d "$node/@sigstore/oci" ] || skip "Sigstore's packages are not in $MOAT_BUILD/node, and npm could not fetch them"
	for key in p256 p384 rsa ed25519; do
		digest=$(fresh one "$([ $key = p384 ] && echo rich || echo zstd)")
		NODE_PATH=$node timeout "$LIMIT" node "$TESTS/integration/node/sign.js" "$image" "$digest" "$KEYS/$key.key"
		moat pull -q --verify "$KEYS/$key.pub" "$image"
		moat image rm "$image"
	done
	run moat pull --verify "$KEYS/other.pub" "$image"
	assert_error 1 "none by the right key"
}

@test "signatures: a registry that lists what refers to an image" {
	local image=$BAD_REGISTRY/honest/members layout=$SUITE/images/field/members digest i
	digest=$(jq -r '.manifests[0].digest' "$layout/index.json")
	cosign "$image" "$digest" "$KEYS/p256.key" --layout "$layout" --bundle statement --type https://slsa.dev/provenance/v1
	run moat pull --verify "$KEYS/p256.pub" "$image"
	assert_error 1 "not signed" attestations
	# Forty of other kinds are not in the way.
	for i in {1..40}; do
		printf '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": "text/x-%s",
			"subject": {"digest": "%s"}}' "$i" "$digest" >"$BATS_TEST_TMPDIR/other"
		cp "$BATS_TEST_TMPDIR/other" "$layout/blobs/sha256/$(sha256sum <"$BATS_TEST_TMPDIR/other" | cut -c1-64)"
	done
	cosign "$image" "$digest" "$KEYS/p256.key" --layout "$layout" --bundle statement
	moat pull -q --verify "$KEYS/p256.pub" "$image"
	# A list that comes in pages of one.
	moat pull -q --verify "$KEYS/p256.pub" "$BAD_REGISTRY/paged/members"
	# A mirror has the image and the signature, and one before it the image alone.
	printf '{"registries": {"%s": {"mirrors": ["http://%s/unsigned", "http://%s/paged"]}}}\n' nowhere.example:1 \
		"$BAD_REGISTRY" "$BAD_REGISTRY" >"$MOAT_CONFIG"
	moat pull -q --verify "$KEYS/p256.pub" nowhere.example:1/members
	moat image rm "$image" "$BAD_REGISTRY/paged/members" nowhere.example:1/members
}

@test "signatures: --verify with what is no public key" {
	run moat pull --verify "$KEYS/p256.key" "$REGISTRY/signed/one"
	assert_error 1 "private key"
	run moat pull --verify "$MOAT_CONFIG" "$REGISTRY/signed/one"
	assert_error 1 "no public key"
	run moat pull --verify "$KEYS/nothing" "$REGISTRY/signed/one"
	assert_error 1 "$KEYS/nothing"
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 2>/dev/null | openssl pkey -pubout -out "$KEYS/short.pub"
	run moat pull --verify "$KEYS/short.pub" "$REGISTRY/signed/one"
	assert_error 1 2048
}

@test "signatures: the settings demand them of pull, run and docker, by the longest name" {
	local digest
	demand "{\"$REGISTRY/signed\": {\"keys\": [\"$KEYS/other.pub\", \"$KEYS/p256.pub\"]}, \"*\": {\"keys\": []}}"
	digest=$(fresh demanded plain)
	run moat pull "$REGISTRY/signed/demanded"
	assert_error 1 "not signed" "$REGISTRY/signed" settings
	run moat run --rm --network none "$REGISTRY/signed/demanded" true
	assert_error 125 "not signed"
	if command -v docker >/dev/null; then
		DOCKER_HOST=unix://$SOCKET run docker pull "$REGISTRY/signed/demanded"
		[ "$status" -ne 0 ]
		assert_has "not signed"
	fi
	[ -z "$(moat image ls -q)" ]
	moat pull -q "$REGISTRY/test/plain"
	moat image rm "$REGISTRY/test/plain"
	cosign "$REGISTRY/signed/demanded" "$digest" "$KEYS/p256.key"
	run moat run --rm --network none "$REGISTRY/signed/demanded" echo it runs
	assert_status 0
	assert_has "it runs"
	run moat pull --verify "$KEYS/rsa.pub" "$REGISTRY/signed/demanded"
	assert_error 1 "none by the right key" "--verify"
}

@test "signatures: what is there is run only by a name that its signature was seen for" {
	local digest image=$REGISTRY/signed/demanded policy
	policy="{\"$REGISTRY/signed\": {\"keys\": [\"$KEYS/p256.pub\"]}}"
	digest=$(fresh demanded plain)
	cosign "$image" "$digest" "$KEYS/p256.key" --bundle statement
	moat pull -q "$image"
	demand "$policy"
	run moat create "$image" true
	assert_error 1 "signature" "$image" "pull it"
	run -0 moat image ls --format '{{.Repository}} {{.Verified}}'
	assert_has "$image no"
	moat pull -q "$image"
	moat rm "$(moat create "$image" true)"
	run -0 moat image inspect --format '{{json .Signatures}}' "$image"
	assert_has "\"Name\":\"$image\"" '"Signed":null'
	run -0 moat image ls --format '{{.Repository}} {{.Verified}}'
	assert_has "$image yes"
	moat system stop
	moat rm "$(moat create "$image" true)"
	# Another key, or another name for it: refused.
	demand "{\"$REGISTRY/signed\": {\"keys\": [\"$KEYS/other.pub\"]}}"
	run moat create "$image" true
	assert_error 1 "pull it"
	demand "$policy"
	moat image tag "$image" "$REGISTRY/signed/two"
	run moat create "$REGISTRY/signed/two" true
	assert_error 1 "$REGISTRY/signed/two"
	# A signature for one tag is for no other.
	digest=$(fresh tagged rich)
	cosign "$REGISTRY/signed/tagged" "$digest" "$KEYS/p256.key" --identity "$REGISTRY/signed/tagged:latest"
	moat pull -q "$REGISTRY/signed/tagged"
	moat image tag "$REGISTRY/signed/tagged" "$REGISTRY/signed/tagged:other"
	run moat create "$REGISTRY/signed/tagged:other" true
	assert_error 1 "tag latest" "$REGISTRY/signed/tagged"
	moat rm "$(moat create "$REGISTRY/signed/tagged" true)"
	run -0 moat image ls --format '{{.Repository}}:{{.Tag}} {{.Verified}}'
	assert_has "$image:latest yes" "$REGISTRY/signed/two:latest no" "$REGISTRY/signed/tagged:latest yes" "$REGISTRY/signed/tagged:other no"
	# By its id any name will do.  A loaded image has no signature, also under the same name.
	moat rm "$(moat create "$(moat image inspect --format '{{.Id}}' "$image")" true)"
	moat image save -o "$BATS_TEST_TMPDIR/saved.tar" "$image"
	moat image rm -f "$image" "$REGISTRY/signed/two"
	moat load -q -i "$BATS_TEST_TMPDIR/saved.tar"
	run moat create "$image" true
	assert_error 1 "pull it"
	run moat create "$(moat image inspect --format '{{.Id}}' "$image")" true
	assert_error 1 "pull it"
	printf '{' >"$MOAT_CONFIG.new"
	mv "$MOAT_CONFIG.new" "$MOAT_CONFIG"
	run moat create "$image" true
	assert_error 1 "$MOAT_CONFIG"
}

@test "signatures: an image that was signed by another name" {
	local digest name=$REGISTRY/signed
	digest=$(fresh one)
	cosign "$name/one" "$digest" "$KEYS/p256.key" --identity "upstream.example/team/one"
	demand "{\"$name\": {\"keys\": [\"$KEYS/p256.pub\"]}}"
	run moat pull "$name/one"
	assert_error 1 "upstream.example/team/one"
	demand "{\"$name\": {\"keys\": [\"$KEYS/p256.pub\"], \"identity\": \"upstream.example/team\"}}"
	moat pull -q "$name/one"
	demand "{\"localhost*\": {\"keys\": [\"$KEYS/p256.pub\"]}}"
	run moat pull "$name/one"
	assert_error 1 "no image's name"
	demand "{\"*\": {\"keys\": [\"$KEYS/nothing.pub\"]}}"
	run moat pull "$name/one"
	assert_error 1 "$KEYS/nothing.pub"
}
