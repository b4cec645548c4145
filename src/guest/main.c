/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moat-init is the first program of the guest.  main() brings the machine
 * to the point where it only waits for a container (a snapshot may be taken there), says
 * HELLO to the host, and from then on session.c does what the host asks.
 *
 * Where it may fail, and what happens then:
 *  - up to HELLO: the reason goes to the console, which is the host's boot log, and the machine
 *    ends;
 *  - in MACHINE, CONTAINER and REMOVE: FAILED on stream 0, with the reason;
 *  - in SPAWN, and in everything a process does: FAILED or EXITED on its stream, and no other
 *    process notices;
 *  - when the link breaks, the host makes no sense, or there is no memory left even to say that
 *    something failed: the disks are synced and the machine ends.
 * It never exits: that would be a kernel panic.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/container/cgroup.h"
#include "guest/machine/boot.h"
#include "guest/machine/modules.h"
#include "guest/machine/port.h"
#include "guest/machine/session.h"
#include "link/frame.h"

#define MODULES_DIR "/modules"

static void say_on_console(const char *msg)
{
	dprintf(STDERR_FILENO, "moat-init: %s\n", msg);
}

static int prepare_machine(struct machine *m, int *ret_port_fd, struct err *err)
{
	int r = boot_mounts(err);

	if (r < 0)
		return r;
	if (modules_load(MODULES_DIR, err) < 0)
		say_on_console(err->msg); /* whatever needs the module will fail, and say so */
	r = boot_new_root(err);
	if (r == 0)
		r = boot_settings(err);
	if (r == 0)
		r = network_open(&m->network, err);
	if (r == 0)
		r = cgroup_mount(err);
	if (r == 0)
		r = session_prepare(m, err);
	if (r == 0)
		r = port_open(LINK_PORT_NAME, ret_port_fd, err);
	return r;
}

int main(void)
{
	struct machine m = { .own = NAMESPACES_NONE, .network = { NETWORK_NONE }, .pid_fd = -1 };
	struct err err = { 0 };
	int port_fd;

	umask(0);
	signal(SIGPIPE, SIG_IGN);
	if (prepare_machine(&m, &port_fd, &err) == 0)
		session_run(&m, port_fd, &err);
	say_on_console(err.msg);
	sync();
	/* A machine is never booted again: this ends it, also where power cannot be switched
	 * off. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
