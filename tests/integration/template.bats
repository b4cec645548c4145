#!/usr/bin/env bats
# Warm starts: machines are restored from a template, and nothing but their speed tells.

load lib
load template

setup_file() {
	file_setup bare
	start_moatd
	with_busybox
}

# bats test_tags=kernel
@test "template: system start makes that of a container without limits, in the background" {
	local key
	assert_equal "$(templates)" ""
	moat system start
	kept_template
	assert_equal "$(made)" 1
	key=$(templates)
	moat run --name warm "$BUSYBOX" true
	assert_equal "$(restored warm)" true
	assert_equal "$(made)" 1
	moat rm warm
	moat system template rm "$key"
}

@test "template: system start without a kernel is no error" {
	local other=$SUITE/no-kernel
	mkdir -m 700 "$other"
	MOAT_ROOT=$other run moat system start
	assert_status 0
	assert_has "$other/moat.sock"
	MOAT_ROOT=$other moat system stop
	rm -rf "$other"
}

# bats test_tags=kernel
@test "template: ten first starts at once make one template, and all are restored from it" {
	local i pids=()
	assert_equal "$(templates)" ""
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$MOAT_BUILD/moat" run -d --name "clone$i" "$BUSYBOX" sh -c 'echo complete; exec sleep 100000' >/dev/null 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		assert_equal "$(restored "clone$i")" true
	done
	assert_equal "$(made)" 2
	assert_equal "$(templates | wc -l)" 1
	assert_equal "$(templates)" "$(basename "$(kept_template)")"
}

# bats test_tags=kernel
@test "template: exec, logs and signals reach a clone" {
	run moat exec clone2 sh -c 'echo out; exit 7'
	assert_status 7
	assert_equal "$output" out
	log_has clone2 complete
	moat kill -s TERM clone2
	moat kill clone2
	assert_equal "$(moat wait clone2)" 137
	moat rm -f clone1 clone2 clone3 clone4 clone5 clone6 clone7 clone8 clone9 clone10
}

@test "template: a clone has its own exit status, output, folder and user, and a blank writable root" {
	# shellcheck disable=SC2016 # expanded in the guest
	run --separate-stderr moat run --name own -w /var/log -u alice -e A=1 "$BUSYBOX" \
		sh -c 'echo "$A $PWD $(id -u)"; echo err >&2; exit 42'
	assert_status 42
	assert_equal "$output" "1 /var/log 1000"
	# shellcheck disable=SC2154 # set by run
	assert_equal "$stderr" err
	assert_equal "$(restored own)" true
	moat rm own
}

@test "template: a clone can be started again, and finds what it wrote" {
	moat run --name again "$BUSYBOX" sh -c 'cat /kept 2>/dev/null; echo was here >/kept'
	run moat start -a again
	assert_status 0
	assert_equal "$output" "was here"
	assert_equal "$(restored again)" true
	moat rm again
}

@test "template: a clone's terminal has the size of the client's" {
	run python3 "$TESTS/integration/terminal.py" 31x97 'expect:#' \
		'send:stty size\n' 'expect:31 97' 'send:exit 5\n' -- \
		"$MOAT_BUILD/moat" run --name tty -it "$BUSYBOX" sh
	assert_status 5
	assert_equal "$(restored tty)" true
	moat rm tty
}

# bats test_tags=kernel
@test "template: a clone has the processors and memory it was given" {
	run moat run --name sized --cpus 1 -m 1500m "$BUSYBOX" \
		sh -c 'nproc; cat /sys/fs/cgroup/memory.max; grep MemTotal /proc/meminfo'
	assert_status 0
	assert_equal "${lines[0]}" 1
	assert_equal "${lines[1]}" $((1500 * 1024 * 1024))
	[ "$(tr -dc 0-9 <<<"${lines[2]}")" -ge $((1500 * 1024)) ]
	assert_equal "$(restored sized)" true
	moat rm sized
	poll remove_template_of 1
}

# bats test_tags=kernel
@test "template: a clone stands still while it is paused" {
	moat run -d --name held "$BUSYBOX" sleep 100000 >/dev/null
	moat pause held
	is_state held paused
	moat unpause held
	assert_equal "$(moat exec held echo on)" on
	assert_equal "$(restored held)" true
	moat rm -f held
}

@test "template: memory limits below the machine's size are the container's, not another template's" {
	local limit
	for limit in 48 200; do
		run moat run --name limited -m "${limit}m" "$BUSYBOX" cat /sys/fs/cgroup/memory.max
		assert_status 0
		assert_equal "$output" $((limit * 1024 * 1024))
		assert_equal "$(restored limited)" true
		moat rm limited
	done
	assert_equal "$(templates | wc -l)" 1
}

