#!/usr/bin/env bats
# Unix sockets between host and container: --publish-socket and --ssh.

load lib

setup_file() {
	file_setup
	export SERVICE=$REGISTRY/test/service:latest
	moat pull -q "$SERVICE" >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	SOCK=$BATS_TEST_TMPDIR/app.sock
}

teardown() {
	local all
	all=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$all" ] || moat rm -f $all >/dev/null
}

# publish NAME WORD…: a container that has a service at /run/app.sock, published at $SOCK.
publish() {
	local name=$1
	shift
	moat run -d --name "$name" --network none --publish-socket "$SOCK:/run/app.sock" "$SERVICE" "$@" >/dev/null
}

ask() {
	timeout "$LIMIT" socat -t "$LIMIT" - "UNIX-CONNECT:$SOCK"
}

@test "--publish-socket: what is sent arrives, and the answer comes after the end of it" {
	publish app service echo /run/app.sock
	[ "$(echo hello | ask)" = hello ]
	[ "$(stat -c %a "$SOCK")" = 600 ]
	# One after the other, and many at once.
	for i in 1 2 3; do [ "$(echo "$i" | ask)" = "$i" ]; done
	for i in $(seq 40); do echo "$i" | ask >"$BATS_TEST_TMPDIR/answer.$i" & done
	wait
	for i in $(seq 40); do [ "$(cat "$BATS_TEST_TMPDIR/answer.$i")" = "$i" ]; done
	moat rm -f app
	[ ! -e "$SOCK" ]
}

@test "--publish-socket: much in both directions arrives exactly, also to a slow reader" {
	publish count service count /run/app.sock
	[ "$(head -c 10000000 /dev/zero | ask)" = 10000000 ]
	moat rm -f count
	publish pour service pour /run/app.sock 10000000
	[ "$(ask </dev/null | wc -c)" = 10000000 ]
	[ "$(ask </dev/null | (sleep 2; wc -c))" = 10000000 ]
}

@test "--publish-socket: who does not read holds up nobody else" {
	publish echo sh -c 'service pour /run/other.sock 100000000 & exec service echo /run/app.sock'
	moat rm -f echo
	moat run -d --name both --network none --publish-socket "$SOCK:/run/app.sock" \
		--publish-socket "$BATS_TEST_TMPDIR/other.sock:/run/other.sock" "$SERVICE" \
		sh -c 'service pour /run/other.sock 100000000 & exec service echo /run/app.sock' >/dev/null
	mkfifo "$BATS_TEST_TMPDIR/stuck"
	timeout "$LIMIT" socat -u "UNIX-CONNECT:$BATS_TEST_TMPDIR/other.sock" - >"$BATS_TEST_TMPDIR/stuck" 3>&- &
	exec 9<>"$BATS_TEST_TMPDIR/stuck"
	[ "$(echo quick | ask)" = quick ]
	exec 9<&-
}

# It is waited for three seconds, in which a busy host may not get that far: then all of it is tried again.
late_answers() {
	moat rm -f late
	publish late sh -c 'sleep 1; exec service echo /run/app.sock'
	[ "$(echo hello | ask)" = hello ]
}

@test "--publish-socket: a service may come later, or never" {
	poll late_answers
	moat rm -f late
	publish never sleep 1000
	[ "$(echo hello | ask)" = "" ]
	[ "$(moat inspect -f '{{.State.Running}}' never)" = true ]
}

@test "--publish-socket: no link of the container leads out of it" {
	publish linked sh -c 'ln -s /run /var; ln -s ../../../../../../run/real.sock /run/app.sock; exec service echo /run/real.sock'
	[ "$(echo hello | ask)" = hello ]
	moat rm -f linked
	publish proc sh -c 'ln -s /proc/1/root/run/real.sock /run/app.sock; exec service echo /run/real.sock'
	[ "$(echo hello | ask)" = "" ]
}

@test "--publish-socket: what is there is not touched, and said" {
	echo precious >"$SOCK"
	run -125 moat run --rm --network none --publish-socket "$SOCK:/run/app.sock" "$SERVICE" true
	[[ $output == *"cannot publish socket $SOCK: there is a file"* ]]
	[ "$(cat "$SOCK")" = precious ]
	rm "$SOCK"
	publish first service echo /run/app.sock
	run -125 moat run --rm --network none --publish-socket "$SOCK:/run/app.sock" "$SERVICE" true
	[[ $output == *"cannot publish socket $SOCK: somebody listens on it"* ]]
	[ "$(echo hello | ask)" = hello ]
	run -125 moat run --rm --network none --publish-socket /nowhere/at/all.sock:/run/app.sock "$SERVICE" true
	[[ $output == *"/nowhere/at/all.sock: No such file"* ]]
	# One that nobody listens on any more is replaced.
	moat rm -f first
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SOCK"
	publish second service echo /run/app.sock
	[ "$(echo hello | ask)" = hello ]
}

@test "--publish-socket: it is there again after a restart, and after a moatd that was killed" {
	publish app service echo /run/app.sock
	moat restart -t 0 app
	[ "$(echo hello | ask)" = hello ]
	kill_moatd
	[ "$(echo hello | ask)" = hello ]
	moat ps
	[ "$(echo hello | ask)" = hello ]
	moat stop -t 0 app
	[ ! -e "$SOCK" ]
}

# agent: a host's agent that says back what it hears, and who its clients are.
agent() {
	python3 - "$SOCK" <<-'PY' 3>&- &
		import socket, sys
		listening = socket.socket(socket.AF_UNIX)
		listening.bind(sys.argv[1])
		listening.listen(64)
		while True:
		    client, _ = listening.accept()
		    data = b""
		    while chunk := client.recv(65536):
		        data += chunk
		    client.sendall(b"agent: " + data)
		    client.close()
	PY
	AGENT=$!
	poll test -S "$SOCK"
}

@test "--ssh: the container has the host's agent, whoever it runs as and however its root is" {
	agent
	export SSH_AUTH_SOCK=$SOCK
	run -0 moat run --rm --network none --ssh "$SERVICE" sh -c 'echo hello | service ask "$SSH_AUTH_SOCK"'
	[ "$output" = "agent: hello" ]
	run -0 moat run --rm --network none --ssh --read-only -u 1000:1000 "$SERVICE" \
		sh -c 'echo "$SSH_AUTH_SOCK"; id -u | service ask /run/host-services/ssh-auth.sock'
	[ "$output" = $'/run/host-services/ssh-auth.sock\nagent: 1000' ]
	run -0 moat run --rm --network none --ssh "$SERVICE" \
		sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i | service ask "$SSH_AUTH_SOCK" & done; wait'
	[ "$(sort <<<"$output" | wc -l)" = 10 ]
	kill "$AGENT"
	# One that is gone refuses, and the container goes on.
	run -0 moat run --rm --network none --ssh "$SERVICE" sh -c 'echo hello | service ask "$SSH_AUTH_SOCK"; echo over'
	[ "$output" = over ]
	unset SSH_AUTH_SOCK
	run -125 moat run --rm --ssh "$SERVICE" true
	[[ $output == *"SSH_AUTH_SOCK is not set"* ]]
}

@test "--ssh: connections that nobody takes hold up neither the container nor its end" {
	agent
	SSH_AUTH_SOCK=$SOCK moat run -d --name hangs --network none --ssh "$SERVICE" \
		sh -c 'for i in $(seq 100); do service hang "$SSH_AUTH_SOCK" & done; sleep 1000' >/dev/null
	kill -STOP "$AGENT"
	[ "$(moat exec hangs echo alive)" = alive ]
	moat rm -f hangs
	kill -KILL "$AGENT"
}
