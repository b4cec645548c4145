#!/usr/bin/env bats
# What the commands print: formats, filters, columns, and the names docker's users type.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run -d --name shown --label com.x.y=z --label plain "$BUSYBOX" sleep 10000
	moat run --name ended "$BUSYBOX" sh -c "echo last; exit 3" || true
}

teardown_file() {
	file_teardown
}

yaml() {
	python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'
}

@test "format: ps as a template, with docker's fields, pipes and functions" {
	run moat ps -a --format '{{.Names}} {{upper .State}} {{.Image | json}}{{if eq .State "exited"}} over{{end}}'
	assert_status 0
	assert_equal "${lines[0]}" "ended EXITED \"$BUSYBOX\" over"
	assert_equal "${lines[1]}" "shown RUNNING \"$BUSYBOX\""
	run moat ps --format 'table {{.ID}}\t{{.Names}}\t{{.Label "com.x.y"}}'
	[[ ${lines[0]} =~ ^CONTAINER\ ID\ +NAMES\ +com.x.y$ ]]
	[[ ${lines[1]} =~ ^[0-9a-f]{12}\ +shown\ +z$ ]]
}

@test "format: an unknown field, a template that is none, and an unknown format are clear errors" {
	run moat ps --format '{{.Nmaes}}'
	assert_error 1 'no field "Nmaes"' Names
	run moat ps --format '{{.Names'
	assert_error 1 "}}"
	run moat ps --format xml
	assert_error 1 'unknown format "xml"' yaml
}

@test "format: json and yaml of every list and object can be read back" {
	local command moving
	for command in "ps -a" "image ls" "image history $BUSYBOX" "system df" "system template ls" "stats --no-stream" \
		"events --since 1h --until 0s"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr moat $command --format json
		assert_status 0
		jq -se 'length > 0 and all(.[]; type == "object")' <<<"$output"
		# What may be another figure a moment later.
		moving='.Status, .RunningFor, .CreatedSince, .UsedSince'
		[ "$command" != "system df" ] || moving='.Size, .Reclaimable'
		# shellcheck disable=SC2086
		[ "$command" = "stats --no-stream" ] ||
			assert_equal "$(moat $command --format yaml | yaml | jq -cS "map(del($moving))")" "$(jq -cS "del($moving)" <<<"$output" | jq -cs .)"
	done
	for command in "inspect shown" "system info" version "system df -v" "system kernel show" "top shown"; do
		# shellcheck disable=SC2086
		assert_equal "$(moat $command --format yaml | yaml | jq -c 'keys')" "$(moat $command --format json | jq -c 'keys')"
	done
}

@test "format: inspect by template, over containers and images" {
	run moat inspect -f '{{.Name}} {{.State.Running}} {{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}' shown
	assert_equal "$output" "/shown true com.x.y=z;plain=;"
	run moat inspect -f '{{.Id}}' shown "$BUSYBOX"
	assert_equal "${lines[0]}" "$(id_of shown)"
	[[ ${lines[1]} == sha256:* ]]
	run moat inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{len .Config.Cmd}}' shown
	assert_equal "$output" "none 2"
	run moat container inspect "$BUSYBOX"
	assert_error 1 "No such container"
	assert_equal "$(moat inspect -s -f '{{.SizeRootFs}}' shown | grep -c '^[1-9]')" 1
}

@test "format: what other tools ask docker for: info, version, events" {
	run moat info -f '{{.ServerVersion}} {{.OSType}} {{.engine.name}}'
	[[ $output =~ ^[0-9.]+\ linux\ qemu-(tcg|kvm)$ ]]
	assert_equal "$(moat version -f '{{.Server.Version}}')" "$(moat version -f '{{.Client.Version}}')"
	run moat events --since 1h --until 0s --filter type=container --filter event=die \
		--format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'
	assert_equal "$output" "container die ended 3"
}

