#!/usr/bin/env bats
# All of a container's files: diff, export, commit; of containers that run, are stopped, paused, dead or read-only.

load lib
load files

setup_file() {
	files_setup
	moat create --name still "$BUSYBOX" sh -c 'cat /added; sleep 1000' >/dev/null
}

@test "docker diff and export: what the container changed, and all of it" {
	have_docker
	moat run -d --name changes "$REGISTRY/test/rich" sh -c \
		'cd /data; rm first; echo new >kept/new; chmod 700 many; mkdir -p deep/er; rm -r opaque
		mkdir opaque; echo o >opaque/o; ln -s x link; touch /done; sleep 1000' >/dev/null
	poll moat exec changes test -e /done
	[ "$(docker diff changes)" = "C /data
A /data/deep
A /data/deep/er
D /data/first
C /data/kept
A /data/kept/new
A /data/link
C /data/many
C /data/opaque
D /data/opaque/new
A /data/opaque/o
A /done" ]
	docker export changes >all.tar
	tar -tf all.tar >names
	grep -qx data/kept/new names
	run ! grep -qx data/first names
	run ! grep -q '^proc/.' names
	[ "$(tar -xOf all.tar data/kept/new)" = new ]
	moat rm -f changes >/dev/null
}

@test "stopped: files can be copied, and the container stays as it was" {
	have_docker
	local before
	before=$(moat inspect still | jq -c '.[0] | [.State, .Config]')
	echo 'from outside' >added
	docker cp added still:/added
	docker cp still:/added back
	[ "$(cat back)" = "from outside" ]
	[ "$(docker diff still)" = "A /added" ]
	[ "$(docker export still | tar -xOf - added)" = "from outside" ]
	[ "$(moat inspect still | jq -c '.[0] | [.State, .Config]')" = "$before" ]
	[ -z "$(docker ps -q --filter name=still)" ]
	# It ends by itself.
	poll gone_for still
	moat start still >/dev/null
	poll log_has still "from outside"
	moat stop -t 0 still >/dev/null
	docker cp still:/added - | tar -tf - | grep -qx added
	[ "$(moat inspect still | jq -r '.[0].State.ExitCode')" = 137 ]
}

log_grows() {
	[ "$(moat exec "$1" cat /log | wc -l)" -gt "$2" ]
}

gone_for() {
	! shim_pid "$1"
}

@test "stopped: a start ends a copy's machine, and waits for the copy" {
	have_docker
	local writer
	mkfifo hold
	# A copy that goes on for as long as the pipe is open: it has a first file, and no end.
	docker cp - still:/ <hold &
	writer=$!
	exec 9>hold
	echo first >first
	tar -cf - first | head -c 1024 >&9
	poll moat cp still:/first -
	run moat start still
	assert_error 1 "files of container" "are being copied"
	exec 9>&-
	wait "$writer" || true
	moat start still
	is_state still running
	run docker cp still:/added - 
	assert_status 0
	moat rm -f still
}

@test "moat export and diff: to files and as JSON" {
	in_box 'mkdir -p /exported && echo x >/exported/file'
	moat export -o all.tar box
	[ "$(tar -xOf all.tar exported/file)" = x ]
	moat export box | tar -tf - | grep -qx exported/file
	moat diff box | grep -qx 'A /exported/file'
	[ "$(moat diff --format json box | jq -c '.[] | select(.Path == "/exported/file")')" = '{"Path":"/exported/file","Kind":1}' ]
	tar -cf - -T /dev/null | moat import - empty:latest
	run moat diff nobody
	assert_error 1 "No such container: nobody"
}

@test "commit: an image of a running container, changes and history in docker's form" {
	have_docker
	moat run -d --name base -e KEPT=yes "$REGISTRY/test/rich" sh -c \
		'cd /data; rm removed; rm -r opaque; mkdir opaque; echo o >opaque/o; echo new >kept/new
		ln kept/new kept/hard; touch /done; while :; do date >>/log; done' >/dev/null
	poll moat exec base test -e /done
	docker commit -m "a message" -a somebody -c 'CMD ["cat", "/data/kept/new"]' -c 'ENV ONE=1 TWO="2 3"' \
		-c 'LABEL by=test' -c 'WORKDIR /data' base made:first
	[ "$(moat image inspect made:first | jq -c '.[0] | [.Config.Cmd, .Config.Labels, .Config.WorkingDir, .Author]')" = \
		'[["cat","/data/kept/new"],{"by":"test"},"/data","somebody"]' ]
	[ "$(docker history --format '{{.Comment}}' made:first | head -n 1)" = "a message" ]
	[ "$(moat run --rm made:first)" = new ]
	[ "$(moat run --rm made:first sh -c 'ls removed opaque; stat -c %h kept/hard; echo $KEPT $ONE $TWO' 2>&1)" = \
		"ls: removed: No such file or directory
opaque:
o
2
yes 1 2 3" ]
	# It goes on as before.
	before=$(moat exec base cat /log | wc -l)
	poll log_grows base "$before"
	moat stop -t 0 base >/dev/null
	id=$(moat commit -p=false -c 'ENTRYPOINT ["echo"]' base made:second)
	[[ $id == sha256:* ]]
	[ "$(moat run --rm made:second from entrypoint)" = "from entrypoint" ]
	skopeo inspect "oci:$MOAT_ROOT/images:$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"] // empty' \
		"$MOAT_ROOT/images/index.json" | grep made:second)" | jq -e '.Layers | length == 5'
	run docker commit -c 'RUN x' base
	assert_error 1 "RUN is not a valid change command"
	run moat commit nobody
	assert_error 1 "No such container"
	moat rm base >/dev/null
}

