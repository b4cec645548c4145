#!/usr/bin/env bats
# Several containers in one machine.

load lib
load machine

@test "machine: two containers share it and nothing else, and the end of one leaves the other alone" {
	together two
}

@test "machine: a container that is removed leaves nothing behind" {
	together remove
}

@test "machine: it rests without a container, and goes on with the next" {
	together rest
}

@test "machine: its network comes with a container, changes while that runs, and goes with the last" {
	needs_tap
	together network
}

@test "machine: a container whose network cannot be is not started, and says why" {
	needs_tap
	together bad_network
}

@test "machine: it is there while a container runs or somebody holds it, and no longer" {
	together hold
}