@test "ps: filters, -q, -n, -l, -s and --no-trunc" {
	local id
	id=$(id_of shown)
	assert_equal "$(moat ps -q)" "${id:0:12}"
	assert_equal "$(moat ps -q --no-trunc)" "$id"
	assert_equal "$(moat ps -aq --no-trunc --filter exited=3)" "$(id_of ended)"
	assert_equal "$(moat ps -q --no-trunc --filter label=com.x.y=z --filter status=running)" "$id"
	assert_equal "$(moat ps -l --format '{{.Names}}')" ended
	assert_equal "$(moat ps -n 2 -q | wc -l)" 2
	run moat ps -as
	assert_has SIZE
	assert_has "(virtual "
	run moat ps --filter nosuch=1
	assert_error 1 nosuch
}

@test "commands: group names, docker's and Apple's other names lead to the same" {
	local names
	names=$(moat ps -a --format '{{.Names}}')
	for command in ls list "container ls" "container list" "container ps"; do
		# shellcheck disable=SC2086
		assert_equal "$(moat $command -a --format '{{.Names}}')" "$names"
	done
	assert_equal "$(moat images -q)" "$(moat image list -q)"
	assert_equal "$(moat container exec shown echo in)" in
	moat image save "$BUSYBOX" | moat load -q
	moat tag "$BUSYBOX" other:1
	run moat rmi other:1
	assert_status 0
	assert_has "Untagged: other:1"
	run moat history -q "$BUSYBOX"
	assert_status 0
	run moat container
	assert_status 1
	assert_has "container prune"
	assert_has exec
	run moat image nosuch
	assert_error 1 'unknown command "image nosuch"'
}

@test "wait, kill -s, stop -t, restart -t, port, rename: several at once where docker takes several" {
	moat run -d --name one "$BUSYBOX" sh -c 'trap "exit 5" USR1; while :; do sleep 0.1; done' >/dev/null
	moat run -d --name two "$BUSYBOX" sleep 1000 >/dev/null
	(moat wait one two >"$BATS_TEST_TMPDIR/codes") 3>&- &
	poll eval 'moat kill -s USR1 one; is_state one exited'
	moat stop -t 0 two
	wait $!
	assert_equal "$(cat "$BATS_TEST_TMPDIR/codes")" "5
137"
	moat restart -t 1 two
	is_state two running
	moat rename two second
	run moat port second
	assert_equal "$output" ""
	run moat port second 80
	assert_error 1 "no public port '80/tcp'"
	run moat rm -f -v one second
	assert_equal "$output" "one
second"
}

@test "start -ai: takes part in a container that ended, and passes its status on" {
	moat create -i --name again "$BUSYBOX" sh -c 'read line; echo "got $line"; exit 7' >/dev/null
	for word in first second; do
		run moat start -ai again <<<"$word"
		assert_status 7
		assert_equal "$output" "got $word"
	done
	moat rm again
}

# attach_and_term OPTION… NAME: what it gets is in "out"; once there is something it is sent a TERM.
attach_and_term() {
	rm -f "$BATS_TEST_TMPDIR/out"
	"$MOAT_BUILD/moat" attach --no-stdin "$@" >"$BATS_TEST_TMPDIR/out" </dev/null 3>&- &
	poll test -s "$BATS_TEST_TMPDIR/out"
	kill -TERM $!
}

@test "attach: --no-stdin and --sig-proxy=false leave the container alone" {
	moat run -di --name fed "$BUSYBOX" sh -c 'trap "echo term" TERM; while :; do echo alive; sleep 0.2; done' >/dev/null
	attach_and_term --sig-proxy=false fed
	wait $! || true
	assert_equal "$(sort -u "$BATS_TEST_TMPDIR/out")" alive
	is_state fed running
	attach_and_term fed
	poll grep -q term "$BATS_TEST_TMPDIR/out"
	moat rm -f fed
	wait || true
}

