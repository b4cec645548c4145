#!/usr/bin/env bats
# Volumes and what containers have of them, without a machine: made, listed, kept, removed.

load lib

setup_file() {
	file_setup
	with_busybox
	# An image with a volume.
	moat create --name base "$BUSYBOX" true >/dev/null
	moat commit -c 'VOLUME /data' base with-volume >/dev/null
	moat rm base >/dev/null
}

teardown_file() {
	file_teardown
}

setup() {
	: >"$BATS_TEST_TMPDIR/file"
	export DOCKER_HOST=unix://$SOCKET
}

# Each test begins with none.
teardown() {
	local left
	left=$(moat ps -aq)
	# shellcheck disable=SC2086 # a list of ids
	[ -z "$left" ] || moat rm -fv $left
	moat volume prune -af
}

volumes() {
	moat volume ls -q "$@"
}

# data NAME: the folder of a volume that containers see.
data() {
	moat volume inspect -f '{{.Mountpoint}}' "$1"
}

# mounts NAME FORMAT: of the one mount of a container.
mounts() {
	moat inspect -f "{{range .Mounts}}$2{{end}}" "$1"
}

no_volume() {
	! moat volume inspect "$1"
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

@test "volume ls: filters by name, label, and whether a container has it" {
	moat volume create -l tier=db first
	moat volume create second
	moat create --name user -v second:/x "$BUSYBOX" true
	assert_equal "$(volumes --filter name=fir)" first
	assert_equal "$(volumes --filter name='^second$')" second
	assert_equal "$(volumes --filter label=tier=db)" first
	assert_equal "$(volumes --filter dangling=true)" first
	assert_equal "$(volumes --filter dangling=false)" second
	run volumes --filter nosuch=x
	assert_error 1 "invalid filter 'nosuch'"
	assert_equal "$(moat ps -a --filter volume=second --format '{{.Names}} {{.Mounts}} {{.LocalVolumes}}')" "user second 1"
	assert_equal "$(moat ps -aq --filter volume=/x)" "$(moat ps -aq)"
	assert_equal "$(moat ps -aq --filter volume=first)" ""
	moat rm user
	moat volume rm first second
}

@test "volume rm: one that a container has is refused with the container's name, also when it does not run" {
	moat create --name holder -v mine:/data "$BUSYBOX" true
	run moat volume rm mine
	assert_error 1 "remove mine: volume is in use - [holder ($(id_of holder | cut -c1-12))]"
	moat rename holder other
	run docker volume rm mine
	assert_error 1 "volume is in use - [other ("
	moat rm other
	moat volume rm mine
}

@test "create: -v with a name, a path, a folder of the host's, and relative ones" {
	moat create --name named -v mine:/data/ "$BUSYBOX" true
	assert_equal "$(mounts named '{{.Type}} {{.Name}} {{.Source}} {{.Destination}} {{.Mode}} {{.RW}}')" \
		"volume mine $(data mine) /data z true"
	moat create --name bare -v /data "$BUSYBOX" true
	assert_equal "$(mounts bare '{{.Type}} {{.Destination}} {{.RW}} {{len .Name}}')" "volume /data true 64"
	assert_equal "$(moat volume inspect -f '{{json .Labels}}' "$(mounts bare '{{.Name}}')")" '{"com.docker.volume.anonymous":""}'
	moat create --name bound -v "$BATS_TEST_TMPDIR:/data:ro" "$BUSYBOX" true
	assert_equal "$(mounts bound '{{.Type}} {{.Source}} {{.Mode}} {{.RW}} {{.Propagation}}')" "bind $BATS_TEST_TMPDIR ro false rprivate"
	(cd "$BATS_TEST_TMPDIR" && moat create --name relative -v ./file:/file "$BUSYBOX" true)
	assert_equal "$(mounts relative '{{.Source}}')" "$BATS_TEST_TMPDIR/file"
	moat rm -v named bare bound relative
	assert_equal "$(volumes)" mine
	moat volume rm mine
}

@test "create: --mount of each type, with docker's options" {
	local host=$BATS_TEST_TMPDIR
	moat create --name objects --mount "type=bind,source=$host,target=/b,readonly" \
		--mount type=volume,source=mine,target=/v,volume-label=a=b,volume-nocopy --mount type=tmpfs,target=/t,tmpfs-size=1m "$BUSYBOX" true
	assert_equal "$(moat inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}};{{end}}' objects)" "bind /b false;tmpfs /t true;volume /v true;"
	assert_equal "$(moat volume inspect -f '{{.Labels}}' mine)" "map[a:b]"
	run moat create --mount "type=bind,source=$host/nosuch,target=/x" "$BUSYBOX" true
	assert_error 1 "bind source path does not exist: $host/nosuch"
	run moat create --mount type=bind,target=/x "$BUSYBOX" true
	assert_error 1 "field Source must not be empty"
	run moat create --mount type=cluster,target=/x "$BUSYBOX" true
	assert_error 1 "mount type unknown"
	run moat create -v "$host:/x:rshared" "$BUSYBOX" true
	assert_error 1 'does not support propagation "rshared"'
	moat rm objects
	moat volume rm mine
}

@test "create: no destination is taken twice, and none of a refused container is left" {
	run moat create -v one:/data -v two:/data/ "$BUSYBOX" true
	assert_error 1 "Duplicate mount point: /data"
	run moat create -v one:/data --tmpfs /data "$BUSYBOX" true
	assert_error 1 "Duplicate mount point: /data"
	run moat create -v /data -v one:x "$BUSYBOX" true
	assert_error 1 "mount path must be absolute"
	run moat create -v one:/ "$BUSYBOX" true
	assert_error 1 "destination can't be '/'"
	moat create --name taken "$BUSYBOX" true
	run moat create --name taken -v /data -v new:/new "$BUSYBOX" true
	assert_error 1 "already in use"
	moat rm taken
	# What has a name stays, as in docker.
	assert_equal "$(volumes)" new
	moat volume rm new
}

@test "volumes of an image: one for each container; gone with rm -v and --rm, kept with rm; a mount takes their place" {
	local kept
	moat create --name first with-volume true
	moat create --name second with-volume true
	[ "$(mounts first '{{.Name}}')" != "$(mounts second '{{.Name}}')" ]
	kept=$(mounts first '{{.Name}}')
	moat rm first
	moat rm -v second
	assert_equal "$(volumes)" "$kept"
	moat create --rm --name third with-volume true
	moat rm third
	moat create --name fourth -v "$kept:/data" with-volume true
	moat create --name fifth --tmpfs /data with-volume true
	assert_equal "$(mounts fifth x)" ""
	moat rm -v fourth fifth
	assert_equal "$(volumes)" "$kept"
	moat volume rm "$kept"
}

@test "--volumes-from: what another has, read-only too; its own go with the last of them" {
	moat create --name owner -v /own -v mine:/mine "$BUSYBOX" true
	moat create --name guest --volumes-from owner:ro -v other:/mine "$BUSYBOX" true
	assert_equal "$(moat inspect -f '{{range .Mounts}}{{.Destination}} {{.RW}};{{end}}' guest)" "/mine true;/own false;"
	assert_equal "$(moat inspect -f '{{range .Mounts}}{{if eq .Destination "/mine"}}{{.Name}}{{end}}{{end}}' guest)" other
	run moat create --volumes-from nosuch "$BUSYBOX" true
	assert_error 1 "No such container: nosuch"
	moat rm -v owner
	assert_equal "$(volumes | wc -l)" 3
	moat rm -v guest
	assert_equal "$(volumes | sort | tr '\n' ' ')" "mine other "
	moat volume rm mine other
}

@test "volume prune: what nobody named, and with -a all that no container has; system prune --volumes" {
	moat create --name first with-volume true
	moat create --name second -v /x -v held:/held "$BUSYBOX" true
	moat rm first
	moat volume create -l keep=yes free
	run moat volume prune -f
	assert_has "Deleted Volumes:"
	assert_has "Total reclaimed space: "
	assert_equal "$(volumes | wc -l)" 3
	moat volume prune -af --filter label!=keep
	assert_equal "$(volumes | wc -l)" 3
	moat volume prune -af
	no_volume free
	run moat system prune -f --volumes --filter until=1h
	assert_error 1 'the "until" filter is not supported'
	moat system prune -f --volumes
	assert_equal "$(volumes)" held
	# Before 1.42 all were meant.
	curl -sS --unix-socket "$SOCKET" -X POST http://moat/v1.41/volumes/prune | jq -e '.VolumesDeleted == ["held"]'
}

@test "system df: volumes with their size and how many have them" {
	moat create --name holder -v big:/data "$BUSYBOX" true
	dd if=/dev/urandom of="$(data big)/file" bs=1M count=3 status=none
	sync -f "$(data big)"
	run moat system df --format '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}}'
	assert_has "Local Volumes 1 1 3.1"
	run moat system df -v
	assert_has "VOLUME NAME"
	curl -sS --unix-socket "$SOCKET" http://moat/v1.47/system/df | jq -e '.Volumes[0].UsageData | .RefCount == 1 and .Size > 3000000'
	moat rm holder
	moat volume rm big
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

@test "volume: docker's client and docker-compose's kind of request" {
	assert_equal "$(docker volume create --label a=b theirs)" theirs
	assert_equal "$(docker volume ls -q --filter label=a=b)" theirs
	docker volume inspect theirs | jq -e '.[0].Mountpoint | endswith("/volumes/theirs/_data")'
	docker create --name user -v theirs:/data --mount type=volume,dst=/other "$BUSYBOX" true
	run docker volume rm theirs
	assert_error 1 "volume is in use"
	docker rm -v user
	docker volume prune -f -a
	assert_equal "$(volumes)" ""
}

@test "volume: a folder of the host's by a name, which stays when that is removed" {
	mkdir "$BATS_TEST_TMPDIR/www"
	moat volume create -o type=none -o o=bind -o "device=$BATS_TEST_TMPDIR/www" www
	assert_equal "$(data www)" "$BATS_TEST_TMPDIR/www"
	moat create --name user -v www:/data "$BUSYBOX" true
	assert_equal "$(mounts user '{{.Source}}')" "$BATS_TEST_TMPDIR/www"
	moat rm user
	moat volume rm www
	[ -d "$BATS_TEST_TMPDIR/www" ]
}

@test "volume: a size is kept by whoever writes, on the host too; what is deleted is given back" {
	local used
	[ "$(id -u)" -eq 0 ] && [ -e /dev/loop-control ] || skip "it takes root and loop devices"
	moat volume create -s 32m small
	# It is mounted when it is first used, or when moatd starts.
	kill_moatd
	assert_equal "$(moat volume inspect -f '{{.Options.size}}' small)" 32m
	mountpoint -q "$(data small)"
	assert_equal "$(ls -A "$(data small)")" ""
	run dd if=/dev/zero of="$(data small)/file" bs=1M count=64 status=none
	assert_error 1 "No space left on device"
	[ "$(stat -c %s "$(data small)/file")" -ge $((32 << 20)) ]
	[ "$(stat -c %s "$(data small)/file")" -le $((36 << 20)) ]
	sync -f "$(data small)"
	used=$(du -k "$MOAT_ROOT/volumes/small/disk.ext4" | cut -f1)
	rm "$(data small)/file"
	poll given_back small $((used / 4))
	moat volume rm small
	[ ! -e "$MOAT_ROOT/volumes/small" ]
	! grep -q "$MOAT_ROOT/volumes" /proc/mounts
}

# given_back NAME KIB: the file of a volume with a size takes less than that.
given_back() {
	sync -f "$(data "$1")"
	[ "$(du -k "$MOAT_ROOT/volumes/$1/disk.ext4" | cut -f1)" -lt "$2" ]
}

@test "volume: all of them outlive moatd, and are used by whom they were" {
	moat volume create --label a=b kept
	moat create --name user -v kept:/data -v /own "$BUSYBOX" true
	moat system stop
	poll gone_moatd
	assert_equal "$(volumes | wc -l)" 2
	assert_equal "$(moat volume inspect -f '{{.Labels}}' kept)" "map[a:b]"
	run moat volume rm kept
	assert_error 1 "in use - [user ("
	assert_equal "$(moat inspect -f '{{len .Mounts}}' user)" 2
	moat rm -v user
	moat volume rm kept
	assert_equal "$(volumes)" ""
}

gone_moatd() {
	! moatd_pid
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

@test "volume: moatd is killed at random moments of making and removing; nothing is lost, and nothing of it left" {
	local i pid
	for i in $(seq 12); do
		start_moatd
		pid=$(moatd_pid)
		(
			moat create --name "made$i" -v "/a" -v "/b" -v "named$i:/c" "$BUSYBOX" true
			moat rm -v "made$i"
			moat volume rm "named$i"
		) >/dev/null 2>&1 &
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -9 "$pid"
		wait || true
		poll gone "$pid"
		# Whatever is there can be removed, and with it all that was made.
		if moat inspect "made$i" >/dev/null 2>&1; then
			assert_equal "$(moat inspect -f '{{len .Mounts}}' "made$i")" 3
			moat rm -v "made$i"
		fi
		moat volume rm -f "named$i"
		assert_equal "$(volumes)" ""
		assert_equal "$(ls -A "$MOAT_ROOT/volumes")" ""
	done
}
