# Helpers of the tests of containers' files from outside. A running container of theirs is box.

files_setup() {
	file_setup
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
	moat run -d --name box "$BUSYBOX" sleep 1000 >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	HERE=$BATS_TEST_TMPDIR
	cd "$HERE"
}

docker() {
	timeout --foreground -k 5 "$LIMIT" docker "$@"
}

have_docker() {
	command -v docker >/dev/null || skip "the docker command line is not installed"
}

in_box() {
	moat exec box sh -c "$1"
}

tarcheck() {
	python3 "$TESTS/integration/tarcheck.py" "$@"
}

api() {
	curl -sS --max-time 60 --unix-socket "$SOCKET" "$@"
}
