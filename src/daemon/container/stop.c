/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  A container ends in one of three ways, and each is tried when the one
 * before has had its time.  A signal asks the process.  "shutdown" has the guest kill what is left
 * and make its disks clean.  "kill" ends the machine as it is; what was not written to its disks is
 * lost. Whether it has ended is told by the main thread alone, which hears it from the shim.
 *
 * A guest is not trusted to do any of this: every wait has an end, and the last way needs no guest.
 */
#include "daemon/container/stop.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/mutex.h"
#include "control/client.h"
#include "control/kill.h"
#include "daemon/container/pause.h"
#include "daemon/container/restart.h"
#include "daemon/container/start.h"
#include "daemon/container/transition.h"
#include "daemon/network/ports.h"

/* A shim that works tells the end within two seconds of "shutdown", and at once after "kill". */
#define SHUTDOWN_MSEC 10000
#define KILL_MSEC     1500
#define END_MSEC      10000 /* of a shim that was killed */

#define STEAL_MSEC	100
#define SIGNAL_MIN_MSEC 1000

static bool has_ended_again(const struct container *c, const void *ends)
{
	return c->ends != *(const uint64_t *)ends;
}

/* Waits until the container has ended more often than @ends times. */
static int container_wait_end(const struct container *c, uint64_t ends, int timeout_msec)
{
	int r = container_wait(c, has_ended_again, &ends, timeout_msec, -1);

	/* Whoever asked for the end may want its ports for something else. */
	if (r == 0)
		ports_given_up(c->table->networks, c->rec.id);
	return r;
}

static int send_signal(struct container *c, int signo, int timeout_msec, struct err *err)
{
	struct shim_call call = {
		.request = { .op = CONTROL_SIGNAL, .signal = signo },
		.fd = -1,
		.timeout_msec = timeout_msec,
	};

	return shim_call(container_shim(c), &call, NULL, err);
}

int container_end_machine(struct container *c, uint64_t ends, struct err *err)
{
	int r = shim_ask_end(container_shim(c), CONTROL_KILL, err);

	/* The shim may be gone already: then the main thread is about to see the end. */
	if (container_wait_end(c, ends, KILL_MSEC) == 0)
		return 0;
	(void)shim_end(container_shim(c));
	if (container_wait_end(c, ends, END_MSEC) == 0)
		return 0;
	return r < 0 ? r
		     : err_set(err, -ETIMEDOUT, "container %s does not end: see its shim.log",
			       c->rec.id);
}

static int kill_and_wait(struct container *c, uint64_t ends, struct err *err)
{
	if (shim_ask_end(container_shim(c), CONTROL_SHUTDOWN, NULL) == 0 &&
	    container_wait_end(c, ends, SHUTDOWN_MSEC) == 0)
		return 0;
	return container_end_machine(c, ends, err);
}

/* Called before the signal is sent, so that "kill" comes before the "die" that follows. */
static void publish_kill(struct container *c, int signo)
{
	container_publish(c, "kill", json_pack("{s:o}", "signal", json_sprintf("%d", signo)));
}

void container_take(struct container *c, int patience_msec)
{
	struct timespec until;

	if (patience_msec < 0) {
		pthread_mutex_lock(&c->op);
		return;
	}
	until = clock_timespec(clock_mono_usec() + (unsigned)patience_msec * USEC_PER_MSEC);
	while (pthread_mutex_clocklock(&c->op, CLOCK_MONOTONIC, &until) == ETIMEDOUT) {
		(void)shim_ask_end(container_shim(c), CONTROL_KILL, NULL);
		until = clock_timespec(clock_mono_usec() + STEAL_MSEC * USEC_PER_MSEC);
	}
}

static void let_work_end(struct container *c, int timeout_sec)
{
	container_take(c, timeout_sec < 0 ? -1 : timeout_sec * 1000);
	pthread_mutex_unlock(&c->op);
}

/* How long to wait for the shim to take a signal: no longer than the process is given to end. */
static int signal_msec(int timeout_sec)
{
	if (timeout_sec < 0 || timeout_sec > SHIM_TIMEOUT_MSEC / 1000)
		return SHIM_TIMEOUT_MSEC;
	return timeout_sec == 0 ? SIGNAL_MIN_MSEC : timeout_sec * 1000;
}

int container_stop(struct container *c, int signo, int timeout_sec, struct err *err)
{
	uint64_t ends;
	bool waited;
	int r;

	waited = restart_forbid(c);
	let_work_end(c, timeout_sec);
	ends = container_ends(c);
	if (!container_is_running(c))
		return waited ? 0
			      : err_set(err, -EALREADY, "Container %s is not running", c->rec.id);
	if (container_is_paused(c))
		(void)container_unpause(c, NULL);
	signo = signo ? signo : c->stop_signal;
	publish_kill(c, signo);
	r = send_signal(c, signo, signal_msec(timeout_sec), NULL);
	if (r == 0)
		r = container_wait_end(c, ends, timeout_sec < 0 ? -1 : timeout_sec * 1000);
	if (r < 0) {
		publish_kill(c, SIGKILL);
		r = kill_and_wait(c, ends, err);
	}
	if (r == 0)
		container_publish(c, "stop", NULL);
	return r;
}

int container_kill(struct container *c, int signo, struct err *err)
{
	uint64_t ends = container_ends(c);
	struct err why = { 0 };
	bool ending = signo == SIGKILL || signo == c->stop_signal;
	int r;

	if (ending && restart_forbid(c) && !container_is_running(c))
		return 0;
	r = container_is_running(c) ? 0 : -ESRCH;
	if (r == 0)
		publish_kill(c, signo);
	if (r == 0)
		r = signo == SIGKILL ? kill_and_wait(c, ends, &why)
				     : send_signal(c, signo, SHIM_TIMEOUT_MSEC, &why);
	/* As docker does: the process of a paused container must run to see the signal. */
	if (r == 0 && ending && container_is_paused(c))
		(void)container_unpause(c, NULL);
	if (r == -ESRCH || (r == -ECONNREFUSED && signo != SIGKILL))
		return err_set(err, -EBUSY,
			       "cannot kill container: %.12s: container %s is not running",
			       c->rec.id, c->rec.id);
	if (r < 0)
		return err_set(err, r, "cannot kill container: %.12s: %s", c->rec.id, why.msg);
	return 0;
}

static void set_kept(struct container *c, bool on)
{
	mutex_hold(&c->table->lock);
	c->kept = on;
}

int container_restart(struct container *c, int timeout_sec, struct err *err)
{
	int r;

	set_kept(c, true);
	let_work_end(c, timeout_sec);
	r = container_stop(c, 0, timeout_sec, err);
	set_kept(c, false);
	if (r < 0 && r != -EALREADY)
		return r;
	r = container_start(c, err);
	if (r < 0)
		return r;
	container_publish(c, "restart", NULL);
	return 0;
}
