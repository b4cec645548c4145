#!/usr/bin/env bats
# What is seen of transfers, and images that come from, and go to, files and folders.

load lib

setup_file() {
	file_setup
	start_moatd
	moat pull -q "$BUSYBOX"
}

teardown_file() {
	file_teardown
}

@test "progress: json is moatd's messages, one a line, and the image's name last" {
	local name=$REGISTRY/transfer/json:1
	run moat pull --progress json "$REGISTRY/test/rich:latest"
	assert_status 0
	jq -es 'all(type == "object")' <<<"$output"
	jq -es --arg name "$REGISTRY/test/rich:latest" '.[-1].image == $name and (map(select(.status == "Pull complete")) | length >= 3)' <<<"$output"
	moat tag "$BUSYBOX" "$name"
	run moat push --progress json "$name"
	assert_status 0
	jq -es --arg name "$name" '.[-1].image == $name and any(.aux.Digest // "" | startswith("sha256:"))' <<<"$output"
	run moat pull --progress json "$REGISTRY/test/nosuch"
	[ "$status" -eq 1 ]
	moat image rm "$REGISTRY/test/rich:latest" "$name"
}

@test "progress: a terminal has a line for each layer, with a bar" {
	local asked layer
	layer=$(skopeo inspect --raw --tls-verify=false "docker://$BUSYBOX" | jq -r '.layers[0].digest')
	touch "$SUITE/bad-port.log"
	asked=$(wc -l <"$SUITE/bad-port.log")
	moat image rm "$BUSYBOX"
	rm -f "$SUITE/gate"
	run python3 "$TESTS/integration/terminal.py" 24x100 'expect:Downloading [===' "touch:$SUITE/gate" 'expect:Pull complete' -- \
		"$MOAT_BUILD/moat" pull "$BAD_REGISTRY/stall/busybox:latest"
	assert_status 0
	grep -aq $'\033\\[1A' <<<"$output"
	# What had come is told while nothing comes, and not only when it has been given up.
	assert_equal "$(tail -n +$((asked + 1)) "$SUITE/bad-port.log" | grep -c " /v2/stall/busybox/blobs/$layer")" 1
	moat pull -q "$BUSYBOX"
}

@test "image load: a folder that is a layout, with what is not of it left alone" {
	local layout=$BATS_TEST_TMPDIR/layout
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$BUSYBOX" "oci:$layout:from.folder/app:1"
	mkfifo "$layout/pipe"
	run moat image load --input "$layout"
	assert_status 0
	assert_has "Loaded image: from.folder/app:1"
	assert_equal "$(moat image inspect -f '{{.Id}}' from.folder/app:1)" "$(moat image inspect -f '{{.Id}}' "$BUSYBOX")"
	mkdir "$BATS_TEST_TMPDIR/empty"
	run moat image load -i "$BATS_TEST_TMPDIR/empty"
	assert_error 1 "holds no images" index.json
	moat image rm from.folder/app:1
}

@test "image save and load: several images, as skopeo, podman and an unpacked folder have them" {
	local tar=$BATS_TEST_TMPDIR/several.tar id
	id=$(moat image inspect -f '{{.Id}}' "$BUSYBOX")
	moat tag "$BUSYBOX" several/one:1
	moat pull -q "$REGISTRY/test/configured:latest"
	moat tag "$REGISTRY/test/configured:latest" several/two:2
	moat image save -o "$tar" several/one:1 several/two:2
	skopeo inspect --config "docker-archive:$tar:docker.io/several/one:1" >/dev/null
	skopeo inspect --config "oci-archive:$tar:1" >/dev/null
	moat image rm several/one:1 several/two:2
	mkdir "$BATS_TEST_TMPDIR/unpacked"
	tar -C "$BATS_TEST_TMPDIR/unpacked" -xf "$tar"
	run moat image load -i "$BATS_TEST_TMPDIR/unpacked"
	assert_status 0
	assert_has "Loaded image: several/one:1"
	assert_has "Loaded image: several/two:2"
	moat image rm several/one:1
	podman --root "$BATS_TEST_TMPDIR/podman" --storage-driver vfs load -q -i "$tar"
	podman --root "$BATS_TEST_TMPDIR/podman" --storage-driver vfs save -q --format docker-archive -o "$BATS_TEST_TMPDIR/podman.tar" several/one:1
	run moat image load -i "$BATS_TEST_TMPDIR/podman.tar"
	assert_status 0
	assert_equal "$(moat image inspect -f '{{.Id}}' localhost/several/one:1)" "$id"
}

