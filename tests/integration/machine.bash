# Helpers of the tests that speak to a moat-shim of their own, by machine.py and shares.py: what moat-shim and moat-init do
# beyond what moatd asks for.

setup_file() {
	file_setup
	start_moatd
	with_busybox
	moat run --name seed "$BUSYBOX" true
}

teardown_file() {
	file_teardown
}

# by_shim PROGRAM TEST: in a machine of its own.
by_shim() {
	run timeout "$LIMIT" python3 "$TESTS/integration/$1" "$2" "$MOAT_BUILD/moat-shim" \
		"$MOAT_ROOT/containers/$(id_of seed)" "$BATS_TEST_TMPDIR/machine"
	echo "$output"
	[ "$status" -eq 0 ]
}
