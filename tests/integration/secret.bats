#!/usr/bin/env bats
# Secrets: kept in a vault or a file, and in a container's memory alone.

load lib

CANARY=canary-of-a-secret

setup_file() {
	file_setup
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir -p "$HOME"
	unset DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR DOCKER_CONFIG XDG_CONFIG_HOME
	start_moatd
	with_busybox
	printf '%s' "$CANARY" | moat secret create --store file -l team=db db - >/dev/null
}

teardown_file() {
	file_teardown
}

@test "secret: ls and inspect show what there is, and no value" {
	run -0 moat secret ls
	[[ ${lines[0]} == ID*NAME*STORE*CREATED ]]
	[[ ${lines[1]} == *db*file*ago ]]
	run -0 moat secret inspect db
	[[ $output != *"$(printf '%s' "$CANARY" | base64)"* ]]
	[ "$(jq -r '.[0].Spec.Labels.team' <<<"$output")" = db ]
	run -1 moat secret inspect none
	[[ $output == *"No such secret: none"* ]]
}

@test "secret: a container has it in a tmpfs at /run/secrets, with the owner and mode asked for" {
	run -0 moat run --rm --secret db,uid=7,gid=8,mode=0440 "$BUSYBOX" \
		sh -c 'cat /run/secrets/db; echo; stat -c "%u %g %a" /run/secrets/db; mount | grep " /run/secrets "'
	[ "${lines[0]}" = "$CANARY" ]
	[ "${lines[1]}" = "7 8 440" ]
	[[ ${lines[2]} == *"tmpfs (ro,nosuid,nodev,noexec"* ]]
}

