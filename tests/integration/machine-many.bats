#!/usr/bin/env bats
# Many containers in one machine, one after the other, leave it as it was.

load lib
load machine

@test "machine: 200 containers one after the other leave its memory where it was" {
	by_shim machine.py many
}

@test "machine: networks that come and go leave its memory where it was" {
	needs_tap
	by_shim machine.py many_networks
}
