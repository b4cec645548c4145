#!/usr/bin/env bats
# docs/api/openapi.yaml says what is served, and what is served is as it says.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
}

setup() {
	/usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null ||
		skip "python3-jsonschema or python3-yaml is not installed"
}

teardown_file() {
	file_teardown
}

@test "openapi: every route is documented, and every documented path has a route" {
	run /usr/bin/python3 "$TESTS/integration/openapi.py" routes
	assert_status 0
}

@test "openapi: every answer has the shape that is documented, errors too" {
	run timeout "$LIMIT" /usr/bin/python3 "$TESTS/integration/openapi.py" answers "$BUSYBOX"
	assert_status 0
}
