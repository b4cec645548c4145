#!/usr/bin/env bats
# More connections, requests and patterns than anybody needs: moatd serves others meanwhile, and nothing is left behind.

load ../integration/lib

setup_file() {
	file_setup bare
	start_moatd
	with_busybox
}

teardown_file() {
	file_teardown
}

crowd() {
	timeout -k 5 "$LIMIT" python3 "$TESTS/integration/crowd.py" "$@" 3>&-
}

threads() {
	find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l
}

descriptors() {
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

anonymous_kib() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"
}

# left_behind PID THREADS DESCRIPTORS: not more than that are there.
left_behind() {
	[ "$(threads "$1")" -le "$2" ] && [ "$(descriptors "$1")" -le "$3" ]
}

# repeated TEXT TIMES
repeated() {
	local i
	for i in $(seq "$2"); do
		printf %s "$1"
	done
}

@test "flood: 5,000 connections at once and 5,000 in turn: others are served, and no thread, descriptor or memory stays" {
	local pid n_threads n_files kib
	pid=$(moatd_pid)
	# What the first crowd needs once, thread stacks that are kept for the next, is not counted.
	crowd flood 1000
	sleep 1
	n_threads=$(threads "$pid")
	n_files=$(descriptors "$pid")
	kib=$(anonymous_kib "$pid")
	crowd flood 5000
	poll left_behind "$pid" "$n_threads" "$n_files"
	[ "$(anonymous_kib "$pid")" -lt $((kib + 4096)) ]
	assert_equal "$(moatd_pid)" "$pid"
}

@test "flood: more clients that follow than are served get a reason, and the others' requests go on" {
	local pid n_threads n_files
	pid=$(moatd_pid)
	n_threads=$(threads "$pid")
	n_files=$(descriptors "$pid")
	assert_equal "$(crowd follow 700)" "512 + 188"
	poll left_behind "$pid" "$n_threads" "$n_files"
	moat ps -aq
}

@test "flood: of clients that attach as many are kept as may be, and the container starts and is served" {
	local pid n_files n_threads
	pid=$(moatd_pid)
	# The first start leaves a template.
	moat run --rm "$BUSYBOX" true
	sleep 1
	n_threads=$(threads "$pid")
	n_files=$(descriptors "$pid")
	moat create --name popular "$BUSYBOX" sh -c 'echo started; sleep 1000'
	assert_equal "$(crowd attached popular 300)" "256 + 44"
	moat start popular
	poll log_has popular started
	assert_equal "$(moat exec popular echo served)" served
	moat rm -f popular
	poll left_behind "$pid" "$n_threads" "$n_files"
}

@test "flood: of a request's parameters none is lost, and too many are refused" {
	run curl -sS --unix-socket "$SOCKET" "http://moat/v1.44/images/get?$(repeated "names=$BUSYBOX&" 40)names=missing"
	assert_has "missing"
	assert_has '"message"'
	assert_equal "$(curl -sS --unix-socket "$SOCKET" "http://moat/v1.44/images/json?$(repeated "a&" 501)")" '{"message":"more than 500 query parameters","errno":22}'
}

@test "flood: a name filter is a pattern as docker has it, and none of them holds up or ends moatd" {
	local pid name
	pid=$(moatd_pid)
	for name in web-1 web-2 db; do
		moat create --name "$name" "$BUSYBOX" true
	done
	run moat ps -aq --filter "name=$(repeated "(" 2000)a$(repeated ")" 2000)"
	assert_error 1 "invalid filter 'name': more than 1024 characters"
	run moat ps -aq --filter "name=$(repeated "(" 101)a$(repeated ")" 101)"
	assert_error 1 "invalid filter 'name': more than 100 groups in each other"
	run moat ps -aq --filter "name=((a{1,100}){1,100}){1,100}"
	assert_error 1 "invalid filter 'name': more than 2000 steps with the repetitions written out"
	assert_equal "$(moat ps -aq --filter "name=$(repeated "(.*" 50)$(repeated ")*" 50)x" | wc -l)" 0
	assert_equal "$(moat ps -a --format '{{.Names}}' --filter 'name=^/?web-\d$' | sort | xargs)" "web-1 web-2"
	assert_equal "$(moat ps -a --format '{{.Names}}' --filter name=^db --filter name=2$ | sort | xargs)" "db web-2"
	assert_equal "$(moat ps -aq --filter 'name=(' | wc -l)" 0
	assert_equal "$(moatd_pid)" "$pid"
	moat rm web-1 web-2 db
}

@test "flood: a body of many levels or values is refused with a reason" {
	local pid
	pid=$(moatd_pid)
	post() {
		curl -sS --unix-socket "$SOCKET" -H 'Content-Type: application/json' --data-binary @- http://moat/v1.44/containers/create
	}
	assert_equal "$(printf '{"Image":"x","Labels":%s1%s}' "$(repeated '[' 2000)" "$(repeated ']' 2000)" | post)" \
		'{"message":"the request'"'"'s body is nested deeper than 100 levels","errno":74}'
	assert_equal "$(printf '{"Image":"x","Cmd":[1%s]}' "$(head -c 400000 /dev/zero | tr '\0' , | sed 's/,/,1/g')" | post)" \
		'{"message":"the request'"'"'s body has more than 100000 values","errno":27}'
	assert_equal "$(moatd_pid)" "$pid"
}

@test "flood: execs that are never started are forgotten, the oldest first" {
	local pid kib
	pid=$(moatd_pid)
	moat run -d --name idle "$BUSYBOX" sleep 1000
	kib=$(anonymous_kib "$pid")
	crowd unstarted idle 3000
	[ "$(anonymous_kib "$pid")" -lt $((kib + 65536)) ]
	assert_equal "$(moat exec idle echo served)" served
	moat rm -f idle
}

@test "flood: a connection that says nothing for a minute is ended, one that waits for an answer is not" {
	crowd idle
}