@test "template: a read-only root is read-only in a clone" {
	run moat run --name fixed --read-only "$BUSYBOX" sh -c 'touch /new; touch /dev/shm/new && echo shm'
	assert_status 0
	assert_has "Read-only file system"
	assert_has shm
	assert_equal "$(restored fixed)" true
	moat rm fixed
}

@test "template: no disassembler is loaded into a machine that is restored" {
	moat run -d --name plain "$BUSYBOX" sleep 100000
	assert_equal "$(restored plain)" true
	assert_equal "$(grep -c capstone "/proc/$(engine_pid plain)/maps")" 0
	moat rm -f plain
}

@test "template: --cold boots" {
	local before
	before=$(made)
	run moat run --cold --name cold "$BUSYBOX" echo booted
	assert_status 0
	assert_equal "$output" booted
	assert_equal "$(restored cold)" false
	moat rm cold
	assert_equal "$(made)" "$before"
}

# pss NAME: host memory of its machine, in MiB.
pss() {
	awk '$1 == "Pss:" { print int($2 / 1024) }' "/proc/$(engine_pid "$1")/smaps_rollup"
}

less_than() {
	[ "$(pss "$1")" -lt "$2" ]
}

# gives_back NAME [OPTION…]: a container that fills 200 MiB and frees them
gives_back() {
	local full name=$1
	moat run -d --name "$@" --tmpfs /big:size=300m "$BUSYBOX" sleep 100000 >/dev/null
	moat exec "$name" dd if=/dev/zero of=/big/x bs=1M count=200
	full=$(pss "$name")
	[ "$full" -gt 200 ]
	moat exec "$name" rm /big/x
	poll less_than "$name" $((full - 150))
}

# bats test_tags=kernel
@test "memory: what a booted machine has freed goes back to the host" {
	gives_back cold --cold
	moat rm -f cold
}

# held: what moatd's memory of the template takes, in MiB.
held() {
	echo $(($(stat -L -c %b "$(memory_of_moatd)") / 2048))
}

# bats test_tags=kernel
@test "memory: what a clone has freed goes back to the host, and the template is as it was" {
	local dir disk before
	dir=$(kept_template)
	disk=$(sum "$dir/memory")
	before=$(held)
	gives_back clone
	assert_equal "$(restored clone)" true
	[ "$(held)" -le $((before + 2)) ]
	moat exec clone sh -c 'yes "$HOSTNAME" | head -c 50000000 >/big/y'
	moat exec clone cp /big/y /big/z
	moat exec clone cmp /big/y /big/z
	moat rm -f clone
	assert_equal "$(sum "$dir/memory")" "$disk"
	assert_equal "$(sum "$(memory_of_moatd)")" "$disk"
}

@test "template: clones that write to much of their memory change nothing of it" {
	local dir disk held i memory pids=()
	dir=$(kept_template)
	memory=$(memory_of_moatd)
	disk=$(sum "$dir/memory")
	held=$(sum "$memory")
	assert_equal "$held" "$disk"
	for i in 1 2; do
		"$MOAT_BUILD/moat" run --rm "$BUSYBOX" \
			sh -c 'yes "$HOSTNAME" | head -c 60000000 >/dev/shm/x' 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	assert_equal "$(sum "$dir/memory")" "$disk"
	assert_equal "$(sum "$memory")" "$disk"
}

@test "template: the memory moatd holds cannot be written to" {
	run dd if=/dev/zero of="$(memory_of_moatd)" bs=1 count=1 conv=notrunc
	[ "$status" -ne 0 ]
	assert_has "not permitted"
}

@test "template: after a restart of moatd it is read from the disk" {
	local before
	before=$(made)
	stop_moatd
	start_moatd
	moat run --name reread "$BUSYBOX" true
	assert_equal "$(restored reread)" true
	assert_equal "$(made)" "$before"
	moat rm reread
}

@test "template: system template ls, rm and build" {
	local key
	key=$(basename "$(kept_template)")
	run moat system template ls
	assert_has KEY
	assert_has "${key:0:12}"
	assert_equal "$(moat system template ls --format json | jq -r .Key)" "$key"
	assert_equal "$(moat system template build)" "$key"
	run moat system template rm "${key:0:12}"
	assert_status 0
	assert_equal "$(templates)" ""
	run moat system template rm "$key"
	assert_error 1 "no such template" "$key"
	assert_equal "$(moat system template build)" "$key"
	kept_template
	assert_equal "$(templates)" "$key"
}
