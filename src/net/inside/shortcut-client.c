/* SPDX-License-Identifier: Apache-2.0 */
#include "net/inside/shortcut-client.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "loop/loop.h"
#include "net/inside/outward.h"

/* Where there can be none, it is asked again after that. */
#define REFUSED_USEC (60 * USEC_PER_SEC)

struct shortcut_client {
	struct keeper *keeper;
	struct proxy_shortcuts for_proxy;
	bool has_asked; /* since shortcuts were ended last */
	int trial_fd;	/* listens for trials; -1: not yet */
	struct source *trial;
	uint64_t refused_until_usec;
};

/* Ends all of them, whichever port is meant.  A question that is not answered in time is carried
 * out all the same, so it is asked once. */
static void end_shortcuts(void *arg)
{
	struct shortcut_client *s = arg;
	struct wire_message m = { .kind = WIRE_NO_SHORTCUTS };
	int r = s->has_asked ? outward_ask(s->keeper->outward, &m, -1, NULL) : 0;

	s->has_asked = false;
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		log_warning("shortcuts to published ports are not ended: %s", strerror(-r));
}

static void stop_listening(struct shortcut_client *s)
{
	source_free(take_ptr(s->trial));
	fd_close(&s->trial_fd);
}

/* A trial is over when its connection is there. */
static int take_trial(struct source *source, int fd, uint32_t events, void *arg)
{
	int trial_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	(void)source;
	(void)events;
	/* As long as descriptors are lacking it would be called again and again. */
	if (trial_fd < 0 && errno != EAGAIN)
		stop_listening(arg);
	fd_close(&trial_fd);
	return 0;
}

static int listen_for_trials(struct shortcut_client *s)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(WIRE_TRIAL_PORT) };
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		return -errno;
	r = loop_add_io(s->keeper->loop, fd, EPOLLIN, take_trial, s, &s->trial);
	if (r == 0)
		s->trial_fd = take_fd(&fd);
	return r;
}

/* A moat-net that hung may still have the port of trials when this one begins, so it is taken when
 * it is needed. */
static int ask_outside(struct shortcut_client *s, struct wire_message *m, int fd)
{
	int r = s->trial_fd < 0 ? listen_for_trials(s) : 0;

	if (r < 0)
		return r;
	s->has_asked = true;
	return outward_ask(s->keeper->outward, m, fd, NULL);
}

/* Is that an answer for all ports? */
static bool is_for_all(int r)
{
	return r == -EOPNOTSUPP || r == -EHOSTUNREACH || r == -ETIMEDOUT || r == -EADDRINUSE;
}

static void ask_for_shortcut(const struct peer *at, const struct peer *to, int fd, void *arg)
{
	struct shortcut_client *s = arg;
	struct wire_message m = { .kind = WIRE_SHORTCUT,
				  .shortcut = { at->ip, to->ip, at->port, to->port } };

	if (clock_mono_usec() < s->refused_until_usec || to->ip.family != AF_INET)
		return;
	if (is_for_all(ask_outside(s, &m, fd)))
		s->refused_until_usec = clock_mono_usec() + REFUSED_USEC;
}

int shortcut_client_new(struct keeper *k, struct shortcut_client **ret)
{
	struct shortcut_client *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct shortcut_client){ .keeper = k,
				       .for_proxy = { ask_for_shortcut, end_shortcuts, s },
				       .trial_fd = -1 };
	*ret = s;
	return 0;
}

void shortcut_client_free(struct shortcut_client *s)
{
	if (!s)
		return;
	stop_listening(s);
	free(s);
}

const struct proxy_shortcuts *shortcut_client_for_proxy(const struct shortcut_client *s)
{
	return &s->for_proxy;
}
