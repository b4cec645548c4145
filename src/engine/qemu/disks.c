/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A disk is a raw node that its device holds, on top of a file node.  The
 * new file comes over QMP into an fdset, becomes a node of its own, and takes the old one's place
 * below the raw node; the old node goes with its last user, and its fdset when it is removed.
 *
 * QEMU reads its commands byte by byte, with a round of its main loop for each: so what is sent is
 * short, leaves out what is the default, and does not wait for one answer before the next command.
 */
#include "engine/qemu/disks.h"

#include <stdio.h>

#include "engine/qemu/cmdline.h"

#define FDSET_FIRST	64 /* those of the command line are below */
#define COMMANDS_A_DISK 3
#define TEXT_MAX	160

struct texts {
	char set[TEXT_MAX], add[TEXT_MAX], swap[TEXT_MAX];
};

static void describe(size_t i, const struct machine_disk *d, struct texts *t,
		     struct qmp_command *ret)
{
	const char *how = d->read_only ? "\"read-only\":true" : "\"discard\":\"unmap\"";
	size_t set = FDSET_FIRST + i;

	snprintf(t->set, sizeof(t->set), "{\"fdset-id\":%zu}", set);
	snprintf(t->add, sizeof(t->add),
		 "{\"driver\":\"file\",\"node-name\":\"f%zu\",\"filename\":\"/dev/fdset/%zu\","
		 "\"locking\":\"off\",%s}",
		 i, set, how);
	snprintf(t->swap, sizeof(t->swap),
		 "{\"options\":[{\"driver\":\"raw\",\"node-name\":\"disk%zu\",\"file\":\"f%zu\",%s}"
		 "]}",
		 i, i, how);
	ret[0] = (struct qmp_command){ .name = "add-fd", .arguments = t->set, .fd = &d->fd };
	ret[1] = (struct qmp_command){ .name = "blockdev-add", .arguments = t->add };
	ret[2] = (struct qmp_command){ .name = "blockdev-reopen", .arguments = t->swap };
}

/* Nobody waits for that. */
static int forget_old_files(struct qmp *q, size_t n, struct err *err)
{
	struct qmp_command commands[MACHINE_DISKS_MAX];
	char sets[MACHINE_DISKS_MAX][TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		snprintf(sets[i], sizeof(sets[i]), "{\"fdset-id\":%zu}", i + QEMU_FDSET_DISKS);
		commands[i] = (struct qmp_command){ .name = "remove-fd", .arguments = sets[i] };
	}
	return qmp_send_ahead(q, commands, n, err);
}

int qemu_resume_with(struct qmp *q, const struct machine_disk *disks, size_t n,
		     uint64_t deadline_usec, struct err *err)
{
	struct qmp_command commands[MACHINE_DISKS_MAX * COMMANDS_A_DISK + 1];
	struct texts texts[MACHINE_DISKS_MAX];
	int r;

	for (size_t i = 0; i < n; i++)
		describe(i, &disks[i], &texts[i], &commands[i * COMMANDS_A_DISK]);
	commands[n * COMMANDS_A_DISK] = (struct qmp_command){ .name = "cont" };
	r = qmp_call_all(q, commands, n * COMMANDS_A_DISK + 1, deadline_usec, err);
	return r == 0 ? forget_old_files(q, n, err) : r;
}
