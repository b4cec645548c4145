# Helpers of the tests of several containers in one machine: what moat-shim and moat-init do beyond what moatd asks for yet.

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run --name seed "$BUSYBOX" true
}

teardown_file() {
	file_teardown
}

# together TEST: what machine.py tests, in a machine of its own.
together() {
	run timeout "$LIMIT" python3 "$TESTS/integration/machine.py" "$1" "$MOAT_BUILD/moat-shim" \
		"$MOAT_ROOT/containers/$(id_of seed)" "$BATS_TEST_TMPDIR/machine"
	echo "$output"
	[ "$status" -eq 0 ]
}
