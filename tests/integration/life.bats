#!/usr/bin/env bats
# What happens to containers beyond start and stop: pause, restart policies, health, updates, prunes.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

# What a test that failed has left would be in the way of those that follow.
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || moat ps -aq | xargs -r "$MOAT_BUILD/moat" rm -f
}

restart_moatd() {
	kill_moatd
	start_moatd
}

# of NAME FILTER: a member of inspect's object.
of() {
	moat inspect "$1" | jq -r ".[0]$2"
}

is_of() {
	[ "$(of "$1" "$2")" = "$3" ]
}

# stands_still NAME: for a second nothing is put out.
stands_still() {
	local before
	before=$(moat logs "$1" | wc -l)
	sleep 1
	[ "$(moat logs "$1" | wc -l)" = "$before" ]
}

@test "pause: stats are those of the moment before, whoever had asked for any" {
	moat run -d --name still "$BUSYBOX" sh -c 'sleep 1000 & echo up; wait' >/dev/null
	poll log_has still up
	moat pause still >/dev/null
	run moat stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' still
	assert_status 0
	[[ $output != 0B* ]]
	[ "${output##* }" -ge 2 ]
	moat rm -f still >/dev/null
}

@test "pause: time in the container stands still, unpause lets it go on, events tell" {
	local engine ticks since
	since=$(date +%s)
	moat run -d --name ticker "$BUSYBOX" sh -c 'while :; do echo tick; sleep 0.05; done' >/dev/null
	poll log_has ticker tick
	moat pause ticker
	is_state ticker paused
	assert_equal "$(of ticker .State.Running)" true
	assert_equal "$(of ticker .State.Paused)" true
	run moat ps
	assert_has "(Paused)"
	engine=$(engine_pid ticker)
	# What was on its way may still come.
	poll stands_still ticker
	ticks=$(moat logs ticker | wc -l)
	run moat pause ticker
	assert_error 1 "already paused"
	run moat exec ticker true
	assert_has "paused"
	[ "$status" -ne 0 ]
	run curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$SOCKET" -H 'Content-Type: application/json' \
		-d '{"Cmd":["true"]}' http://moat/containers/ticker/exec
	assert_equal "$output" 409
	run moat rm ticker
	assert_error 1 paused
	moat unpause ticker
	is_state ticker running
	assert_equal "$(engine_pid ticker)" "$engine"
	poll eval '[ "$(moat logs ticker | wc -l)" -gt "'"$ticks"'" ]'
	run moat unpause ticker
	assert_error 1 "not paused"
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=ticker
	assert_has "container pause"
	assert_has "container unpause"
}

@test "pause: is known to a new moatd, and stop lets the workload say goodbye" {
	moat run -d --name sleeper "$BUSYBOX" sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null
	poll log_has sleeper ready
	moat pause sleeper
	restart_moatd
	is_state sleeper paused
	moat stop sleeper
	is_state sleeper exited
	assert_equal "$(of sleeper .State.ExitCode)" 9
	assert_equal "$(of sleeper .State.Paused)" false
	run moat pause sleeper
	assert_error 1 "not running"
	moat rm sleeper
}

@test "pause: kill and rm -f of a paused container" {
	moat pause ticker
	moat kill ticker
	poll is_state ticker exited
	assert_equal "$(of ticker .State.ExitCode)" 137
	moat start ticker
	moat pause ticker
	moat rm -f ticker
	run moat inspect ticker
	assert_error 1 ticker
}

@test "restart policy: always starts it again, with a back-off; stop ends that" {
	moat run -d --name phoenix --restart always "$BUSYBOX" sh -c 'echo up; exit 3' >/dev/null
	poll eval '[ "$(of phoenix .RestartCount)" -ge 2 ]'
	moat stop phoenix
	poll is_state phoenix exited
	assert_equal "$(of phoenix .HostConfig.RestartPolicy.Name)" always
	sleep 1
	is_state phoenix exited
	run moat ps -a
	assert_has "Exited ("
	moat rm phoenix
}

