#!/usr/bin/env bats
# Options of run and create that change what the container sees, and limits of running containers.

load lib

setup_file() {
	file_setup
	start_moatd
	with_busybox
	own_docker_config
}

teardown_file() {
	file_teardown
}

docker() {
	timeout --foreground -k 5 "$LIMIT" docker -H "unix://$SOCKET" "$@"
}

of() {
	moat inspect "$1" | jq -r ".[0]$2"
}

# profile: mkdir fails with EOPNOTSUPP; docker's conditions are in it.
profile() {
	cat <<-JSON
		{"defaultAction": "SCMP_ACT_ALLOW",
		 "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
		 "syscalls": [
		  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
		  {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]}
	JSON
}

@test "run: groups, sysctls, tmpfs, /dev/shm, names and rights, all at once" {
	run moat run --rm --group-add 77 --group-add wheel --sysctl net.ipv4.ip_forward=1 \
		--sysctl kernel.msgmax=9000 --tmpfs /run:size=2m,mode=700 --tmpfs /new/deep --shm-size 32m \
		--add-host one:1.2.3.4 --add-host two=::2 --dns 9.9.9.9 --dns-search a.b --dns-option ndots:2 \
		-h box --domainname d.org --oom-score-adj 300 --cpu-shares 1024 --memory-reservation 100m \
		--ulimit nofile=99:100 --cap-drop ALL --cap-add CHOWN --security-opt no-new-privileges "$BUSYBOX" sh -c '
			echo "groups $(id -G)"
			cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
			grep -E " (/run|/new/deep|/dev/shm) " /proc/mounts
			ls -ld /run; touch /new/deep/f && echo written
			cat /etc/hosts /etc/resolv.conf /proc/sys/kernel/domainname
			hostname -f; cat /proc/self/oom_score_adj
			cat /sys/fs/cgroup/cpu.weight /sys/fs/cgroup/memory.low
			echo "files $(ulimit -n) $(ulimit -Hn)"; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status'
	assert_status 0
	assert_has "groups 0 10 77"
	assert_has $'\n1\n9000\n'
	assert_has "tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime,size=2048k,mode=700"
	assert_has "tmpfs /new/deep tmpfs rw,nosuid,nodev,noexec"
	assert_has "tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=32768k"
	assert_has "drwx------"
	assert_has written
	[[ $output =~ $'1.2.3.4\tone\n::2\ttwo\n10.'[0-9.]+$'\tbox.d.org box\nnameserver 10.'[0-9.]+$'\nsearch a.b\noptions ndots:2\nd.org' ]]
	assert_has $'\nbox.d.org\n300\n39\n104857600\nfiles 99 100\n'
	assert_has $'CapEff:\t0000000000000001'
	assert_has $'CapBnd:\t0000000000000001'
	assert_has $'NoNewPrivs:\t1'
}

@test "run: what cannot be is refused, by name" {
	run moat run --rm --group-add nosuch "$BUSYBOX" true
	assert_error 125 "Unable to find group nosuch"
	run moat run --rm --sysctl net.nosuch=1 "$BUSYBOX" true
	assert_error 125 "no sysctl net.nosuch"
	run moat run --rm --sysctl ../x=1 "$BUSYBOX" true
	assert_error 125 "invalid sysctl"
	run moat run --rm --tmpfs /run:fly "$BUSYBOX" true
	assert_error 125 "fly"
	run moat run --rm --cpuset-cpus 4000 "$BUSYBOX" true
	assert_error 125 4000
	run moat run --rm --init-image x "$BUSYBOX" true
	assert_error 125 "--init-image"
	run docker run --rm --device /dev/null "$BUSYBOX" true
	assert_error 125 "devices"
	run moat run --rm --os windows "$BUSYBOX" true
	[ "$status" -ne 0 ]
	assert_has windows
}

@test "run --arch, --platform: this host's own is found" {
	run moat create --arch amd64 --os linux "$BUSYBOX" true
	assert_status 0
	moat rm "$output"
}

@test "run --init: reaps orphans, passes signals on, ends as the command does" {
	local orphan
	moat run -d --name withinit --init "$BUSYBOX" sh -c '
		trap "exit 9" USR1
		sh -c "sleep 0.1 & echo orphan=\$!"
		while :; do sleep 0.05; done' >/dev/null
	poll log_has withinit orphan=
	assert_equal "$(of withinit .HostConfig.Init)" true
	# Not even a zombie is left of the orphan.
	orphan=$(moat logs withinit | sed -n 's/orphan=//p')
	poll moat exec withinit test ! -e "/proc/$orphan"
	[[ $(moat exec withinit cat /proc/1/comm) == moat-init ]]
	moat kill -s USR1 withinit
	run moat wait withinit
	assert_equal "$output" 9
	moat rm withinit
	run moat run --rm --init "$BUSYBOX" sh -c 'kill -9 $$'
	assert_status 137
	run -127 moat run --rm --init "$BUSYBOX" nosuchcommand
	assert_has "executable file not found"
}

@test "run --init -it: a key of the terminal reaches the command" {
	run python3 "$TESTS/integration/terminal.py" 20x70 'expect:#' 'send:(echo be""gun; sleep 1000)\n' 'expect:begun' \
		'send:\x03' 'send:echo a$((40+2))b\n' 'expect:a42b' 'send:exit 4\n' -- \
		"$MOAT_BUILD/moat" run -it --rm --init "$BUSYBOX" sh
	assert_status 4
}

@test "run --security-opt seccomp: a profile is enforced, for exec too, with and without privileges" {
	profile >"$BATS_TEST_TMPDIR/p.json"
	moat run -d --name filtered --security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" -u 1000 "$BUSYBOX" sleep 100000 >/dev/null
	run moat exec filtered mkdir /tmp/a
	assert_error 1 "Operation not supported"
	run moat exec -u 0 filtered sh -c 'grep ^Seccomp: /proc/self/status; rmdir /nosuch'
	assert_has $'Seccomp:\t2'
	assert_has "No such file"
	[[ $(moat exec --privileged -u 0 filtered grep CapEff /proc/self/status) == *000001ffffffffff ]]
	moat rm -f filtered
	run docker run --rm --init --cap-add SYS_ADMIN --security-opt no-new-privileges \
		--security-opt "seccomp=$BATS_TEST_TMPDIR/p.json" "$BUSYBOX" sh -c 'mkdir /tmp/a; rmdir /nosuch; grep ^Seccomp: /proc/1/status'
	assert_has "Operation not supported"
	assert_has "Operation not permitted"
	assert_has $'Seccomp:\t2'
	echo '{"defaultAction":"SCMP_ACT_FLY"}' >"$BATS_TEST_TMPDIR/bad.json"
	run moat run --rm --security-opt "seccomp=$BATS_TEST_TMPDIR/bad.json" "$BUSYBOX" true
	assert_error 125 "SCMP_ACT_FLY"
	run docker run --rm --security-opt "seccomp=$BATS_TEST_TMPDIR/bad.json" "$BUSYBOX" true
	assert_error 125 "SCMP_ACT_FLY"
	run moat run --rm --security-opt seccomp=unconfined "$BUSYBOX" grep ^Seccomp: /proc/self/status
	assert_equal "$output" $'Seccomp:\t0'
}

@test "run: masked and read-only paths, system paths, privileged" {
	run moat run --rm --masked-path /etc/passwd --read-only-path NONE --read-only-path /tmp "$BUSYBOX" sh -c '
		wc -c </etc/passwd; ls -l /proc/keys | cut -c1-10; touch /tmp/x; echo 7 >/proc/sys/vm/swappiness && echo sysctl'
	assert_has $'0\ncrw-rw-rw-\n'
	assert_has "Read-only file system"
	assert_has sysctl
	run docker run --rm --security-opt systempaths=unconfined "$BUSYBOX" sh -c 'ls -l /proc/keys | cut -c1-10; echo 8 >/proc/sys/vm/swappiness && echo sysctl'
	assert_has "-r--r--r--"
	assert_has sysctl
	run docker run --rm --privileged "$BUSYBOX" sh -c '
		grep CapEff /proc/self/status; head -c 10 /dev/vda | wc -c; mkdir /sys/fs/cgroup/x /tmp/m && mount -t tmpfs x /tmp/m && echo mounted'
	assert_has $'CapEff:\t000001ffffffffff'
	assert_has $'\n10\nmounted'
	run moat run --rm --cap-add ALL --cap-drop NET_RAW "$BUSYBOX" sh -c 'grep CapEff /proc/self/status; mknod /tmp/v b 254 0; head -c1 /tmp/v'
	assert_has $'CapEff:\t000001ffffffdfff'
	assert_has "not permitted"
}

@test "docker run: tmpfs mounts, shm, hosts, dns, cpuset and the rest, as docker's client sends them" {
	run docker run --rm --mount type=tmpfs,dst=/tt,tmpfs-size=1048576,tmpfs-mode=700 --tmpfs /run --shm-size 32m \
		--add-host x:1.1.1.1 --add-host gw:host-gateway --dns 8.8.8.8 --cpuset-cpus 0 --memory 200m --memory-swap 400m \
		--device-read-bps /dev/sda:1mb --sysctl net.ipv4.ip_forward=1 --group-add 5 "$BUSYBOX" sh -c '
			grep -E " (/tt|/run) " /proc/mounts; nproc; cat /sys/fs/cgroup/memory.max /etc/resolv.conf; grep 1.1.1.1 /etc/hosts; id -G'
	assert_status 0
	assert_has "tmpfs /tt tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k,mode=700"
	assert_has "tmpfs /run tmpfs"
	[[ $output =~ $'\n1\n209715200\nnameserver 10.'.*$'\n1.1.1.1\tx\n0 5' ]]
	assert_has "WARNING: BlkioDeviceReadBps"
	assert_has "WARNING: a container's machine has no swap"
	docker create --name shown "$BUSYBOX" true >/dev/null
	assert_equal "$(docker inspect -f '{{index .HostConfig.ReadonlyPaths 0}}' shown)" /proc/bus
	docker rm shown
}

@test "run -e, --env-file, --label-file, --cidfile: as docker has them" {
	local id
	printf '# c\nA=1 2\n  B=x\nUNSET_HERE\nFROM_HOST\n' >"$BATS_TEST_TMPDIR/env"
	printf 'l1=v 1\nl2\n' >"$BATS_TEST_TMPDIR/labels"
	FROM_HOST=yes run moat run --name envs --env-file "$BATS_TEST_TMPDIR/env" -e B=y -e FROM_HOST -e PATH_NOT_SET \
		--label-file "$BATS_TEST_TMPDIR/labels" -l l1=w --cidfile "$BATS_TEST_TMPDIR/cid" "$BUSYBOX" env
	assert_status 0
	assert_has "A=1 2"
	assert_has "B=y"
	assert_has "FROM_HOST=yes"
	assert_has "HOME=/root"
	assert_has "HOSTNAME="
	[[ $output != *UNSET_HERE* && $output != *PATH_NOT_SET* && $output != *TERM=* ]]
	id=$(cat "$BATS_TEST_TMPDIR/cid")
	assert_equal "$(of "$id" .Name)" /envs
	assert_equal "$(of envs '.Config.Labels | "\(.l1) \(.l2)"')" "w "
	run moat run --cidfile "$BATS_TEST_TMPDIR/cid" "$BUSYBOX" true
	assert_error 125 "cid"
	moat rm envs
}

# guest_free NAME -lt|-gt MIB: of the machine's memory, whatever the container's limit is
guest_free() {
	[ "$(moat exec "$1" awk '$1 == "nr_free_pages" { print int($2 / 256) }' /proc/vmstat)" "$2" "$3" ]
}

@test "update: limits of a running container hold at once, and after a restart" {
	moat run -d --name live "$BUSYBOX" sleep 100000 >/dev/null
	docker update --memory 300m --memory-swap -1 --cpus 0.5 --pids-limit 50 --cpu-shares 1024 --memory-reservation 100m live
	run moat exec live sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max cpu.weight memory.low'
	assert_equal "$output" $'314572800\n50000 100000\n50\n39\n104857600'
	assert_equal "$(of live .HostConfig.Memory)" 314572800
	# What the limit leaves of the machine's memory is taken from the guest, and given again.
	poll guest_free live -lt 400
	moat update -m 1000m live
	poll guest_free live -gt 700
	moat update -m 300m live
	moat update --pids-limit -1 --cpus 1 live
	run moat exec live sh -c 'cd /sys/fs/cgroup; cat cpu.max pids.max'
	assert_equal "$output" $'100000 100000\nmax'
	run moat update -m 2g live
	assert_error 1 "1024 MiB" "stop the container"
	docker update --cpuset-cpus 0 live
	for pid in /proc/"$(of live .State.Pid)"/task/*; do
		assert_equal "$(taskset -p "${pid##*/}")" "pid ${pid##*/}'s current affinity mask: 1"
	done
	# More than the new limit is in use: nothing is killed for it, and nothing changes.
	moat update --memory-reservation 6m live
	moat exec live dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null
	run moat update -m 20m live
	assert_error 1 "more than the new limit"
	assert_equal "$(moat exec live cat /sys/fs/cgroup/memory.max)" 314572800
	assert_equal "$(of live .HostConfig.Memory)" 314572800
	moat pause live
	run moat update -m 200m live
	assert_error 1 paused
	moat unpause live
	kill_moatd
	poll start_moatd
	moat update -m 200m live
	moat restart -t 0 live
	assert_equal "$(moat exec live nproc)" 1
	run moat exec live sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max cpu.weight memory.low'
	assert_equal "$output" $'209715200\n100000 100000\nmax\n39\n6291456'
}

