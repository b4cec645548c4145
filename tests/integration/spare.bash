# Helpers of the tests of spare machines and of what they are forked of.

IDENTITY=$REGISTRY/test/identity:latest

setup_file() {
	file_setup
	export MOAT_SPARES=1
	start_moatd
	with_busybox
	moat pull -q "$IDENTITY" >/dev/null
	moat run --rm "$BUSYBOX" true
}

teardown_file() {
	file_teardown
}

# ready: the engines' processes of the machines that wait and have rehearsed.
ready() {
	moat system spare ls --format '{{.Rehearsed}} {{.Pid}}' | sed -n 's/^true //p'
}

# spare: the engine's process of the machine that waits.
spare() {
	local pid
	pid=$(ready)
	[ -n "$pid" ] && echo "$pid"
}

await_spare() {
	poll spare
	spare
}

# was_taken PID: it does not wait any more; another one may.
was_taken() {
	! moat system spare ls -q | grep -qx "$1"
}

no_spare() {
	[ -z "$(moat system spare ls -q)" ]
}

pid_of() {
	moat inspect "$1" | jq -r '.[0].State.Pid'
}

# zygote: the engine's process that spares are forked of.
zygote() {
	curl -sS --unix-socket "$SOCKET" http://moat/moat/spares | jq -re '.Zygotes[0].Pid'
}

# spares N: so many wait.
spares() {
	[ "$(ready | wc -l)" -eq "$1" ]
}
