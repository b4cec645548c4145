#!/usr/bin/env bats
# Other people's clients of the Docker API, unmodified.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	export DOCKER_HOST=unix://$SOCKET
	own_docker_config
}

teardown_file() {
	file_teardown
}

# A registry that wants a login: user, password.
start_closed_registry() {
	local hash port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	hash=$(python3 -W ignore -c 'import crypt; print(crypt.crypt("password", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))')
	echo "user:$hash" >"$MOAT_ROOT/htpasswd"
	cat >"$MOAT_ROOT/closed.yml" <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $MOAT_ROOT/closed}}
		http: {addr: "127.0.0.1:$port"}
		auth: {htpasswd: {realm: closed, path: $MOAT_ROOT/htpasswd}}
	YML
	docker-registry serve "$MOAT_ROOT/closed.yml" >"$MOAT_ROOT/closed.log" 2>&1 3>&- &
	disown
	poll eval "curl -sS -o /dev/null http://127.0.0.1:$port/v2/"
	CLOSED=localhost:$port
}

@test "python: the Docker SDK runs, attaches, execs, watches, saves, logs in" {
	/usr/bin/python3 -c "import docker" 2>/dev/null || skip "the package python3-docker is not installed"
	start_closed_registry
	run timeout "$LIMIT" /usr/bin/python3 "$TESTS/integration/sdk.py" "$BUSYBOX" "$CLOSED" user password
	assert_status 0
}

@test "node: dockerode attaches, hijacks, execs, follows logs and events" {
	command -v node >/dev/null || skip "node is not installed"
	[ -d "$MOAT_BUILD/node/node_modules/dockerode" ] ||
		skip "dockerode is not in $MOAT_BUILD/node, and npm could not fetch it"
	NODE_PATH=$MOAT_BUILD/node/node_modules run timeout "$LIMIT" node "$TESTS/integration/node/client.js" "$BUSYBOX"
	assert_status 0
}

compose() {
	timeout --foreground -k 5 "$LIMIT" docker-compose --ansi never -p demo -f "$MOAT_ROOT/compose.yml" "$@"
}

@test "docker-compose: up, ps, logs, run, exec, restart, down: two services, an env file, a healthcheck" {
	command -v docker-compose >/dev/null || skip "the package docker-compose is not installed"
	echo "GREETING=hello from the file" >"$MOAT_ROOT/web.env"
	cat >"$MOAT_ROOT/compose.yml" <<-YML
		version: "2.4"
		services:
		  web:
		    image: $BUSYBOX
		    command: sh -c 'echo "\$\$GREETING"; touch /ready; exec sleep 10000'
		    env_file: web.env
		    network_mode: none
		    restart: unless-stopped
		    healthcheck: {test: [CMD, test, -e, /ready], interval: 300ms, retries: 10}
		  worker:
		    image: $BUSYBOX
		    command: sh -c 'echo "working as \$\$ROLE"; exec sleep 10000'
		    environment: {ROLE: worker}
		    network_mode: none
		    depends_on: {web: {condition: service_healthy}}
	YML
	run compose up -d
	assert_status 0
	run compose ps
	assert_status 0
	[[ $output =~ demo_web_1[^$'\n']*Up\ \(healthy\) ]]
	[[ $output =~ demo_worker_1[^$'\n']*Up ]]
	assert_equal "$(moat inspect -f '{{.HostConfig.RestartPolicy.Name}}' demo_web_1)" unless-stopped
	run compose logs
	assert_has "hello from the file"
	assert_has "working as worker"
	# A service that runs is linked to by its own one-off container.
	run compose run --rm -T worker echo once
	assert_status 0
	assert_has once
	run compose exec -T worker sh -c 'echo $ROLE; exit 3'
	assert_status 3
	assert_has worker
	run compose up -d
	assert_has "demo_web_1 is up-to-date"
	compose restart -t 0 worker
	is_state demo_worker_1 running
	run compose down -t 0
	assert_status 0
	assert_equal "$(moat ps -aq --filter label=com.docker.compose.project=demo)" ""
}

