/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A machine is a spare one that waits, one that is restored from a template,
 * or one that is booted: what is quickest first, and what always works last.  One that cannot be
 * had, or ends before it is ready, is followed by one of the next kind.
 */
#include "shim/machine/bringup.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "shim/container/files.h"
#include "shim/machine/alive.h"

/* With a machine whose process is there. */
static int bring_to_life(struct shim *s, struct err *err)
{
	const char *console = s->config->machine.files_only ? FILES_CONSOLE_FILE : CONSOLE_FILE;
	int r;

	s->times.engine = clock_mono_usec();
	r = guest_new(s, s->machine.link_fd, &s->guest);
	if (r < 0)
		return err_errno(err, r, "guest link");
	s->machine.link_fd = -1;
	console_free(take_ptr(s->console));
	r = console_new(s->loop, s->options->dir_fd, console, s->machine.console_fd, &s->console);
	if (r < 0)
		return err_errno(err, r, "%s", console);
	s->machine.console_fd = -1;
	engine_log_free(take_ptr(s->engine_log));
	r = engine_log_new(s->loop, s->machine.log_fd, &s->engine_log);
	if (r < 0)
		return err_errno(err, r, SHIM_LOG_FILE);
	s->machine.log_fd = -1;
	if (s->machine.restored)
		r = guest_go_on(s->guest);
	if (r < 0)
		return err_errno(err, r, "guest link");
	r = disk_watch_begin(s);
	if (r < 0)
		return err_errno(err, r, "control of the engine");
	source_free(take_ptr(s->machine_end));
	r = loop_add_child(s->loop, s->machine.pid, shim_machine_ended, s, &s->machine_end);
	return r < 0 ? err_errno(err, r, "watch the virtual machine") : 0;
}

static bool is_there(const struct shim *s, enum machine_source source)
{
	switch (source) {
	case MACHINE_SPARE:
		return s->options->spare != NULL;
	case MACHINE_RESTORED:
		return s->options->from != NULL;
	case MACHINE_BOOTED:
		return true;
	}
	return false;
}

static int get_machine(struct shim *s, struct err *err)
{
	const struct machine_template *from =
		s->source == MACHINE_RESTORED ? s->options->from : NULL;
	int r;

	if (s->source == MACHINE_SPARE) {
		s->machine = *s->options->spare;
		*s->options->spare = SHIM_MACHINE_NONE;
		return machine_adopt(&s->machine, s->config, s->options->dir_fd, err);
	}
	r = machine_start(s->config, s->options->dir_fd, from, &s->machine, err);
	if (r == 0 && !s->machine.restored)
		s->source = MACHINE_BOOTED;
	return r;
}

static void give_up_machine(struct shim *s)
{
	guest_free(take_ptr(s->guest));
	source_free(take_ptr(s->machine_end));
	machine_release(&s->machine);
	s->restore_failed |= s->source == MACHINE_RESTORED;
}

static int try_from(struct shim *s, enum machine_source source, struct err *err)
{
	static const char *const names[] = {
		[MACHINE_SPARE] = "the spare machine cannot be used",
		[MACHINE_RESTORED] = "the machine cannot be restored",
		[MACHINE_BOOTED] = "the machine cannot be booted",
	};
	int r = -ENOENT;

	for (; source <= MACHINE_BOOTED; source++) {
		if (!is_there(s, source))
			continue;
		s->source = source;
		r = get_machine(s, err);
		if (r == 0)
			r = bring_to_life(s, err);
		/* Another machine would find the writable layer in use as well. */
		if (r == 0 || r == -EBUSY)
			return r;
		log_warning("%s: %s", names[source], err->msg);
		give_up_machine(s);
	}
	return r;
}

int bringup(struct shim *s, struct err *err)
{
	struct oci_process *spec;
	int r = config_load(s->options->dir_fd, &s->config, err);

	if (r < 0)
		return r;
	r = alive_lock(s->options->dir_fd);
	if (r < 0)
		return err_errno(err, r, "lock of moat-shim");
	exit_reserve(s->options->dir_fd);
	r = crilog_open(s->options->dir_fd, &s->config->machine.log, &s->log);
	if (r < 0)
		return err_errno(err, r, CONTAINER_LOG_FILE);
	if (s->options->spare)
		s->last_stream = s->options->spare->last_stream;
	spec = s->config->runtime->process;
	r = shim_add_process(s, "", spec, &s->init);
	if (r < 0)
		return err_errno(err, r, "container");
	s->config->runtime->process = NULL;
	return try_from(s, MACHINE_SPARE, err);
}

int bringup_another(struct shim *s, struct err *err)
{
	log_warning("the machine did not come to be ready, and another one is tried");
	give_up_machine(s);
	return try_from(s, s->source + 1, err);
}