@test "oom: a killed process is told of while the container runs, a killed container exits 137" {
	local since
	since=$(date +%s)
	moat update -m 32m live
	run moat exec live tail /dev/zero
	assert_status 137
	poll eval '[ "$(of live .State.OOMKilled)" = true ]'
	is_state live running
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=live
	assert_has "container oom"
	moat restart -t 0 live
	assert_equal "$(of live .State.OOMKilled)" false
	moat rm -f live
	run moat run --name hungry -m 32m "$BUSYBOX" tail /dev/zero
	assert_status 137
	assert_equal "$(of hungry '.State | "\(.OOMKilled) \(.ExitCode) \(.Status)"')" "true 137 exited"
	run moat events --since "$since" --until "$(($(date +%s) + 1))" --filter container=hungry --filter event=oom
	assert_equal "${#lines[@]}" 1
	moat rm hungry
}

@test "run --kernel: a kernel for one container, with templates of its own; gone with it" {
	local dir=$BATS_TEST_TMPDIR/kernel hash pid
	cp -r "$MOAT_BUILD/guest-kernel" "$dir"
	printf '\0' >>"$dir/modules/kernel/drivers/block/virtio_blk.ko"
	moat run --name special --kernel "$dir" "$BUSYBOX" true
	hash=$(of special .HostConfig.Moat.KernelHash)
	[ "$hash" != "$(readlink "$MOAT_ROOT/kernel/current")" ]
	assert_equal "$(jq -r .kernel "$MOAT_ROOT/containers/$(id_of special)/machine/machine.json")" "$MOAT_ROOT/kernel/$hash/vmlinuz"
	# A start with the kernel for all does not cost it its template.
	moat run --rm "$BUSYBOX" true
	moat start -a special
	assert_equal "$(of special .Moat.Restored)" true
	run moat run --rm --kernel /etc/passwd "$BUSYBOX" true
	assert_error 125 "not a kernel image"
	run moat run --rm --kernel "$BATS_TEST_TMPDIR/nosuch" "$BUSYBOX" true
	assert_error 125 nosuch
	moat rm special
	pid=$(moatd_pid)
	moat system stop
	poll gone "$pid"
	[ -d "$MOAT_ROOT/kernel/$hash" ]
	start_moatd
	[ ! -d "$MOAT_ROOT/kernel/$hash" ]
	[ -d "$(readlink -f "$MOAT_ROOT/kernel/current")" ]
}