@test "docker-compose: two networks, aliases, fixed addresses, ports, a second up, one that makes all anew, down" {
	command -v docker-compose >/dev/null || skip "the package docker-compose is not installed"
	docker network create --subnet 10.91.7.0/24 outer >/dev/null
	cat >"$MOAT_ROOT/compose.yml" <<-YML
		version: "2.4"
		services:
		  web:
		    image: $BUSYBOX
		    command: httpd -f -h /etc
		    stop_grace_period: 1s
		    networks: {front: {aliases: [www]}, back: {ipv4_address: 10.91.8.9}}
		    ports: ["127.0.0.1::80", "127.0.0.1:5354:53/udp"]
		  worker:
		    image: $BUSYBOX
		    command: sleep 10000
		    networks: [back]
		    depends_on: [web]
		  guest:
		    image: $BUSYBOX
		    command: sleep 10000
		    networks: [outer, front]
		    links: ["web:site"]
		    mac_address: 02:42:0a:5b:07:63
		networks:
		  front: {}
		  back: {ipam: {config: [{subnet: 10.91.8.0/24}]}}
		  outer: {external: true}
	YML
	run compose up -d --scale worker=2
	assert_status 0
	assert_equal "$(moat inspect -f '{{.NetworkSettings.Networks.demo_back.IPAddress}}' demo_web_1)" 10.91.8.9
	# A service's name is that of all its containers.
	run compose exec -T web nslookup -type=a worker.
	for i in 1 2; do
		assert_has "Address: $(moat inspect -f '{{.NetworkSettings.Networks.demo_back.IPAddress}}' "demo_worker_$i")"
	done
	[[ $(moat inspect -f '{{.NetworkSettings.Networks.demo_front.Aliases}}' demo_web_1) == *www* ]]
	run compose exec -T worker timeout "$LIMIT" wget -q -O - http://10.91.8.9/hostname
	assert_equal "$output" "$(moat inspect -f '{{.Config.Hostname}}' demo_web_1)"
	run compose exec -T worker timeout "$LIMIT" wget -q -O - http://web/hostname
	assert_equal "$output" "$(moat inspect -f '{{.Config.Hostname}}' demo_web_1)"
	run compose exec -T guest timeout "$LIMIT" wget -q -O - http://site/hostname
	assert_equal "$output" "$(moat inspect -f '{{.Config.Hostname}}' demo_web_1)"
	run compose exec -T guest timeout 3 wget -q -O - http://10.91.8.9/hostname
	[ "$status" -ne 0 ]
	[[ $(moat inspect -f '{{.NetworkSettings.Networks.outer.IPAddress}}' demo_guest_1) == 10.91.7.* ]]
	# That of the network it was made with, though docker-compose connects it to that again.
	mode=$(moat inspect -f '{{.HostConfig.NetworkMode}}' demo_guest_1)
	assert_equal "$(moat inspect -f "{{(index .NetworkSettings.Networks \"$mode\").MacAddress}}" demo_guest_1)" 02:42:0a:5b:07:63
	run compose exec -T guest ip link
	assert_has 02:42:0a:5b:07:63
	assert_equal "$(curl -fsS "http://$(compose port web 80)/hostname")" "$(moat inspect -f '{{.Config.Hostname}}' demo_web_1)"
	run compose ps web
	assert_has "127.0.0.1:5354->53/udp"
	compose rm -s -f web
	run compose up -d web
	assert_status 0
	run compose up -d --force-recreate -t 0 web
	assert_status 0
	assert_equal "$(curl -fsS "http://$(compose port web 80)/hostname")" "$(moat inspect -f '{{.Config.Hostname}}' demo_web_1)"
	assert_equal "$(moat inspect -f '{{.NetworkSettings.Networks.demo_back.IPAddress}}' demo_web_1)" 10.91.8.9
	run compose down -t 0
	assert_status 0
	assert_equal "$(moat network ls --format '{{.Name}}' --filter label=com.docker.compose.project=demo)" ""
	docker network rm outer
}
