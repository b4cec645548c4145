#!/usr/bin/env bats
# The stock docker command line as a client of moatd.

load lib

setup_file() {
	have_docker || return 0
	file_setup
	start_moatd
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
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

@test "docker pull -a: all tags of a name" {
	run docker pull -a "$REGISTRY/test/busybox"
	assert_status 0
	assert_has "latest: Pulling from test/busybox" "other: Pulling from test/busybox"
	docker image inspect "$REGISTRY/test/busybox:other" "$REGISTRY/test/busybox:latest" >/dev/null
	docker rmi "$REGISTRY/test/busybox:other" >/dev/null
	run docker pull -a "$REGISTRY/test/nosuch"
	assert_error 1 "test/nosuch"
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
	run bash -c 'seq 200000 | timeout "$LIMIT" docker run --rm -i "$BUSYBOX" cat | sha256sum'
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

	poll eval 'docker logs dbox 2>&1 | grep -q oops'
	run --separate-stderr docker logs dbox
	assert_equal "$output" hello
	assert_equal "$stderr" oops

	run docker exec dbox sh -c 'echo "$FROM"; exit 3'
	assert_status 3
	assert_equal "$output" docker
	run bash -c 'echo in | timeout "$LIMIT" docker exec -i dbox cat'
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

@test "docker inspect: every member of a HostConfig and of NetworkSettings is there, with docker's defaults" {
	local made
	docker create --name theirs "$BUSYBOX" true
	moat create --name ours "$BUSYBOX" true
	for made in theirs ours; do
		run docker inspect -f '{{with .HostConfig}}{{.LogConfig.Type}} {{.ShmSize}} {{.IpcMode}} {{.CgroupnsMode}} {{.Runtime}} {{.AutoRemove}} {{json .CapAdd}} {{json .Dns}} {{json .Devices}} {{.RestartPolicy.Name}} {{json .PidsLimit}} {{json .OomKillDisable}}{{end}}' "$made"
		assert_equal "$output" "json-file 67108864 private private moat false null [] [] no null null"
		run docker inspect -f '[{{.NetworkSettings.Gateway}}] {{.NetworkSettings.IPPrefixLen}} {{json .State.Health}} {{json .Config.Healthcheck}}' "$made"
		assert_equal "$output" "[] 0 null null"
		run moat inspect -f '{{slice .Name 1}} {{.State.Health}} {{.Config.Healthcheck}} {{.HostConfig.Runtime}} [{{.NetworkSettings.Gateway}}] {{len .HostConfig.Tmpfs}}' "$made"
		assert_equal "$output" "$made <nil> <nil> moat [] 0"
	done
	docker rm theirs ours
}

@test "docker run --network -p: aliases, ports of both kinds; port, ps, inspect and network inspect say where" {
	local at id
	docker network create --subnet 10.92.3.0/24 ports >/dev/null
	id=$(docker run -d --name web --network ports --network-alias www --add-host here:host-gateway -p 127.0.0.1::80 -p 127.0.0.1:5353:53/udp \
		"$BUSYBOX" sh -c 'echo served >/index.html; exec httpd -f -h /')
	at=$(docker port web 80)
	[[ $at == 127.0.0.1:* ]]
	poll curl -fsS "http://$at/"
	assert_equal "$(curl -fsS "http://$at/")" served
	run docker ps --filter name=web --format '{{.Ports}}'
	assert_has "127.0.0.1:5353->53/udp"
	assert_has "$at->80/tcp"
	assert_equal "$(docker inspect -f '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' web)" "${at##*:}"
	assert_equal "$(docker network inspect -f "{{(index .Containers \"$id\").Name}} {{(index .Containers \"$id\").IPv4Address}}" ports)" "web 10.92.3.2/24"
	run docker run --rm --network ports "$BUSYBOX" timeout "$LIMIT" wget -q -O - http://www/
	assert_equal "$output" served
	run docker exec web sh -c "grep -w here /etc/hosts; nslookup -type=a host.docker.internal."
	assert_has "Address: $(awk '/here$/ { print $1 }' <<<"$output")"
	docker rm -f web
	docker network rm ports
}

@test "docker: outside a swarm what is of a swarm says so; plugins there are none" {
	local kind
	for kind in node service config; do
		run docker "$kind" ls
		assert_error 1 'Error response from daemon: This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
	done
	run docker service inspect nosuch
	assert_has "This node is not a swarm manager"
	run docker swarm init
	assert_error 1 "moat does not serve POST /swarm/init yet"
	run docker plugin ls -q --filter enabled=true
	assert_status 0
	assert_equal "$output" ""
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

@test "docker: a running container, watched and changed: pause, top, stats, update, rename, port, kill -s, restart, wait" {
	docker run -d --name busy --label of=test "$BUSYBOX" sh -c 'trap "exit 6" USR1; while :; do echo tick; sleep 0.1; done'
	docker pause busy
	assert_equal "$(docker ps --filter status=paused --format '{{.Names}}')" busy
	docker unpause busy
	run docker top busy
	assert_has "sleep 0.1"
	run docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemPerc}}' busy
	[[ $output =~ ^busy\ [1-9]\ [0-9.]+%$ ]]
	docker update --restart on-failure:2 busy
	docker rename busy busier
	run docker inspect -f '{{.Name}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}' busier
	assert_equal "$output" "/busier on-failure 2"
	docker update --restart no busier
	run docker port busier
	assert_equal "$output" ""
	run docker logs --tail 1 busier
	assert_equal "$output" tick
	run docker ps -s --no-trunc --filter label=of=test --format '{{.ID}} {{.Size}}'
	[[ $output =~ ^[0-9a-f]{64}\ .*virtual ]]
	docker restart -t 0 busier
	(docker wait busier busier >"$BATS_TEST_TMPDIR/codes") 3>&- &
	poll eval 'docker kill -s USR1 busier; is_state busier exited'
	wait $!
	assert_equal "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/codes")" "6 6 "
	docker rm -v busier
}

@test "docker attach: takes part, without standard input, and leaves by its keys" {
	docker run -dit --name shell "$BUSYBOX" sh
	run python3 "$TESTS/integration/terminal.py" 20x70 'send:echo a$((40 + 2))b\n' 'expect:a42b' 'send:\x01d' -- \
		docker attach --detach-keys ctrl-a,d shell
	assert_has "read escape sequence"
	is_state shell running
	run docker exec -it shell true
	assert_error 1 "not a TTY"
	docker rm -f shell
	run docker start -ai "$(docker create -i "$BUSYBOX" sh -c 'cat; exit 4')" <<<through
	assert_status 4
	assert_equal "$output" through
}

@test "docker events: filters, since and until, exec and health among them" {
	local since
	since=$(date +%s.%N)
	docker run -d --name seen --health-cmd true --health-interval 200ms "$BUSYBOX" sleep 1000
	docker exec seen true
	poll eval '[ "$(docker inspect -f "{{.State.Health.Status}}" seen)" = healthy ]'
	docker rm -f seen
	run docker events --since "$since" --until "$(date +%s.%N)" --filter container=seen --format '{{.Action}}'
	assert_has "health_status: healthy"
	# It comes when it will.
	output=$(grep -v '^health_status' <<<"$output")
	assert_has "create
start"
	assert_has "exec_create: true
exec_start: true"
	assert_has "die
destroy"
	run docker events --since "$since" --until "$(date +%s.%N)" --filter container=seen --filter event=exec_start \
		--filter event=die --format '{{.Type}} {{.Action}}'
	assert_equal "$output" "container exec_start: true
container die"
}

@test "docker image: tag, history, save, load, import, inspect, prune" {
	docker image tag "$BUSYBOX" copied:1
	run docker image history -q copied:1
	assert_status 0
	docker image save copied:1 >"$BATS_TEST_TMPDIR/copied.tar"
	docker image rm copied:1
	run docker image load -q -i "$BATS_TEST_TMPDIR/copied.tar"
	assert_equal "$output" "Loaded image: copied:1"
	assert_equal "$(docker image inspect -f '{{.Id}}' copied:1)" "$(docker image inspect -f '{{.Id}}' "$BUSYBOX")"
	assert_equal "$(docker images --filter reference=copied -q | wc -l)" 1
	mkdir "$BATS_TEST_TMPDIR/root"
	tar -C "$BATS_TEST_TMPDIR/root" -c . | docker image import - imported:1
	run docker image inspect -f '{{.Os}}/{{.Architecture}}' imported:1
	assert_equal "$output" "$(docker version -f '{{.Server.Os}}/{{.Server.Arch}}')"
	run docker image prune -a -f --filter until=876000h
	assert_has "Total reclaimed space: 0B"
	run docker image rm copied:1 imported:1
	assert_has "Deleted: sha256:"
}

@test "docker system: info, df, prune; networks and volumes there are; login; what is missing is named" {
	run docker info -f '{{.OSType}} {{.Driver}} {{len .Warnings}}'
	assert_equal "$output" "linux erofs 0"
	run docker info -f '{{.CPUSet}} {{.CPUShares}} {{.LiveRestoreEnabled}} {{.InitBinary}} {{.Plugins.Log}} {{.RegistryConfig.InsecureRegistryCIDRs}} {{.Swarm.ControlAvailable}}'
	assert_equal "$output" "true true true moat-init [json-file local] [::1/128 127.0.0.0/8] false"
	run docker info -f '{{gt .NFd 3}} {{gt .NGoroutines 1}} {{.IPv4Forwarding}} {{.Plugins.Network}}'
	assert_equal "$output" "true true true [bridge null]"
	run docker system df -v
	assert_status 0
	assert_equal "$(docker network ls --format '{{.Name}} {{.Driver}}' | sort)" "$(printf 'bridge bridge\nnone null')"
	assert_equal "$(docker volume ls -q)" ""
	run docker login -u user -p password "$REGISTRY"
	assert_has "Login Succeeded"
	run docker search nothing
	assert_error 1 "moat does not search registries"
	docker create --name pruned "$BUSYBOX" true
	run docker system prune -f --filter label=nosuch
	docker inspect pruned >/dev/null
	run docker container prune -f
	assert_status 0
	no_container pruned
}
