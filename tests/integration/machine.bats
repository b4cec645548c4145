#!/usr/bin/env bats
# Several containers in one machine.

load lib
load machine

@test "machine: two containers share it and nothing else, and the end of one leaves the other alone" {
	by_shim machine.py two
}

@test "machine: a container that is removed leaves nothing behind" {
	by_shim machine.py remove
}

@test "machine: it rests without a container, and goes on with the next" {
	by_shim machine.py rest
}

@test "machine: its network comes with a container, changes while that runs, and goes with the last" {
	needs_tap
	by_shim machine.py network
}

@test "machine: a container whose network cannot be is not started, and says why" {
	needs_tap
	by_shim machine.py bad_network
}

@test "machine: it is there while a container runs or somebody holds it, and no longer" {
	by_shim machine.py hold
}
