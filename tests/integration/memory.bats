#!/usr/bin/env bats
# Memory: what a container sees of it, and how what its guest has cached goes back to the host.

load lib

# reclaims MEMBERS: settings for containers that are made from now on
reclaims() {
	echo "{\"memory-reclaim\": {$1}}" >"$MOAT_CONFIG"
}

# run_with_cache NAME: a container that has 60 MB of files in its cache, and nothing to do
run_with_cache() {
	moat run -d --name "$1" "$BUSYBOX" sh -c 'head -c 60000000 /dev/zero >/file; sync; echo there; exec sleep 100000' >/dev/null
}

setup_file() {
	file_setup
	export MOAT_CONFIG=$BATS_FILE_TMPDIR/moat.json
	reclaims '"idle-seconds": 1, "pressure": false'
	start_moatd
	with_busybox
	# Its guest asks for the time every half a minute: the last test looks what became of it.
	run_with_cache drowsy
	reclaims '"idle-seconds": 0, "pressure": true'
	run_with_cache box
	poll log_has box there
}

teardown_file() {
	file_teardown
}

# cache_of NAME: what its guest has cached of files, in MB.
cache_of() {
	curl -sS --unix-socket "$SOCKET" "http://moat/containers/$1/stats?stream=0&one-shot=1" | jq '.moat.guest_cache_bytes / 1000000 | floor'
}

cache_is() {
	[ "$(cache_of "$1")" "$2" "$3" ]
}

# has_read NAME: its file is in its cache, which the host may have asked for meanwhile.
has_read() {
	moat exec "$1" sh -c 'cat /file >/dev/null'
	cache_is "$1" -ge 58
}

# Asked more often, it would not be idle.
cache_is_seldom() {
	sleep 5
	cache_is "$@"
}

# squeeze: have processes of the host wait for memory until relax: in a control group that has too little for them they write
# files, and have to wait until what they wrote is on the disk. (To read gives them no wait, as clean pages go at once.)
squeeze() {
	local group=/sys/fs/cgroup/memory i
	[ -d $group ] || group=/sys/fs/cgroup
	GROUP=$group/moat-squeeze-$$
	mkdir $GROUP || return 1
	echo $((8 << 20)) >"$(ls $GROUP/memory.limit_in_bytes $GROUP/memory.max 2>/dev/null)" || return 1
	for i in 1 2 3; do
		bash -c 'echo $$ >"$1/cgroup.procs"; while :; do dd if=/dev/zero of="$2" bs=1M count=64 conv=notrunc 2>/dev/null; done' - \
			$GROUP "$BATS_TEST_TMPDIR/large.$i" 3>&- &
	done
}

relax() {
	local pids
	pids=$(cat $GROUP/cgroup.procs)
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$pids" ] || kill -9 $pids
	poll rmdir $GROUP
}

@test "memory: files in a guest's cache go back when processes of the host wait for memory" {
	local r=0
	[ -w /proc/pressure/memory ] || skip "this host's kernel does not tell of pressure"
	poll has_read box
	squeeze || skip "there is no control group for memory here"
	poll cache_is box -lt 20 || r=$?
	relax
	[ $r = 0 ]
}

# meminfo FIELD: in KiB, as the container sees it.
meminfo() {
	moat exec box awk -v "field=$1:" '$1 == field { print $2 }' /proc/meminfo
}

meminfo_is() {
	[ "$(meminfo "$1")" "$2" "$3" ]
}

# free_says COLUMN: of busybox's free, which asks sysinfo(2), and /proc/meminfo for what is cached.
free_says() {
	moat exec box free -k | awk -v "column=$1" '$1 == "Mem:" { print $column }'
}

@test "memory: without a limit a container sees its machine's" {
	[ "$(meminfo MemTotal)" -gt 1000000 ]
	assert_equal "$(free_says 2)" "$(meminfo MemTotal)"
}

@test "memory: with moat's own kernel a container's limit is what /proc/meminfo and sysinfo(2) say" {
	own_kernel || skip "this kernel is another's"
	moat exec box rm /file
	moat update -m 256m box
	assert_equal "$(meminfo MemTotal)" 262144
	assert_equal "$(free_says 2)" 262144
	assert_equal "$(meminfo SwapTotal)" 0
	# What is in memory is used, and not to be had.
	moat exec box dd if=/dev/zero of=/dev/shm/x bs=1M count=40
	[ "$(meminfo Shmem)" -ge 40960 ]
	[ "$(meminfo MemAvailable)" -lt $((262144 - 40960)) ]
	[ "$(meminfo MemFree)" -le "$(meminfo MemAvailable)" ]
	moat exec box rm /dev/shm/x
	poll meminfo_is Shmem -lt 1024
	[ "$(meminfo MemAvailable)" -gt $((262144 - 40960)) ]
	# What is cached is used, and to be had.
	moat exec box sh -c 'dd if=/dev/zero of=/x bs=1M count=100; sync'
	[ "$(meminfo Cached)" -ge 102400 ]
	[ "$(meminfo MemFree)" -lt $((262144 - 102400)) ]
	[ "$(meminfo MemAvailable)" -gt $((262144 - 40960)) ]
	[ "$(free_says 6)" -ge 102400 ]
	[ "$(free_says 3)" -lt 40960 ]
	moat update -m 512m box
	assert_equal "$(meminfo MemTotal)" 524288
	assert_equal "$(free_says 2)" 524288
	moat restart -t 0 box
	assert_equal "$(meminfo MemTotal)" 524288
}

@test "memory: files in a guest's cache go back when it has been idle" {
	poll cache_is_seldom drowsy -lt 20
}
