#!/usr/bin/env bats
# Logins at a registry: in a file, with docker's helpers, in a real Secret Service, and nowhere else.

load lib

CANARY=canary-of-the-password

setup_file() {
	file_setup
	start_moatd
	export HOME=$BATS_FILE_TMPDIR/home
	mkdir -p "$HOME"
	unset DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR DOCKER_CONFIG XDG_CONFIG_HOME
	moat pull -q "$BUSYBOX"
	start_guarded_registry "$CANARY"
	moat image tag "$BUSYBOX" "$GUARDED/app"
}

teardown_file() {
	file_teardown
}

teardown() {
	moat logout "$GUARDED" >/dev/null 2>&1 || true
	rm -rf "$HOME/.docker"
}

# login OPTION…: with the right password, from a pipe.
login() {
	printf '%s\n' "$CANARY" | moat login --username me --password-stdin "$@" "$GUARDED"
}

@test "login: a password in a file serves push and pull, and its file is the user's alone" {
	run -0 login --store file
	[[ $output == *"Login Succeeded"* ]]
	[ "$(stat -c %a "$HOME/.config/moat/registries.json")" = 600 ]
	run -0 moat registry ls
	[[ ${lines[1]} =~ ^"$GUARDED"\ +me\ +file$ ]]
	moat push -q "$GUARDED/app"
	run -0 moat pull -q "$GUARDED/app"
	moat logout "$GUARDED"
	run -1 moat pull -q "$GUARDED/app"
	[[ $output == *"denied"* ]]
}

@test "login: a wrong password is refused by the registry, and not kept" {
	run -1 moat login -u me --password-stdin --store file "$GUARDED" <<<wrong
	[[ $output == *"401"* ]]
	run -0 moat registry ls -q
	[ -z "$output" ]
}

@test "login: without a vault it says what to install, before it asks for anything" {
	run -1 moat login -u me --password-stdin "$GUARDED" </dev/null
	[[ $output == *"gnome-keyring"*"--store file"* ]]
}

@test "login: a password is no option" {
	run -1 moat login -u me --password x "$GUARDED"
	[[ $output == *"--password"* ]]
}

@test "login: what docker's config.json has serves moat" {
	mkdir -p "$HOME/.docker"
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$GUARDED" "$(printf 'me:%s' "$CANARY" | base64)" \
		>"$HOME/.docker/config.json"
	moat pull -q "$GUARDED/app"
	run -0 moat registry ls
	[[ ${lines[1]} == "$GUARDED"*"docker's config.json" ]]
}

@test "login: a helper of docker's without a session is warned of" {
	mkdir -p "$HOME/.docker"
	echo '{"credsStore":"secretservice"}' >"$HOME/.docker/config.json"
	run -0 moat pull -q "$BUSYBOX"
	[[ $output == *"warning: going on without a login"* ]]
}

# in_session COMMAND: with a session bus and an unlocked keyring.
in_session() {
	timeout --foreground -k 5 "$LIMIT" "$TESTS/integration/keyring.bash" "$1" 3>&-
}

@test "login: the Secret Service keeps it, where docker's own helper finds it, and the other way round" {
	export -f login moat
	export CANARY GUARDED LIMIT
	run -0 in_session "login && moat push -q $GUARDED/app && moat pull -q $GUARDED/app &&
		echo $GUARDED | docker-credential-secretservice get && moat registry ls &&
		moat logout $GUARDED && docker-credential-secretservice list"
	[[ $output == *"kept in secretservice"* ]]
	[[ $output == *"\"Username\":\"me\",\"Secret\":\"$CANARY\""* ]]
	[[ $output =~ "$GUARDED"\ +me\ +secretservice ]]
	[[ ${lines[-1]} == "{}" ]]
	mkdir -p "$HOME/.docker"
	echo '{"credsStore":"secretservice"}' >"$HOME/.docker/config.json"
	run -0 in_session "echo '{\"ServerURL\":\"$GUARDED\",\"Username\":\"me\",\"Secret\":\"$CANARY\"}' |
		docker-credential-secretservice store && moat pull -q $GUARDED/app && moat registry ls -q"
	[[ $output == *"$GUARDED" ]]
}

