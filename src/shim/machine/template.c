/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A machine with blank disks in the places of a container's boots until its
 * moat-init says HELLO.  It then gets a moment to become quiet, so that work the kernel left for
 * later is done once and not in every machine restored from here, and is saved.  Nothing of a
 * container, and no secret, has been near it.
 *
 * The guest runs nothing but our kernel and moat-init; its HELLO is checked all the same.
 */
#include "shim/machine/template.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "control/machine-spec.h"
#include "control/names.h"
#include "engine/disk.h"
#include "engine/engine.h"
#include "engine/machine.h"
#include "shim/deadlines.h"
#include "shim/machine/guest.h"
#include "shim/machine/machine.h"

#define BOOT_USEC   (60 * USEC_PER_SEC)
#define SETTLE_USEC (150 * USEC_PER_MSEC)

struct maker {
	pid_t pid;
	struct patience patience;
	int tap_fd; /* borrowed; -1: none */
	struct loop *loop;
	struct source *timer;
	struct guest *guest;
	bool greeted;
	int result; /* of the loop, once it has ended */
};

static void finish_template(struct maker *m, int result)
{
	if (m->result == 0)
		m->result = result;
	loop_quit(m->loop, 0);
}

static void on_hello(void *arg)
{
	struct maker *m = arg;

	m->greeted = true;
	if (source_set_timer(m->timer, SETTLE_USEC) < 0)
		finish_template(m, -ENOMEM);
}

static void on_down(void *arg)
{
	(void)arg; /* the guest was not told to shut down */
}

static void on_failed(void *arg, const struct err *err)
{
	finish_template(arg, err->code);
}

static void on_ended(void *arg)
{
	finish_template(arg, -ECONNRESET);
}

static int on_timer(struct source *source, void *arg)
{
	struct maker *m = arg;

	(void)source;
	if (m->greeted || !deadline_goes_on(&m->patience, m->timer))
		finish_template(m, m->greeted ? 0 : -ETIMEDOUT);
	return 0;
}

/* Waits until the guest is up and quiet.  @link_fd: taken over where that succeeds. */
static int await_quiet(struct maker *m, int *link_fd, struct err *err)
{
	static const struct guest_machine_handler handler = { on_hello, on_down, on_failed,
							      on_ended };
	const struct guest_handlers to = { .machine = &handler, .machine_arg = m };
	int r = loop_add_timer(m->loop, UINT64_MAX, on_timer, m, &m->timer);

	if (r == 0)
		r = deadline_begin(&m->patience, m->timer, m->pid, BOOT_USEC);
	if (r == 0)
		r = guest_new(m->loop, *link_fd, &to, &m->guest);
	if (r == 0) {
		*link_fd = -1;
		r = loop_run(m->loop);
	}
	if (r == 0)
		r = m->result;
	return r < 0 ? err_errno(err, r, "the guest did not come up; see " CONSOLE_FILE) : 0;
}

/* What the machine is given beside its memory; all of it is closed when the machine is saved. */
struct blanks {
	int kernel, initrd, console, state;
	int link[2];			   /* our end, the machine's end */
	int shares[MACHINE_SHARES_MAX][2]; /* the same; nobody speaks on them */
};

static void blanks_close(struct blanks *b)
{
	int *const fds[] = { &b->kernel, &b->initrd,  &b->console,
			     &b->state,	 &b->link[0], &b->link[1] };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		cleanup_close_fn(fds[i]);
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++) {
		cleanup_close_fn(&b->shares[i][0]);
		cleanup_close_fn(&b->shares[i][1]);
	}
}

static int blanks_open(const struct machine_spec *spec, int dir_fd, struct blanks *b)
{
	const int create = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;

	b->kernel = open(spec->kernel, O_RDONLY | O_CLOEXEC);
	b->initrd = open(spec->initrd, O_RDONLY | O_CLOEXEC);
	b->console = openat(dir_fd, CONSOLE_FILE, create | O_APPEND, 0600);
	b->state = openat(dir_fd, TEMPLATE_STATE_FILE, create, 0600);
	if (b->kernel < 0 || b->initrd < 0 || b->console < 0 || b->state < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->link) < 0)
		return -errno;
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->shares[i]) < 0)
			return -errno;
	return 0;
}

static int save_machine(const struct engine *engine, const struct machine *description,
			struct blanks *b, struct maker *m, struct err *err)
{
	struct vm *vm;
	int r = engine->start(description, &vm, err);
	pid_t pid;

	if (r < 0)
		return r;
	m->pid = pid = engine->pid(vm);
	r = await_quiet(m, &b->link[0], err);
	if (r == 0)
		r = engine->snapshot(vm, b->state, err);
	engine->kill(vm);
	(void)child_await(pid, NULL);
	engine->free(vm);
	if (r == 0 && fsync(b->state) < 0)
		r = err_errno(err, -errno, TEMPLATE_STATE_FILE);
	return r;
}

static int make_machine(const struct machine_spec *spec, int dir_fd, int memory_fd, struct maker *m,
			struct err *err)
{
	cleanup(blanks_close) struct blanks b = { -1, -1,	  -1,
						  -1, { -1, -1 }, { { -1, -1 }, { -1, -1 } } };
	const struct engine *engine = engine_find(spec->engine);
	int r = blanks_open(spec, dir_fd, &b);
	struct machine_template to = { .memory_fd = memory_fd, .state_fd = -1 };
	struct machine description = {
		.cpus = (unsigned)spec->cpus,
		.acpi = spec->acpi,
		.memory_bytes = spec->memory_bytes,
		.log_fd = STDERR_FILENO,
		.from = &to,
	};

	if (r < 0)
		return err_errno(err, r, "files of the machine");
	if (!engine)
		return err_set(err, -ENOENT, "there is no engine \"%s\"", spec->engine);
	if (ftruncate(memory_fd, (off_t)spec->memory_bytes) < 0)
		return err_errno(err, -errno, "memory of the machine");
	machine_add_devices(&description, ROOT_DISK_BYTES, spec->disk_bytes);
	description.kernel_fd = b.kernel;
	description.initrd_fd = b.initrd;
	description.link_fd = b.link[1];
	for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
		description.shares[i].fd = b.shares[i][1];
	description.console_fd = b.console;
	description.nics[0].tap_fd = m->tap_fd;
	return save_machine(engine, &description, &b, m, err);
}

int template_make(int dir_fd, int memory_fd, int tap_fd, struct err *err)
{
	cleanup(machine_spec_reset) struct machine_spec spec = { 0 };
	struct maker m = { .tap_fd = tap_fd };
	int r = machine_spec_load(dir_fd, &spec, err);

	if (r < 0)
		return r;
	r = loop_new(&m.loop);
	if (r < 0)
		return err_errno(err, r, "event loop");
	r = make_machine(&spec, dir_fd, memory_fd, &m, err);
	guest_free(m.guest);
	loop_free(m.loop);
	return r < 0 ? err_wrap(err, "template") : 0;
}
