#!/usr/bin/env bats
# The stock docker command line as a client of moatd.

load lib

setup_file() {
	have_docker || return 0
	file_setup
	start_moatd
	export DOCKER_HOST=unix://$SOCKET DOCKER_CONFIG=$SUITE/docker-config
	mkdir -p "$DOCKER_CONFIG"
	docker pull -q "$BUSYBOX" >/dev/null
}

setup() {
	have_docker || skip "the docker command line is not installed"
}

teardown_file() {
	have_docker || return 0
	file_teardown
}

have_docker() {
	command -v docker >/dev/null
}

docker() {
	timeout --foreground -k 5 "$LIMIT" docker "$@"
}

@test "docker version: knows client and server" {
	run docker version
	assert_status 0
	assert_has "Server:"
	assert_has moat
	run docker version --format '{{.Server.APIVersion}} {{.Server.Os}}'
	[[ $output =~ ^1\.[0-9]+\ linux$ ]]
}

@test "docker pull: shows progress and the digest" {
	run docker pull "$REGISTRY/test/zstd:latest"
	assert_status 0
	assert_has "Digest: sha256:"
	assert_has "Status: Downloaded newer image for $REGISTRY/test/zstd:latest"
	run docker pull "$REGISTRY/test/nosuch:latest"
	[ "$status" -ne 0 ]
	assert_has nosuch
}

@test "docker images: lists what was pulled" {
	run docker images --format '{{.Repository}}:{{.Tag}}'
	assert_status 0
	assert_has "$BUSYBOX"
	run docker images -q "$BUSYBOX"
	assert_equal "${#lines[@]}" 1
}

@test "docker run: output, errors and exit status" {
	run --separate-stderr docker run --rm -e A=b -w /etc --hostname h "$BUSYBOX" \
		sh -c 'echo "$A $PWD $(hostname)"; echo err >&2; exit 12'
	assert_status 12
	assert_equal "$output" "b /etc h"
	assert_equal "$stderr" err
	run docker ps -aq
	assert_equal "$output" ""
}

@test "docker run -i: standard input, exactly" {
	run bash -c 'seq 200000 | timeout 100 docker run --rm -i "$BUSYBOX" cat | sha256sum'
	assert_equal "$output" "$(seq 200000 | sha256sum)"
}

@test "docker run -it: a terminal that follows resizing" {
	run python3 "$TESTS/integration/terminal.py" 31x97 'expect:#' 'send:stty size\n' 'expect:31 97' \
		'resize:40x120' 'send:while [ "$(stty size)" != "40 120" ]; do :; done; echo re""sized\n' \
		'expect:resized' 'send:exit 5\n' -- docker run --rm -it "$BUSYBOX" sh
	assert_status 5
}

@test "docker run: failures have docker's exit statuses" {
	run -127 docker run --rm "$BUSYBOX" nosuchcommand
	assert_status 127
	assert_has nosuchcommand
	run docker run --rm "$BUSYBOX" /etc/passwd
	assert_status 126
	run docker run --rm "$REGISTRY/test/nosuch:latest"
	assert_status 125
}

@test "docker run: an image that is not there is pulled" {
	run docker run --rm "$REGISTRY/test/plain:latest" echo pulled
	assert_status 0
	assert_has pulled
}

@test "docker: the life of a container: run -d, ps, logs, exec, inspect, stop, start, wait, rm" {
	run docker run -d --name dbox -e FROM=docker "$BUSYBOX" \
		sh -c 'trap "exit 4" TERM; echo hello; echo oops >&2; while :; do sleep 0.1; done'
	assert_status 0
	[[ $output =~ ^[0-9a-f]{64}$ ]]

	run docker ps --format '{{.Names}} {{.Image}} {{.State}} {{.Status}}'
	[[ $output == "dbox $BUSYBOX running Up "* ]]

	poll 60 eval 'docker logs dbox 2>&1 | grep -q oops'
	run --separate-stderr docker logs dbox
	assert_equal "$output" hello
	assert_equal "$stderr" oops

	run docker exec dbox sh -c 'echo "$FROM"; exit 3'
	assert_status 3
	assert_equal "$output" docker
	run bash -c 'echo in | timeout 100 docker exec -i dbox cat'
	assert_equal "$output" in

	run docker inspect -f '{{.State.Running}} {{.Config.Image}} {{.Name}}' dbox
	assert_equal "$output" "true $BUSYBOX /dbox"

	docker stop dbox
	run docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' dbox
	assert_equal "$output" "exited 4"
	run docker ps -q
	assert_equal "$output" ""
	run docker ps -a --format '{{.Status}}'
	[[ $output == "Exited (4) "* ]]

	docker start dbox
	run docker inspect -f '{{.State.Status}}' dbox
	assert_equal "$output" running
	docker kill dbox
	run docker wait dbox
	assert_equal "$output" 137
	docker rm dbox
	run docker inspect dbox
	[ "$status" -ne 0 ]
}

@test "docker rm -f, docker rmi" {
	docker run -d --name gone "$BUSYBOX" sleep 1000 >/dev/null
	docker rm -f gone
	docker pull -q "$REGISTRY/test/schema2:latest" >/dev/null
	run docker rmi "$REGISTRY/test/schema2:latest"
	assert_status 0
	assert_has Untagged
}

@test "docker: moat sees the same containers and images" {
	docker run --name both "$BUSYBOX" true
	run moat ps -a
	assert_has both
	run moat image ls
	assert_has "${BUSYBOX%:*}"
	moat rm both
}