@test "run --init: goes on below a filter that does not let it hear of signals" {
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["rt_sigtimedwait"],"action":"SCMP_ACT_ERRNO"}]}' \
		>"$BATS_TEST_TMPDIR/deaf.json"
	run moat run --rm --init --security-opt "seccomp=$BATS_TEST_TMPDIR/deaf.json" "$BUSYBOX" sh -c 'exit 7'
	assert_status 7
}

@test "exec: has the limits of its container, and so have health checks" {
	moat run -d --name limited --network none --ulimit nofile=99:100 --ulimit core=0 --health-cmd 'test $(ulimit -n) = 99' --health-interval 200ms \
		"$BUSYBOX" sh -c 'ls /sys/class/net; sleep 1000' >/dev/null
	assert_equal "$(moat exec limited sh -c 'ulimit -n; ulimit -Hn; ulimit -c')" $'99\n100\n0'
	poll is_healthy limited
	# No interface but its own is seen, however the container looks for it.
	assert_equal "$(moat logs limited)" lo
	assert_equal "$(moat exec limited sh -c "ip -o link | cut -d' ' -f2; ls /proc/sys/net/ipv4/conf")" $'lo:\nall\ndefault\nlo'
	moat rm -f limited >/dev/null
}

is_healthy() {
	[ "$(of "$1" .State.Health.Status)" = healthy ]
}