@test "secret: it can be a file elsewhere, and several, and on a read-only root" {
	printf two | moat secret create --store file two - >/dev/null
	run -0 moat run --rm --read-only --secret source=db,target=/etc/app/key --secret two,target=sub/other "$BUSYBOX" \
		sh -c 'cat /etc/app/key; echo; cat /run/secrets/sub/other; echo; ls /run/secrets; echo >/etc/app/key; true'
	[ "${lines[0]}" = "$CANARY" ]
	[ "${lines[1]}" = two ]
	[ "${lines[2]}" = sub ]
	[[ ${lines[3]} == *"Read-only file system"* ]]
	moat secret rm two
	# Beside what is mounted in that folder by another name of it.
	moat run --name linked "$BUSYBOX" sh -c 'rm -rf /var/run && mkdir -p /run /var && ln -s /run /var/run' >/dev/null
	moat commit linked linked >/dev/null
	echo own >"$BATS_TEST_TMPDIR/own"
	run -0 moat run --rm --secret db -v "$BATS_TEST_TMPDIR/own:/var/run/secrets/own:ro" linked cat /run/secrets/own /run/secrets/db
	[ "$output" = "own
$CANARY" ]
	moat rm linked >/dev/null
}

@test "secret: it comes again with every start, and is on no disk, and in no process but its machine" {
	moat create --name has --secret db "$BUSYBOX" sh -c 'cat /run/secrets/db | tr a-z A-Z' >/dev/null
	run -0 moat start -a has
	[ "$output" = "$(tr a-z A-Z <<<"$CANARY")" ]
	run -0 moat start -a has
	[ "$output" = "$(tr a-z A-Z <<<"$CANARY")" ]
	run -1 moat secret rm db
	[[ $output == *"in use by container has"* ]]
	run -0 moat inspect has
	[[ $output != *"$CANARY"* ]]
	python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT" --except "$MOAT_ROOT/secrets" --all -- "$CANARY"
	moat rm has
	# While it lives its machine has it, and nobody else: not the client, the shim, moat-net or moat-fs.
	moat run --name lives --secret db -v "$BATS_TEST_TMPDIR:/shared" "$BUSYBOX" \
		sh -c 'cp /run/secrets/db /tmp/; touch /shared/ready; sleep 1000' >/dev/null 2>&1 3>&- &
	poll test -e "$BATS_TEST_TMPDIR/ready"
	python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT/containers" --all --but qemu-system -- "$CANARY"
	run -1 python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT/containers" --all -- "$CANARY"
	# No library finds a function late, which would leave on the stack what was copied last.
	for pid in "$(moatd_pid)" $(pgrep -f "moat-shim.*$MOAT_ROOT/"); do
		tr '\0' '\n' <"/proc/$pid/environ" | grep -x LD_BIND_NOW=1
	done
	moat rm -f lives
	python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT" --except "$MOAT_ROOT/secrets" --all -- "$CANARY"
}

@test "secret: docker-compose has files of its own, and moat's by a label; external ones it leaves out" {
	command -v docker-compose >/dev/null || skip "the package docker-compose is not installed"
	local dir=$BATS_TEST_TMPDIR
	printf two | moat secret create --store file two - >/dev/null
	printf 'of the file' >"$dir/own"
	cat >"$dir/compose.yml" <<-YML
		version: "3.7"
		services:
		  app:
		    image: $BUSYBOX
		    network_mode: none
		    labels: {dev.moat.secrets: "db,uid=7,mode=0400 two,target=/etc/two"}
		    secrets: [own, outside]
		    command: sh -c 'cat /run/secrets/db /run/secrets/own /etc/two; stat -c %u:%a /run/secrets/db'
		secrets:
		  own: {file: ./own}
		  outside: {external: true}
	YML
	export DOCKER_HOST=unix://$SOCKET DOCKER_CONFIG=$dir
	run timeout --foreground -k 5 "$LIMIT" docker-compose --ansi never -p secrets -f "$dir/compose.yml" up
	assert_status 0
	assert_has "${CANARY}of the filetwo7:400"
	assert_has "external"
	run -0 moat inspect secrets_app_1
	[[ $output != *"$CANARY"* ]]
	moat rm -f secrets_app_1
	run docker run --rm --network none --label dev.moat.secrets=none "$BUSYBOX" true
	assert_error 125 "No such secret: none"
	run docker run --rm --network none --label "dev.moat.secrets=db,color=red" "$BUSYBOX" true
	assert_error 125 "dev.moat.secrets" "color=red"
	moat secret rm two
}

@test "secret: what is wrong is said before a container is made" {
	run -125 moat run --rm --secret none "$BUSYBOX" true
	[[ $output == *"No such secret: none"* ]]
	run -125 moat run --rm --secret db,target=/a/../b "$BUSYBOX" true
	[[ $output == *"/a/../b"* ]]
	run -125 moat run --rm --secret db --secret db "$BUSYBOX" true
	[[ $output == *"both"* ]]
	run -125 moat run --rm --secret db,mode=999 "$BUSYBOX" true
	[[ $output == *"mode=999"* ]]
	run -1 moat secret create --store file db - <<<x
	[[ $output == *"already exists"* ]]
	run -1 moat secret create --store file a/b - <<<x
	[[ $output == *"invalid secret name"* ]]
	run -1 moat secret create --store file empty - </dev/null
	[[ $output == *"empty"* ]]
}

@test "secret: without a vault it says what to install" {
	run -1 moat secret create other - <<<x
	[[ $output == *"gnome-keyring"* ]]
}

@test "secret: a keyring keeps it, and a start that cannot reach the keyring says so" {
	local root=$BATS_TEST_TMPDIR/root
	mkdir -m 700 "$root"
	cp -a "$SUITE/prepared/kernel" "$root/"
	run -0 env MOAT_ROOT="$root" timeout --foreground -k 5 "$LIMIT" "$TESTS/integration/keyring.bash" "
		m=$MOAT_BUILD/moat
		\$m pull -q $BUSYBOX >/dev/null
		printf '%s' in-the-keyring | \$m secret create key - >/dev/null
		\$m secret ls; \$m create --name keyed --secret key $BUSYBOX cat /run/secrets/key >/dev/null
		\$m start -a keyed; \$m system stop" 3>&-
	[[ $output == *key*secretservice* ]]
	echo "$output"
	[[ $output == *in-the-keyring* ]]
	run -1 env MOAT_ROOT="$root" "$MOAT_BUILD/moat" start keyed
	[[ $output == *"secret key"* ]]
	env MOAT_ROOT="$root" "$MOAT_BUILD/moat" system stop
}
