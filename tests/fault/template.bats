#!/usr/bin/env bats
# Templates that are damaged, and makers of templates that are killed: starts go on, and the next template is whole.

load ../integration/lib
load ../integration/template

setup_file() {
	file_setup bare
	start_moatd
	with_busybox
}

@test "template: one whose state was cut short while moatd runs fails no start, and is replaced" {
	truncate -s 1000 "$(kept_template)/state"
	run moat run --name saved "$BUSYBOX" echo fine
	assert_status 0
	assert_equal "${lines[-1]}" fine
	assert_equal "$(restored saved)" false
	moat rm saved
	assert_replaced
}

@test "template: one with damaged state is replaced" {
	local dir
	dir=$(kept_template)
	stop_moatd
	damage "$dir/state"
	start_moatd
	assert_replaced
	grep -q 'its state is damaged' "$MOAT_ROOT/moatd.log"
}

@test "template: one with damaged memory is replaced" {
	local dir
	dir=$(kept_template)
	stop_moatd
	damage "$dir/memory"
	start_moatd
	assert_replaced
	grep -q 'its memory is damaged' "$MOAT_ROOT/moatd.log"
}

@test "template: one with a damaged template.json is replaced" {
	local dir
	dir=$(kept_template)
	stop_moatd
	truncate -s 20 "$dir/template.json"
	start_moatd
	assert_replaced
}

@test "template: another machine's, put in its place, is replaced" {
	local dir other
	dir=$(kept_template)
	moat run --rm --cpus 1 "$BUSYBOX" true
	two_kept() {
		[ "$(find "$MOAT_ROOT/templates" -mindepth 2 -name template.json | wc -l)" -eq 2 ]
	}
	poll two_kept
	stop_moatd
	other=$(find "$MOAT_ROOT/templates" -mindepth 1 -maxdepth 1 ! -path "$dir")
	rm -rf "$dir"
	mv "$other" "$dir"
	start_moatd
	assert_replaced
	grep -q 'of another kind of machine' "$MOAT_ROOT/moatd.log"
}

@test "template: kill -9 of moatd while one is made leaves nothing half-made" {
	local run begun
	# On a busy host it may be made before: then all of it is tried again.
	for _ in {1..50}; do
		moat system template rm "$(basename "$(kept_template)")"
		"$MOAT_BUILD/moat" system template build >/dev/null 2>&1 3>&- &
		run=$!
		begun=
		until [ "$begun" ] || gone "$run"; do
			begun=$(compgen -G "$MOAT_ROOT/templates/.new-*/machine.json" || sleep 0.02)
		done
		kill_moatd
		wait "$run" || true
		template_dir || break
	done
	[ "$begun" ]
	assert_equal "$(find "$MOAT_ROOT/templates" -mindepth 1 -maxdepth 1 ! -name '.*')" ""
	start_moatd
	nothing_half_made
	poll no_maker
	assert_replaced
}

# maker qemu|shim: the process that makes a template.
maker() {
	local pid
	for pid in $(users_of "$MOAT_ROOT/templates"); do
		case $1,$(readlink "/proc/$pid/exe") in
		shim,*/moat-shim)
			echo "$pid"
			return
			;;
		qemu,*/moat-shim)
			for pid in $(descendants "$pid"); do
				[[ $(readlink "/proc/$pid/exe") != *qemu-system-* ]] || echo "$pid"
			done
			return
			;;
		esac
	done
}

kill_maker() {
	local pid
	pid=$(maker "$1")
	[ -n "$pid" ] && kill -9 "$pid"
}

# build_cut_off VICTIM: a template's making fails, as a process of its maker's is killed. On a busy host it may be made
# before: then all of it is tried again.
build_cut_off() {
	local run
	for _ in {1..50}; do
		moat system template rm "$(basename "$(kept_template)")"
		"$MOAT_BUILD/moat" system template build >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		run=$!
		until kill_maker "$1" || gone "$run"; do
			sleep 0.02
		done
		wait "$run" || return 0
	done
	return 1
}

@test "template: kill -9 of the machine or its shim while one is made: containers start all the same" {
	local victim
	for victim in qemu shim; do
		build_cut_off "$victim"
		grep -q 'template could not be made' "$BATS_TEST_TMPDIR/out"
		nothing_half_made
		poll no_maker
		assert_equal "$(templates)" ""
		run moat run --name without "$BUSYBOX" echo fine
		assert_status 0
		assert_equal "$output" fine
		assert_equal "$(restored without)" false
		moat rm without
		# It is tried again after a while, or at once by a new moatd.
		stop_moatd
		start_moatd
		assert_replaced
	done
}