@test "run, exec --security-opt seccomp: a profile older than faccessat2(2) hides no program" {
	local action
	for action in '"SCMP_ACT_ERRNO"' '"SCMP_ACT_ERRNO", "errnoRet": 38'; do
		echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["faccessat2"], "action": '"$action"'}]}' \
			>"$BATS_TEST_TMPDIR/old.json"
		moat run -d --name old --security-opt "seccomp=$BATS_TEST_TMPDIR/old.json" "$BUSYBOX" sleep 1000 >/dev/null
		assert_equal "$(moat exec old echo by name)" "by name"
		assert_equal "$(moat exec -u 1000 old /bin/echo by path)" "by path"
		run moat exec old /etc/passwd
		assert_error 126 "permission denied"
		run -127 moat exec old nosuchcommand
		assert_has "executable file not found"
		moat rm -f old >/dev/null
	done
}

@test "run, exec -w: into a folder its user may not enter, as docker does" {
	# Nobody but root may enter /root; the folder below it is made where it is missing.
	run moat run --rm -u 1000 -w /root/made "$BUSYBOX" sh -c 'id -u; ls -ld . | cut -c1-10; ls /root'
	assert_has $'1000\ndrwxr-xr-x\n'
	assert_has "Permission denied"
	moat run -d --name shut -w /root "$BUSYBOX" sh -c 'chmod 700 /root; touch /root/seen; sleep 1000' >/dev/null
	poll moat exec shut test -e /root/seen
	run moat exec -u 1000:1000 -w /root shut sh -c 'id -u; ls .'
	assert_equal "${lines[0]}" 1000
	assert_has "Permission denied"
	# That is the container's own folder, too.
	assert_equal "$(moat exec -u 1000 shut id -u)" 1000
	run -127 moat exec -u 1000 -w /root/none shut id
	assert_error 127 'chdir to cwd ("/root/none") failed: no such file or directory'
	run -127 moat exec -u 1000 -w /root/seen shut id
	assert_error 127 'chdir to cwd ("/root/seen") failed: not a directory'
	moat rm -f shut >/dev/null
	run docker run --rm -u 1000 -w /etc/passwd "$BUSYBOX" true
	assert_error 125 "not a directory"
}