@test "pull: --progress plain, none, and what is neither" {
	run moat pull --progress plain "$BUSYBOX"
	assert_status 0
	assert_has Digest
	run moat pull --progress none "$BUSYBOX"
	assert_equal "$output" "$BUSYBOX"
	run moat pull --progress loud "$BUSYBOX"
	assert_error 1 'invalid --progress "loud"'
}

@test "save and load: through pipes" {
	local id
	id=$(moat image inspect -f '{{.Id}}' "$BUSYBOX")
	moat save "$BUSYBOX" >"$BATS_TEST_TMPDIR/image.tar"
	run moat load <"$BATS_TEST_TMPDIR/image.tar"
	assert_status 0
	assert_has "Loaded image: $BUSYBOX"
	assert_equal "$(moat image inspect -f '{{.Id}}' "$BUSYBOX")" "$id"
}

# closed TEXT: the command ends with standard descriptors closed as TEXT says.  What it says on those that are
# open is in $output, for `run` itself keeps standard output.
closed() {
	run bash -c "exec timeout -k 5 $LIMIT \"\$MOAT_BUILD/moat\" $1"
}

@test "closed descriptors: a standard input that is closed is empty" {
	closed "run --rm -i $BUSYBOX sh -c 'cat; echo rest' <&-"
	assert_status 0
	assert_equal "$output" rest
	closed "exec -i shown sh -c 'cat; echo rest' <&-"
	assert_status 0
	assert_equal "$output" rest
	closed "cp - shown:/ <&-"
	assert_status 0
	closed "cp - ended:/ <&-"
	assert_status 0
	closed "load <&-"
	assert_status 1
	closed "run --rm -it $BUSYBOX true <&-"
	assert_error 125 "not a TTY"
}

@test "closed descriptors: what has no standard output to go to is an error, and leaves nothing behind" {
	local command
	for command in "export shown" "export ended" "image save $BUSYBOX" "cp shown:/etc -" "logs ended" "ps" "inspect shown" \
		"events --since 1h" "system logs" "stats"; do
		closed "$command >&-"
		assert_error 1 "Bad file descriptor"
		closed "$command >/dev/full"
		assert_error 1 "No space left on device"
	done
	closed "run --rm $BUSYBOX echo lost >&-"
	assert_error 125 "write standard output: Bad file descriptor"
	closed "exec shown echo lost >&-"
	assert_error 125 "write standard output: Bad file descriptor"
	# Nothing was to be written.
	closed "run --rm $BUSYBOX sh -c 'exit 3' >&-"
	assert_status 3
	closed "exec shown true >&- 2>&-"
	assert_status 0
	# Of errors nobody can be told.
	closed "exec shown sh -c 'echo error >&2; echo output' 2>&-"
	assert_status 0
	assert_equal "$output" output
}

@test "closed descriptors: run -d and create without any make their containers" {
	closed "run -d --name without $BUSYBOX sleep 600 <&- >&- 2>&-"
	assert_status 0
	is_state without running
	assert_equal "$(moat exec without readlink /proc/1/fd/0)" /dev/null
	moat rm -f without
	closed "create --name without $BUSYBOX true <&- >&- 2>&-"
	assert_status 0
	moat rm without
}

@test "closed descriptors: a moatd that is started without any runs containers, and pulls" {
	local pid
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
	"$MOAT_BUILD/moatd" --root "$MOAT_ROOT" --socket "$SOCKET" 3>&- <&- >&- 2>&- &
	pid=$!
	# A client would start another one, if it came first.
	poll curl -sf --unix-socket "$SOCKET" http://moat/_ping
	assert_equal "$(moatd_pid)" "$pid"
	assert_equal "$(moat run --rm "$BUSYBOX" echo "done")" "done"
	moat pull -q "$REGISTRY/test/rich:latest"
	kill "$pid"
	wait "$pid"
	closed "ps <&- >&- 2>&-"
	assert_status 1
	assert_equal "$(moat exec shown echo again)" again
}