@test "restart policy: on-failure:1 gives up after one restart, exit 0 is no failure" {
	moat run -d --name failing --restart on-failure:1 "$BUSYBOX" sh -c 'echo up; exit 5' >/dev/null
	poll eval '[ "$(moat logs failing | grep -c up)" = 2 ]'
	poll is_state failing exited
	assert_equal "$(of failing .RestartCount)" 1
	assert_equal "$(of failing .State.ExitCode)" 5
	moat rm failing
	moat run --name fine --restart on-failure "$BUSYBOX" true
	sleep 0.5
	assert_equal "$(of fine .RestartCount)" 0
	moat rm fine
}

@test "restart policy: a new moatd starts what ended meanwhile, but not what was stopped" {
	local pid
	moat run -d --name kept --restart unless-stopped "$BUSYBOX" sleep 100000 >/dev/null
	moat run -d --name ended --restart unless-stopped "$BUSYBOX" sleep 100000 >/dev/null
	moat stop -t 0 ended
	pid=$(moatd_pid)
	kill -9 "$pid" "$(shim_pid kept)"
	poll gone "$pid"
	start_moatd
	poll is_state kept running
	is_state ended exited
	moat rm -f kept ended
}

@test "restart policy: what makes no sense is refused" {
	run moat run --rm --restart always "$BUSYBOX" true
	assert_error 125 "can't create 'AutoRemove' container with restart policy"
	run moat create --restart never "$BUSYBOX" true
	assert_error 1 "unknown policy 'never'"
	run moat create --restart always:3 "$BUSYBOX" true
	assert_error 1 "maximum retry count"
}

@test "health: a check makes a container healthy and unhealthy, and its output is kept" {
	local since
	since=$(date +%s)
	moat run -d --name checked --health-cmd 'echo looked; test -e /well' --health-interval 200ms \
		--health-retries 2 "$BUSYBOX" sh -c 'touch /well; sleep 100000' >/dev/null
	poll is_of checked .State.Health.Status healthy
	run moat ps
	assert_has "(healthy)"
	# The first ones may have come before the workload.
	assert_equal "$(of checked '.State.Health.Log[-1].Output')" looked
	assert_equal "$(of checked '.State.Health.Log[-1].ExitCode')" 0
	moat exec checked rm /well
	poll is_of checked .State.Health.Status unhealthy
	run moat ps --filter health=unhealthy
	assert_has checked
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=checked
	assert_has "health_status: healthy"
	assert_has "health_status: unhealthy"
	restart_moatd
	moat exec checked touch /well
	poll is_of checked .State.Health.Status healthy
	moat rm -f checked
}

@test "health: a check that takes too long has failed, and is killed" {
	moat run -d --name slow --health-cmd 'echo waiting; sleep 5000' --health-interval 100ms \
		--health-timeout 500ms --health-retries 1 "$BUSYBOX" sleep 100000 >/dev/null
	poll is_of slow .State.Health.Status unhealthy
	[[ $(of slow '.State.Health.Log[0].Output') == *"exceeded timeout (0.5s)"* ]]
	assert_equal "$(of slow '.State.Health.Log[0].ExitCode')" -1
	moat rm -f slow
}

@test "update: the restart policy of a running container, limits of a stopped one" {
	moat run -d --name changed "$BUSYBOX" sh -c 'while [ ! -e /go ]; do sleep 0.1; done; rm /go; exit 4' >/dev/null
	moat update --restart on-failure:1 changed
	assert_equal "$(of changed .HostConfig.RestartPolicy.MaximumRetryCount)" 1
	run moat update changed
	assert_error 1 "nothing to update"
	moat exec -d changed touch /go
	poll is_of changed .RestartCount 1
	poll is_state changed running
	moat stop -t 0 changed
	moat update -m 300m changed
	assert_equal "$(of changed .HostConfig.Memory)" 314572800
	moat start changed
	assert_equal "$(moat exec changed cat /sys/fs/cgroup/memory.max)" 314572800
	moat rm -f changed
}

@test "container prune: removes what has ended and says what that gave back" {
	moat run --name over --label tidy=yes "$BUSYBOX" true
	moat run --name stays "$BUSYBOX" true
	run moat container prune -f --filter label=tidy
	assert_status 0
	assert_has "Total reclaimed space"
	no_container over
	moat inspect stays >/dev/null
	run moat container prune -f --filter until=24h
	moat inspect stays >/dev/null
	run docker -H "unix://$SOCKET" container prune -f
	assert_status 0
	no_container stays
}

