#!/usr/bin/env bats
# Volumes: made, listed, kept, removed.

load lib

setup_file() {
	file_setup
}

teardown_file() {
	file_teardown
}

setup() {
	export DOCKER_HOST=unix://$SOCKET
}

# Each test begins with none.
teardown() {
	moat volume prune -af
}

volumes() {
	moat volume ls -q "$@"
}

# data NAME: the folder of a volume that containers see.
data() {
	moat volume inspect -f '{{.Mountpoint}}' "$1"
}

@test "volume: made once, with labels; listed, inspected by its own and by any name, removed" {
	run moat volume create -l a=b -l c mine
	assert_equal "$output" mine
	assert_equal "$(moat volume create mine)" mine
	assert_equal "$(moat volume inspect -f '{{.Labels}} {{.Driver}} {{.Scope}}' mine)" "map[a:b c:] local local"
	assert_equal "$(moat inspect --type volume -f '{{.Name}}' mine)" mine
	assert_equal "$(moat inspect -f '{{.Name}}' mine)" mine
	run moat volume ls
	assert_has "DRIVER"
	assert_has "local"
	assert_equal "$(moat volume ls --format '{{.Name}} {{.Labels}}')" "mine a=b,c="
	assert_equal "$(stat -c '%a %u' "$(data mine)")" "755 $(id -u)"
	assert_equal "$(moat volume rm mine)" mine
	assert_equal "$(volumes)" ""
	[ ! -e "$MOAT_ROOT/volumes/mine" ]
}

@test "volume: names and options that are none are refused with the reason" {
	run moat volume create ../x
	assert_error 1 "includes invalid characters for a local volume name"
	run moat volume create x
	assert_error 1 "names should be at least two alphanumeric characters"
	run moat volume create -d nfs mine
	assert_error 1 'plugin "nfs" not found'
	run moat volume create -o colour=red mine
	assert_error 1 'invalid option: "colour"'
	run moat volume create -o type=nfs -o device=:/x mine
	assert_error 1 'moat does not mount file systems of type "nfs"'
	run moat volume rm nosuch
	assert_error 1 "get nosuch: no such volume"
	moat volume rm -f nosuch
	run moat volume inspect nosuch
	assert_error 1 "No such volume: nosuch"
	assert_equal "$(volumes)" ""
}

@test "volume: events of making and removing" {
	local since
	since=$(date +%s.%N)
	moat volume create evented
	moat volume rm evented
	run moat events --since "$since" --until "$(date +%s.%N)" --filter type=volume --format '{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.driver}}'
	assert_equal "$output" $'create evented local\ndestroy evented local'
	run moat events --since "$since" --until "$(date +%s.%N)" --filter volume=nosuch
	assert_equal "$output" ""
}

@test "volume: a folder that was put there becomes one; what a crash left goes" {
	moat volume create anchor
	kill_moatd
	mkdir -p "$MOAT_ROOT/volumes/restored/_data" "$MOAT_ROOT/volumes/.new.half/_data" "$MOAT_ROOT/volumes/.gone.old.01234567/_data/x"
	echo content >"$MOAT_ROOT/volumes/restored/_data/file"
	mv "$MOAT_ROOT/volumes/anchor" "$MOAT_ROOT/volumes/.gone.anchor.76543210"
	assert_equal "$(volumes | tr '\n' ' ')" "anchor restored "
	assert_equal "$(cat "$(data restored)/file")" content
	assert_equal "$(ls -A "$MOAT_ROOT/volumes" | tr '\n' ' ')" "anchor restored "
	moat volume rm anchor restored
}

kill_moatd() {
	local pid
	pid=$(moatd_pid)
	kill -9 "$pid"
	poll 20 gone "$pid"
}
