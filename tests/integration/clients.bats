#!/usr/bin/env bats
# Other people's clients of the Docker API, unmodified.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
}

teardown_file() {
	file_teardown
}

@test "python: the Docker SDK runs, execs, watches, pauses, updates and removes" {
	python3 -c 'import docker' 2>/dev/null || skip "the package python3-docker is not installed"
	run timeout 100 python3 "$TESTS/integration/sdk.py" "$BUSYBOX"
	assert_status 0
}