@test "prune: asks without a terminal too, and removes nothing without a yes" {
	local what
	moat run --name asked "$BUSYBOX" true
	for what in container system; do
		run moat "$what" prune </dev/null
		assert_status 0
		assert_has "continue? [y/N]"
		run moat "$what" prune <<<n
		assert_status 0
	done
	moat image prune -a </dev/null
	moat inspect asked "$BUSYBOX" >/dev/null
	run moat container prune <<<y
	assert_status 0
	no_container asked
}

@test "image prune, system df, system prune: images nobody uses go, others stay" {
	moat pull -q "$REGISTRY/test/configured:latest" >/dev/null
	moat create --name user "$BUSYBOX" true
	run moat system df
	assert_has Images
	assert_equal "$(moat system df -v --format json | jq '.Containers[0].SizeRw')" 0
	run moat image prune -f
	moat image inspect "$REGISTRY/test/configured:latest" >/dev/null
	run moat image prune -a -f
	assert_status 0
	run moat image inspect "$REGISTRY/test/configured:latest"
	assert_error 1 "No such image"
	moat image inspect "$BUSYBOX" >/dev/null
	run docker -H "unix://$SOCKET" system df
	assert_status 0
	assert_has Containers
	run docker -H "unix://$SOCKET" system prune -f
	assert_status 0
	no_container user
}

@test "image save: moat load and skopeo read it, an unknown image is an error" {
	local id image=$REGISTRY/test/plain:latest
	moat pull -q "$image"
	id=$(moat image inspect "$image" | jq -r '.[0].Id')
	moat image save -o "$BATS_TEST_TMPDIR/a.tar" "$image"
	run skopeo inspect --config "docker-archive:$BATS_TEST_TMPDIR/a.tar"
	assert_status 0
	run skopeo inspect "oci-archive:$BATS_TEST_TMPDIR/a.tar:latest"
	assert_status 0
	docker -H "unix://$SOCKET" save -o "$BATS_TEST_TMPDIR/docker.tar" "$image"
	tar -tf "$BATS_TEST_TMPDIR/docker.tar" manifest.json
	moat image rm "$image"
	moat image load -i "$BATS_TEST_TMPDIR/a.tar"
	assert_equal "$(moat image inspect "$image" | jq -r '.[0].Id')" "$id"
	moat image rm "$image"
	run moat image save -o "$BATS_TEST_TMPDIR/b.tar" nosuch
	assert_error 1 "nosuch"
	[ ! -e "$BATS_TEST_TMPDIR/b.tar" ]
}

@test "top: lists the processes of a container, with its own pids" {
	moat run -d --name busy "$BUSYBOX" sh -c 'sleep 7777 & exec sleep 8888' >/dev/null
	poll eval 'moat top busy | grep -q "[0-9]  *sleep 7777" && moat top busy | grep -q "[0-9]  *sleep 8888"'
	run moat top busy
	[[ ${lines[0]} == UID*PID*PPID*CMD* ]]
	assert_has "sleep 8888"
	assert_equal "$(moat top busy | awk '/sleep 8888/ { print $1, $2, $3 }')" "root 1 0"
	assert_equal "$(moat top busy | awk '/sleep 7777/ { print $3 }')" 1
	run docker -H "unix://$SOCKET" top busy
	assert_has "sleep 7777"
	assert_equal "$(docker -H "unix://$SOCKET" top busy -eo pid,comm | awk '$1 == 1 { print $2 }')" sleep
	run moat top busy aux
	[[ ${lines[0]} == USER*PID*%CPU*%MEM*VSZ*RSS*TTY*STAT*START*TIME*COMMAND* ]]
	assert_has "sleep 8888"
	assert_equal "$(moat top busy -o stat,rss,ppid,args | awk '/sleep 7777/ { print $1, ($2 > 0), $3 }')" "S 1 1"
	run moat top busy -o pid,nosuch
	assert_error 1 'unknown column "nosuch"'
	run docker -H "unix://$SOCKET" top busy -Z
	assert_error 1 'ps'"'"'s option "-Z"'
}

