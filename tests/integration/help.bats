#!/usr/bin/env bats
# Help, man pages and completions, all made from one table of commands.

load lib

setup_file() {
	file_setup
	# What "make install" would put in place; no rebuild, no test build.
	meson introspect --installed "$MOAT_BUILD" >"$SUITE/installed.json"
}

teardown_file() {
	file_teardown
	rm -f "$SUITE/installed.json"
}

# installed PATTERN: built files whose installed path matches; fails when there is none.
installed() {
	jq -er --arg re "$1" '[to_entries[] | select(.value | test($re)) | .key] | if . == [] then null else .[] end' \
		"$SUITE/installed.json"
}

@test "help: --help and no arguments list every command, and start no moatd" {
	run moat --help
	assert_status 0
	for word in run exec ps logs stop kill start rm wait inspect pull image system; do
		assert_has "$word"
	done
	! moatd_pid
}

@test "help: every command has its own help with its options" {
	local command
	for command in run exec ps logs stop kill start rm wait inspect pull "image ls" "image rm" \
		"image tag" "image load" "image import" "image inspect" "system start" "system stop" \
		"system status" "system info" "system version" "system logs" "system kernel set"; do
		# shellcheck disable=SC2086 # two words are two arguments
		run moat $command --help
		assert_status 0
		assert_has "moat $command"
	done
	run moat run --help
	for word in --interactive --tty --detach --rm --name --env --workdir --user --entrypoint --cpus \
		--memory --hostname; do
		assert_has "$word"
	done
}

@test "help: an unknown command is an error that names it" {
	run moat nosuchcommand
	[ "$status" -ne 0 ]
	assert_has nosuchcommand
}

@test "man: every page renders without a warning" {
	local page n=0
	for page in $(installed '/man/.*\.[1-8]$'); do
		run man -l --warnings -E UTF-8 -P cat "$page"
		assert_status 0
		[[ $output != *warning* ]]
		n=$((n + 1))
	done
	[ "$n" -gt 0 ]
}

@test "man: moat-run has every option of run --help" {
	local option page
	page=$(man -l -P cat "$(installed '/moat-run\.1$')" | col -b)
	for option in $(moat run --help | grep -oE -- '--[a-z-]+' | sort -u); do
		[[ $page == *"$option"* ]]
	done
}

@test "completion: bash completes commands and options" {
	local file
	file=$(installed 'bash-completion/completions/moat$')
	run bash -c 'set -e; PATH=$MOAT_BUILD:$PATH; source "$1"
		complete -p moat >/dev/null
		function=$(complete -p moat | sed -n "s/.*-F \([^ ]*\) .*/\1/p")
		COMP_WORDS=(moat ru) COMP_CWORD=1 COMP_LINE="moat ru" COMP_POINT=7
		$function moat ru moat; echo "${COMPREPLY[@]}"
		COMP_WORDS=(moat run --hostn) COMP_CWORD=2 COMP_LINE="moat run --hostn" COMP_POINT=16
		$function moat --hostn run; echo "${COMPREPLY[@]}"' - "$file"
	assert_status 0
	assert_has run
	assert_has --hostname
}

@test "missing: what docker has and moat has not is refused by name, with the reason" {
	local command
	for command in build swarm; do
		run moat "$command" ls
		assert_error 1 "$command is not supported: "
	done
	run moat run --device /dev/x "$BUSYBOX"
	assert_error 125 "--device is not supported: a container's devices are its machine's"
	run moat frobnicate
	assert_error 1 'unknown command "frobnicate"'
}

# complete_words WORD…: what is offered for the last word.
complete_words() {
	bash -c 'set -e; PATH=$MOAT_BUILD:$PATH; source "$1"; shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_moat moat "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		echo "${COMPREPLY[@]}"' - "$(installed 'bash-completion/completions/moat$')" "$@"
}

@test "completion: what follows an option are its values" {
	assert_equal "$(complete_words moat run --restart "")" "no on-failure always unless-stopped"
	assert_equal "$(complete_words moat container run --restart = un)" unless-stopped
	assert_equal "$(complete_words moat run --restart =)" "no on-failure always unless-stopped"
	assert_equal "$(complete_words moat run --pull "")" "missing always never"
	assert_equal "$(complete_words moat kill -s HU)" HUP
	assert_equal "$(complete_words moat stop --signal KI)" KILL
	assert_equal "$(complete_words moat run --name "")" ""
	assert_equal "$(complete_words moat system spare "")" "ls set"
}

@test "completion: containers that run, or do not, and images, where a command takes them" {
	with_busybox
	moat create --name lies "$BUSYBOX" true
	moat run -d --name runs "$BUSYBOX" sleep 1000
	for command in exec attach stop kill pause top stats; do
		assert_equal "$(complete_words moat "$command" "")" runs
	done
	assert_equal "$(complete_words moat start "")" lies
	assert_equal "$(complete_words moat rm "" | tr ' ' '\n' | sort | xargs)" "lies runs"
	run complete_words moat inspect ""
	assert_has lies
	assert_has busybox
	moat rm -f lies runs
}