@test "image load: docker's client loads what moat saved, and the other way round" {
	command -v docker >/dev/null || skip "the docker command line is not installed"
	export DOCKER_HOST=unix://$SOCKET
	docker tag "$BUSYBOX" by-docker:1
	docker save -o "$BATS_TEST_TMPDIR/docker.tar" by-docker:1
	moat image rm by-docker:1
	run moat image load -i "$BATS_TEST_TMPDIR/docker.tar"
	assert_has "Loaded image: by-docker:1"
	moat image rm by-docker:1
	run docker load -i "$BATS_TEST_TMPDIR/docker.tar"
	assert_status 0
	assert_has "Loaded image: by-docker:1"
	# As docker's own daemon has it, layers are told of, unless they are not asked for.
	moat image rm -f "$(moat image inspect -f '{{.Id}}' by-docker:1)"
	run curl -sS --unix-socket "$SOCKET" -T "$BATS_TEST_TMPDIR/docker.tar" -X POST http://moat/images/load
	jq -es 'map(select(.status == "Loading layer" and .id and .progressDetail.total > 0)) | length == 1' <<<"$output"
	jq -es '.[-1].stream == "Loaded image: by-docker:1\n"' <<<"$output"
	run curl -sS --unix-socket "$SOCKET" -T "$BATS_TEST_TMPDIR/docker.tar" -X POST "http://moat/images/load?quiet=1"
	assert_equal "$(jq -r .stream <<<"$output")" "Loaded image: by-docker:1"
	moat pull -q "$BUSYBOX"
}

# raw_sum SOURCE: of the index or manifest that skopeo finds there.
raw_sum() {
	skopeo inspect --raw --tls-verify=false "$1" | sha256sum
}

@test "image save and load: an image for another platform comes back beside others" {
	local name=$REGISTRY/test/multi:latest tar=$BATS_TEST_TMPDIR/two.tar
	moat pull -q --platform linux/arm64 "$name"
	moat image save -o "$tar" "$BUSYBOX" "$name"
	moat image rm "$name"
	run moat image load -i "$tar"
	assert_status 0
	assert_has "Loaded image: $BUSYBOX" "Loaded image: $name"
	assert_equal "$(moat image inspect -f '{{.Architecture}}' "$name")" arm64
	moat image rm "$name"
	# The same, where the archive's index says what it is for.
	mkdir "$BATS_TEST_TMPDIR/two"
	tar -xf "$tar" -C "$BATS_TEST_TMPDIR/two"
	jq '.manifests[1].platform = {os: "linux", architecture: "arm64"}' "$BATS_TEST_TMPDIR/two/index.json" >"$BATS_TEST_TMPDIR/index"
	mv "$BATS_TEST_TMPDIR/index" "$BATS_TEST_TMPDIR/two/index.json"
	moat image load -q -i "$BATS_TEST_TMPDIR/two"
	assert_equal "$(moat image inspect -f '{{.Architecture}}' "$name")" arm64
	moat image rm "$name"
	run moat image load --platform linux/amd64 -i "$BATS_TEST_TMPDIR/two"
	assert_has "Loaded image: $BUSYBOX"
	[[ $output != *"$name"* ]]
}

@test "image save and load: all platforms go there and back, and one of them alone" {
	local name image tar=$BATS_TEST_TMPDIR/all.tar to=$REGISTRY/transfer/all:1
	for name in "$REGISTRY/test/multi:latest" "$BAD_REGISTRY/honest/attested:latest" "$BAD_REGISTRY/honest/nested:latest"; do
		moat pull -q "$name"
		run moat image save -a -o "$tar" "$name"
		assert_error 1 "for one platform alone" --all-platforms
		[ ! -e "$tar" ]
		moat pull -q -a "$name"
		moat image save -a -o "$tar" "$name"
		assert_equal "$(raw_sum "oci-archive:$tar:latest")" "$(raw_sum "docker://$name")"
		# An index in an index is nothing that skopeo copies.
		[[ $name == *nested* ]] || skopeo --insecure-policy copy -q --all "oci-archive:$tar:latest" "dir:$BATS_TEST_TMPDIR/${name##*/}"
		moat image rm "$name"
		run moat image load -i "$tar"
		assert_has "Loaded image: $name"
		moat tag "$name" "$to"
		moat push -q -a "$to"
		assert_equal "$(raw_sum "docker://$to")" "$(raw_sum "docker://$name")"
		moat image rm "$name" "$to"
		rm "$tar"
	done
	name=$REGISTRY/test/multi:latest
	skopeo --insecure-policy copy -q --all --src-tls-verify=false "docker://$name" "oci-archive:$tar:$to"
	moat image load -q -i "$tar"
	moat push -q -a "$to"
	assert_equal "$(raw_sum "docker://$to")" "$(raw_sum "docker://$name")"
	moat image save --platform linux/arm64 -o "$BATS_TEST_TMPDIR/arm.tar" "$to"
	assert_equal "$(skopeo inspect --config "oci-archive:$BATS_TEST_TMPDIR/arm.tar" | jq -r .architecture)" arm64
	assert_equal "$(skopeo inspect --config "docker-archive:$BATS_TEST_TMPDIR/arm.tar" | jq -r .architecture)" arm64
	run moat image save --platform linux/s390x "$to"
	assert_error 1 "linux/s390x" "linux/arm64"
	run moat image save -a --platform linux/arm64 "$to"
	assert_error 1 "one platform and all platforms"
	run curl -sS --unix-socket "$SOCKET" -G --data-urlencode 'platform={"os":"linux","architecture":"s390x"}' \
		--data-urlencode "names=$to" http://moat/v1.44/images/get
	assert_has "linux/s390x"
	moat image rm "$to"
	moat image load -q --platform linux/arm64 -i "$tar"
	assert_equal "$(moat image inspect -f '{{.Architecture}}' "$to")" arm64
	moat image rm "$to"
}
