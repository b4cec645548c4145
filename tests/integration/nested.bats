#!/usr/bin/env bats
# Containers that have cgroups of their own below theirs: systemd, docker in docker, kind.

load lib

# As an init does it: processes go into leaves, and the cgroup above gets controllers for them.
NEST='cd /sys/fs/cgroup; mkdir init app; echo 1 >init/cgroup.procs; echo +memory +pids >cgroup.subtree_control
	sleep 1000 & echo $! >app/cgroup.procs; echo ready; wait'

setup_file() {
	file_setup
	with_busybox
	moat run -d --name nest --privileged -m 256m --health-cmd 'cat /sys/fs/cgroup/app/cgroup.procs' --health-interval 1s \
		"$BUSYBOX" sh -c "$NEST" >/dev/null
	poll log_has nest ready
}

teardown_file() {
	file_teardown
}

of() {
	moat inspect "$1" | jq -r ".[0]$2"
}

is_healthy() {
	[ "$(of nest .State.Health.Status)" = healthy ]
}

@test "nested: exec and health checks run beside the first process" {
	assert_equal "$(moat exec nest cat /proc/self/cgroup)" "0::/init"
	assert_equal "$(moat exec nest cat /sys/fs/cgroup/cgroup.procs)" ""
	poll is_healthy
	# Where the first process goes, the next exec goes too, and no cgroup that is gone keeps it away.
	moat exec nest sh -c 'cd /sys/fs/cgroup; mkdir -p other/deeper; echo 1 >other/deeper/cgroup.procs
		for p in $(cat init/cgroup.procs); do echo $p >other/deeper/cgroup.procs; done; rmdir init'
	assert_equal "$(moat exec nest cat /proc/self/cgroup)" "0::/other/deeper"
}

@test "nested: a container has the controllers to give on" {
	local one
	for one in cpuset cpu io memory pids; do
		[[ " $(moat exec nest cat /sys/fs/cgroup/cgroup.controllers) " == *" $one "* ]]
	done
	assert_equal "$(moat exec nest sh -c 'cd /sys/fs/cgroup; echo +cpuset >cgroup.subtree_control
		echo 0 >app/cpuset.cpus; cat app/cpuset.cpus.effective')" 0
	# What a limit below the container's own leaves is no business of /proc/meminfo, which has the container's.
	run moat exec nest sh -c 'cd /sys/fs/cgroup; mkdir small; echo 64M >small/memory.max
		sh -c "echo \$\$ >small/cgroup.procs; grep MemTotal /proc/meminfo"; rmdir small'
	! own_kernel || [[ $output == *" 262144 kB" ]]
}

@test "nested: top lists what runs in all of them, and stats counts it" {
	run moat top nest
	assert_status 0
	assert_has "sleep 1000"
	assert_has "sh -c"
	[ "$(moat stats --no-stream --format json nest | jq -r '.PIDs // .[0].PIDs')" -ge 2 ]
	[ "$(moat stats --no-stream --format '{{.MemUsage}}' nest | cut -d/ -f1 | tr -d ' ')" != 0B ]
}

@test "nested: limits are the whole container's, and so is a death for want of memory" {
	local before
	before=$(date +%s)
	moat update -m 128m nest >/dev/null
	# The limit is in the cgroup above, the process in one below.
	run moat exec nest sh -c 'echo $$ >/sys/fs/cgroup/app/cgroup.procs; exec dd if=/dev/zero of=/dev/null bs=200M count=1'
	assert_status 137
	poll events_have oom "$before"
	is_state nest running
	[ "$(of nest .State.OOMKilled)" = true ]
}

events_have() {
	moat events --since "$2" --until "$(date +%s)" --filter container=nest | grep -q "container $1 "
}

@test "nested: commit stops all of it, and a restart nests anew" {
	moat exec -d nest sh -c 'mkdir /sys/fs/cgroup/late; echo $$ >/sys/fs/cgroup/late/cgroup.procs; while :; do date >>/log; done'
	poll moat exec nest test -s /log
	moat commit nest made:nested >/dev/null
	moat exec nest test -s /log
	moat restart -t 0 nest >/dev/null
	poll moat exec nest grep -q . /sys/fs/cgroup/app/cgroup.procs
	assert_equal "$(moat exec nest cat /proc/self/cgroup)" "0::/init"
	moat rm -f nest >/dev/null
}