@test "login: docker-credential-pass keeps it, and one that knows nothing is no obstacle" {
	command -v pass >/dev/null || skip "the package pass is not installed"
	local fingerprint
	export GNUPGHOME=$HOME/gnupg PASSWORD_STORE_DIR=$HOME/pass
	# Without a store it says what to do; it knows no login then.
	run -1 login --store pass
	[[ $output == *"pass init"* ]]
	mkdir -p "$HOME/.docker"
	echo '{"credsStore":"pass"}' >"$HOME/.docker/config.json"
	run -0 moat pull -q "$BUSYBOX"
	[[ $output != *warning* ]]
	mkdir -m 700 "$GNUPGHOME"
	gpg -q --batch --passphrase '' --quick-generate-key moat@example.invalid ed25519 default never
	fingerprint=$(gpg -q --list-keys --with-colons | awk -F: '/^fpr/ {print $10; exit}')
	gpg -q --batch --passphrase '' --quick-add-key "$fingerprint" cv25519 encr never
	pass init moat@example.invalid >/dev/null
	run -0 login --store pass
	[[ $output == *"kept in pass"* ]]
	run -0 moat registry ls
	[[ $output =~ "$GUARDED"\ +me\ +pass ]]
	moat pull -q "$GUARDED/app"
	# What docker's client keeps there for one registry serves moat, too; and what is not there is no error.
	moat logout "$GUARDED"
	[ "$(docker-credential-pass list)" = "{}" ]
	echo "{\"credHelpers\":{\"$GUARDED\":\"pass\"}}" >"$HOME/.docker/config.json"
	run -1 moat pull -q "$GUARDED/app"
	[[ $output == *denied* && $output != *warning* ]]
	printf '{"ServerURL":"%s","Username":"me","Secret":"%s"}' "$GUARDED" "$CANARY" | docker-credential-pass store
	moat pull -q "$GUARDED/app"
	gpgconf --kill gpg-agent
}

@test "login: after login, push, pull and failures the password is in no file and in no process" {
	login --store file
	moat push -q "$GUARDED/app"
	moat pull -q "$GUARDED/app"
	run -1 moat pull -q "$GUARDED/nothing-there"
	local auth
	auth=$(jq -r '.registries[].auth' "$HOME/.config/moat/registries.json")
	moat logout "$GUARDED"
	python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT" --files "$HOME" \
		--all -- "$CANARY" "$auth"
	# docker's client keeps its own files, and brings the password with each request.
	export DOCKER_HOST=unix://$SOCKET DOCKER_CONFIG=$BATS_TEST_TMPDIR
	echo '{"auths": {"nowhere.invalid": {}}}' >"$DOCKER_CONFIG/config.json"
	run -1 docker login -u me --password-stdin "$GUARDED" <<<"$CANARY-wrong"
	docker login -u me --password-stdin "$GUARDED" <<<"$CANARY"
	docker push -q "$GUARDED/app"
	run -0 docker pull -q "$GUARDED/app"
	run -1 docker pull -q "$GUARDED/nothing-there"
	run -1 docker push -q "$GUARDED/nothing-there"
	docker logout "$GUARDED"
	python3 "$BATS_TEST_DIRNAME/canary.py" --files "$MOAT_ROOT" --files "$HOME" --files "$DOCKER_CONFIG" --all -- "$CANARY"
	unset DOCKER_HOST DOCKER_CONFIG
	run moat events --since 1h --until "$(date +%s)"
	[[ $output != *"$CANARY"* && $output != *"$auth"* ]]
	run moat system logs
	[[ $output != *"$CANARY"* && $output != *"$auth"* ]]
}