@test "commit: owner and mode of the root folder are the image's, until the container changes them" {
	moat run --name rooted "$BUSYBOX" sh -c 'chown 7:8 /; chmod 711 /'
	moat commit rooted made:rooted >/dev/null
	moat rm rooted >/dev/null
	moat run --name rooted made:rooted sh -c 'stat -c "%u:%g %a" /; chmod 755 /; chown 0:0 /' >first
	assert_equal "$(cat first)" "7:8 711"
	assert_equal "$(moat run --rm --read-only made:rooted stat -c '%u:%g %a' /)" "7:8 711"
	assert_equal "$(moat start -a rooted)" "0:0 755"
	moat rm rooted >/dev/null
	# One that has never run, whose files are looked at in a machine without it.
	moat create --name never made:rooted true >/dev/null
	assert_equal "$(moat diff never)" ""
	moat commit never made:never >/dev/null
	assert_equal "$(moat run --rm made:never stat -c '%u:%g %a' /)" "7:8 711"
	moat rm never >/dev/null
	# A plain root folder that was changed stays so too.
	moat run --name plain "$BUSYBOX" sh -c 'stat -c "%u:%g %a" /; chmod 700 /' >first
	assert_equal "$(cat first)" "0:0 755"
	run moat start -a plain
	assert_equal "$output" "0:0 700"
	moat rm plain >/dev/null
}

# beats_of NAME: how far the container's counting has come, as the file says.
beats_of() {
	moat cp "$1:/beats" - | tar -xO | wc -c
}

@test "files: a paused container's are read and written, it is committed, and nothing in it moves" {
	local before
	moat run -d --name froze "$BUSYBOX" sh -c 'while :; do echo -n x >>/beats; sleep 0.01; done' >/dev/null
	poll moat exec froze test -s /beats
	moat pause froze >/dev/null
	before=$(beats_of froze)
	echo new >in
	moat cp in froze:/in
	assert_equal "$(moat cp froze:/in - | tar -xO)" new
	run moat diff froze
	assert_has "A /in"
	moat commit froze froze:copy >/dev/null
	moat export froze | tar -xO in | grep -qx new
	docker cp froze:/in out
	grep -qx new out
	assert_equal "$(beats_of froze)" "$before"
	assert_equal "$(moat inspect froze | jq -r ".[0].State.Status")" paused
	moat unpause froze >/dev/null
	beats_past() { [ "$(beats_of froze)" -gt "$1" ]; }
	poll beats_past "$before"
	# A copy that has begun goes on to its end though the container is paused meanwhile.
	moat exec froze dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null
	moat cp froze:/big - >big.tar &
	poll test -s big.tar
	moat pause froze >/dev/null
	wait $!
	tar -xOf big.tar | cmp -n 104857600 - /dev/zero
	moat rm -f froze
	assert_equal "$(moat run --rm froze:copy cat /in)" new
}