# docker's client waits for two seconds, of which the sample takes one.
docker_counts_two() {
	[ "$(docker -H "unix://$SOCKET" stats --no-stream --format '{{.Name}} {{.PIDs}}' "$1")" = "$1 2" ]
}

@test "stats: cpu, memory and processes of a container, and its memory on the host" {
	local pid first second host=()
	run moat stats --no-stream busy
	assert_has "MEM USAGE"
	assert_has "GIVEN BACK"
	assert_has busy
	run moat stats --no-stream --format json
	assert_equal "$(jq -r 'select(.Name == "busy").PIDs' <<<"$output")" 2
	run curl -sS --unix-socket "$SOCKET" 'http://moat/containers/busy/stats?stream=0'
	assert_status 0
	jq -e '.cpu_stats.cpu_usage.total_usage > 0 and .memory_stats.usage > 0
		and .memory_stats.limit > .memory_stats.usage and .moat.host_memory_bytes > 1000000
		and .moat.guest_used_bytes > 0 and .moat.guest_cache_bytes > 0 and .moat.given_back_bytes >= 0
		and .memory_stats.stats.file == .moat.guest_cache_bytes
		and .cpu_stats.system_cpu_usage > .precpu_stats.system_cpu_usage' <<<"$output"
	# What the host charges in the same time bounds it, but for a clock tick of each.
	pid=$(of busy .State.Pid)
	host+=("$(host_msec "$pid")")
	first=$(said_msec busy)
	host+=("$(host_msec "$pid")")
	moat exec busy sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'
	host+=("$(host_msec "$pid")")
	second=$(said_msec busy)
	host+=("$(host_msec "$pid")")
	[ $((second - first)) -ge $((host[2] - host[1] - 20)) ]
	[ $((second - first)) -le $((host[3] - host[0] + 20)) ]
	poll docker_counts_two busy
	moat pause busy
	poll docker_counts_two busy
	run moat top busy
	assert_error 1 paused
	moat rm -f busy
	run moat stats --no-stream busy
	assert_error 1 "busy"
}

# throttling_of NAME FILTER: of what its stats say of its limit of processor time.
throttling_of() {
	curl -sS --unix-socket "$SOCKET" "http://moat/containers/$1/stats?stream=0&one-shot=1" | jq -e ".cpu_stats.throttling_data | $2"
}

@test "stats: how often a limit of processor time was reached, and for how long" {
	local before after said
	moat run -d --name held --cpus 0.2 "$BUSYBOX" sh -c 'while :; do :; done' >/dev/null
	poll throttling_of held '.throttled_periods > 3 and .throttled_time > 0'
	before=$(moat exec held awk '/^nr_(periods|throttled)|^throttled/ { print $2 }' /sys/fs/cgroup/cpu.stat)
	said=$(throttling_of held '.periods, .throttled_periods, .throttled_time / 1000')
	after=$(moat exec held awk '/^nr_(periods|throttled)|^throttled/ { print $2 }' /sys/fs/cgroup/cpu.stat)
	paste <(echo "$before") <(echo "$said") <(echo "$after") | awk '$1 > $2 || $2 > $3 { exit 1 } END { exit NR != 3 }'
	moat rm -f held
	moat run -d --name free "$BUSYBOX" sleep 1000 >/dev/null
	throttling_of free '.throttled_periods == 0 and .throttled_time == 0'
	moat rm -f free
}

@test "run -it --detach-keys: leaves the container running, attach takes them too" {
	run python3 "$TESTS/integration/terminal.py" 20x70 'expect:#' 'send:\x01d' -- \
		"$MOAT_BUILD/moat" run -it --name left --detach-keys ctrl-a,d "$BUSYBOX" sh
	assert_status 0
	is_state left running
	run python3 "$TESTS/integration/terminal.py" 20x70 'send:echo a$((40 + 2))b\n' 'expect:a42b' \
		'send:\x10\x11' -- "$MOAT_BUILD/moat" attach left
	assert_status 0
	is_state left running
	run python3 "$TESTS/integration/terminal.py" 20x70 'send:echo a$((40 + 2))b\n' 'expect:a42b' \
		'send:\x10\x11' -- "$MOAT_BUILD/moat" exec -it left sh
	assert_equal "$(moat events --since 1h --until 0s --filter container=left --filter event=detach \
		--filter event=exec_detach --format '{{.Action}} {{with .Actor.Attributes.execID}}{{len .}}{{end}}')" \
		$'detach \ndetach \nexec_detach 64'
	run moat exec --detach-keys ctrl-1 left true
	assert_error 1 "invalid detach keys"
	moat rm -f left
}
