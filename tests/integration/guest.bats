#!/usr/bin/env bats
# moat-init with several containers, without a shim: what it does with them, order by order.

load lib

setup_file() {
	export GUEST_ACPI=no
	if [ -d "$MOAT_TEST_KERNEL/modules" ]; then
		GUEST_ACPI=yes
	fi
}

# guest CASE [FOLDER]: see guest.py.
guest() {
	local case=$1 kernel=$SUITE/prepared/kernel/current
	shift
	timeout "$LIMIT" python3 "$TESTS/integration/guest.py" "$case" "$kernel/vmlinuz" "$kernel/initrd" "$GUEST_ACPI" "$@"
}

@test "guest: two containers have roots, names, processes, IPC and limits of their own" {
	guest apart
}

@test "guest: the end of one container leaves the other alone, and its number and disks are free" {
	guest one_ends
}

@test "guest: a container past its memory limit is killed and told of, and no other" {
	guest killed_for_memory
}

@test "guest: what it has cached of files is dropped when the host says so" {
	guest drops_its_cache
}

@test "guest: a container that runs is removed with all it made, and its disk is clean" {
	guest removed_as_it_runs
}

@test "guest: a container whose disk cannot be written is not removed as if it were" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small file system needs root"
	mkdir "$SUITE/small"
	mount -t tmpfs -o size=8m tmpfs "$SUITE/small"
	run guest removed_on_a_full_disk "$SUITE/small"
	umount "$SUITE/small"
	assert_status 0
}

@test "guest: a container that cannot be set up says why, and is removed" {
	guest not_to_be_set_up
}

@test "guest: an interface works from the first packet on, with all that was asked for" {
	needs_tap
	guest has_network
}

@test "guest: interfaces come and go while a container runs" {
	needs_tap
	guest changes_its_network
}

@test "guest: containers share the network of their machine, which goes with the last of them" {
	needs_tap
	guest shares_its_network
}

@test "guest: hosts and resolv.conf follow the network, also on a read-only root" {
	needs_tap
	guest knows_names_of_its_network
}

@test "guest: a network that cannot be is refused with the reason, and the one before stays" {
	needs_tap
	guest says_why_it_has_no_network
}

@test "guest: whatever a container does to its network, the next one finds nothing of it" {
	needs_tap
	guest breaks_its_network
}

@test "guest: an order that makes no sense ends the machine" {
	local order
	for order in unknown_number number_twice slot_twice removed_twice network_of_one_that_ends; do
		guest "$order"
	done
}

@test "guest: a shutdown ends all containers, and all disks are clean" {
	guest all_down
}