@test "files: a dead guest ends a copy, rm -f is not held up" {
	moat run -d --name hung "$BUSYBOX" sh -c 'dd if=/dev/zero of=/big bs=1M count=200; sync; touch /done; sleep 1000' >/dev/null
	poll moat exec hung test -e /done
	moat cp hung:/big - >big.tar &
	copy=$!
	poll test -s big.tar
	kill -9 "$(engine_pid hung)"
	# All of it, by the machine for its files, or an error.
	! wait "$copy" || tar -xOf big.tar | cmp -n 209715200 - /dev/zero
	poll is_state hung exited
	# One that has begun, and cannot end before.
	mkfifo hold
	moat cp hung:/big - >hold &
	copy=$!
	exec 9<hold
	assert_equal "$(head -c 1 <&9 | wc -c)" 1
	moat rm -f hung
	cat <&9 >/dev/null
	exec 9<&-
	status=0
	wait "$copy" || status=$?
	[ "$status" -ne 0 ]
}

@test "files: a read-only root says so, running or not; its tmpfs takes files" {
	echo x >x
	moat run -d --name ro --read-only --tmpfs /scratch "$BUSYBOX" sleep 1000 >/dev/null
	moat cp x ro:/scratch/
	[ "$(moat cp ro:/scratch/x - | tar -xOf -)" = x ]
	run moat cp x ro:/etc/
	assert_error 1 "container rootfs is marked read-only"
	moat stop -t 0 ro >/dev/null
	run moat cp x ro:/etc/
	assert_error 1 "container rootfs is marked read-only"
	moat cp ro:/etc/passwd .
	[ -z "$(moat diff ro)" ]
	moat rm ro >/dev/null
}

# fails PID: a command of ours fails by itself, and not because its time is over.
fails() {
	local status=0
	wait "$1" || status=$?
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ]
}

# Is the copy's client past its requests, and waits for what it is to send?
waits_for_input() {
	grep -q poll "/proc/$(pgrep -nf "^$MOAT_BUILD/moat cp - waits:/")/wchan"
}

@test "files: rm -f ends a copy that waits for its client; kill -9 of moatd leaves a clean container" {
	local copy
	moat create --name waits "$BUSYBOX" cat /kept >/dev/null
	mkfifo hold
	moat cp - waits:/ <hold &
	copy=$!
	exec 9>hold
	poll shim_pid waits
	moat rm -f waits
	# It is told, although it has nothing to send yet.
	fails "$copy"
	exec 9>&-
	# One that has begun, too.
	moat create --name waits "$BUSYBOX" true >/dev/null
	moat cp "$BATS_TEST_FILENAME" waits:/
	moat cp - waits:/ <hold &
	copy=$!
	exec 9>hold
	poll waits_for_input
	sleep 0.5
	moat rm -f waits
	fails "$copy"
	exec 9>&-
	moat create --name waits "$BUSYBOX" cat /kept >/dev/null
	echo kept >kept
	moat cp kept waits:/
	moat cp - waits:/ <hold &
	copy=$!
	exec 9>hold
	poll shim_pid waits
	kill_moatd
	exec 9>&-
	# Where it was between two requests it goes on with the next moatd, else it fails.
	wait "$copy" || [ $? -ne 124 ]
	# A new moatd ends what the old one had left, and the container can be used.
	poll is_state waits created
	[ "$(moat start -a waits)" = kept ]
	moat rm -f waits >/dev/null
}

@test "files: a copy that nobody reads any more ends in the guest too" {
	in_box 'dd if=/dev/zero of=/long bs=1M count=100 2>/dev/null'
	moat cp box:/long - | head -c 1000000 >/dev/null || true
	# The machine of a stopped container goes as soon as nothing works in it.
	moat create --name left "$BUSYBOX" true >/dev/null
	tar -cf - -C "$MOAT_BUILD" moatd | moat cp - left:/
	moat cp left:/moatd - | head -c 1000 >/dev/null || true
	moat start left
	moat rm -f left
	in_box 'rm /long'
}

@test "files: fifty copies at once" {
	local i
	for i in $(seq 50); do
		(
			echo "$i" >"n$i"
			moat cp "n$i" "box:/tmp/n$i" && moat cp "box:/tmp/n$i" "m$i"
		) &
	done
	wait
	for i in $(seq 50); do
		[ "$(cat "m$i")" = "$i" ]
	done
}