@test "create: each member of Docker's request is effective, ignored with a warning, or refused, as documented" {
	docker create --name theirs "$BUSYBOX" true >/dev/null
	cd "$REPO"
	run python3 "$TESTS/integration/fields.py" "$SOCKET" "$BUSYBOX" theirs
	assert_status 0
	moat rm theirs
}

@test "docker run: options that moat cannot honour are refused by name, a network that there is none of too" {
	local options
	for options in "--runtime=nosuch Runtime" "--isolation=hyperv Isolation" "--security-opt=apparmor=mine AppArmor" \
		"--security-opt=label=type:x SELinux" "--security-opt=systempaths=x system" "--cgroupns=host CgroupnsMode" \
		"--ipc=none IpcMode" "--ipc=container:x IpcMode" "--volume-driver=x VolumeDriver" "--network=host NetworkMode" \
		"--network=container:x NetworkMode" "--link-local-ip=169.254.1.1 LinkLocalIPs"; do
		run docker create "${options% *}" "$BUSYBOX" true
		assert_error 1 "moat does not support" "${options#* }"
	done
	for options in --network=nosuch "--network=nosuch --pull=missing"; do
		# shellcheck disable=SC2086 # options
		run docker create $options "$BUSYBOX" true
		assert_error 1 "network nosuch not found"
		[[ $output != *[Pp]ull* ]]
	done
	run docker create --annotation a=b "$BUSYBOX" true
	assert_status 0
	assert_has "WARNING: Annotations has no effect"
	docker rm "${lines[-1]}"
	assert_equal "$(docker ps -aq)" ""
}

@test "update: what cannot be changed, or has no effect, is said" {
	docker create --name fixed "$BUSYBOX" true
	run docker update --blkio-weight 100 --memory 100m fixed
	assert_status 0
	assert_has "BlkioWeight has no effect"
	run curl -sS --unix-socket "$SOCKET" http://moat/containers/fixed/update -H "Content-Type: application/json" -d '{"Init":true}'
	assert_has "Init has no effect: it cannot be changed"
	docker rm fixed
}
