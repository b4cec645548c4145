/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  After each change of the model the texts that dnsmasq reads are made anew
 * and compared with those it has.  Where hosts or servers are others it is sent SIGHUP, which has
 * it read them again; where its configuration is, or it does not run, it is started.  One that
 * ended is started again, later each time it did not live long.
 */
#include "net/inside/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "net/inside/names-log.h"
#include "net/inside/refusals.h"
#include "net/inside/resolver-jail.h"
#include "net/inside/resolvers.h"

#define RETRY_FIRST_USEC (100 * USEC_PER_MSEC)
#define RETRY_LAST_USEC	 (10 * USEC_PER_SEC)
#define LIVED_LONG_USEC	 (30 * USEC_PER_SEC)

struct resolver {
	struct keeper *keeper;
	const struct resolver_home *home;
	struct names_view view;
	char *config, *servers; /* the texts that dnsmasq has */
	pid_t pid;		/* 0: dnsmasq does not run */
	struct source *child, *retry, *output;
	int output_fd;
	struct names_log log;
	bool reread; /* have it read its files again once it has started */
	uint64_t started_usec, retry_usec;
};

static void forget_process(struct resolver *r)
{
	source_free(take_ptr(r->child));
	source_free(take_ptr(r->output));
	fd_close(&r->output_fd);
	names_log_reset(&r->log);
	r->pid = 0;
}

/* Ends dnsmasq; its sockets are free when this returns. */
static void end_process(struct resolver *r)
{
	if (r->pid > 0)
		child_kill(r->pid);
	forget_process(r);
}

void resolver_free(struct resolver *r)
{
	end_process(r);
	source_free(r->retry);
	free(r->config);
	free(r->servers);
	free(r);
}

static void start_resolver(struct resolver *r);

static int retry_start(struct source *s, void *arg)
{
	(void)s;
	start_resolver(arg);
	return 0;
}

static void start_later(struct resolver *r)
{
	bool lived = clock_mono_usec() - r->started_usec > LIVED_LONG_USEC;

	r->retry_usec = lived || r->retry_usec == 0 ? RETRY_FIRST_USEC : r->retry_usec * 2;
	if (r->retry_usec > RETRY_LAST_USEC)
		r->retry_usec = RETRY_LAST_USEC;
	source_set_timer(r->retry, r->retry_usec);
}

static int resolver_ended(struct source *s, pid_t pid, int status, void *arg)
{
	struct resolver *r = arg;
	struct net_event e = { .type = NET_EVENT_FAILED };

	(void)s;
	(void)pid;
	memcpy(e.network, r->view.networks[0]->spec.id, sizeof(e.network));
	snprintf(e.text, sizeof(e.text), "dnsmasq has ended (status %x): %.150s", (unsigned)status,
		 names_log_last(&r->log));
	log_warning("network %s: %s", e.network, e.text);
	server_tell(r->keeper->server, &e);
	forget_process(r);
	start_later(r);
	resolvers_went_on(r->keeper->resolvers);
	return 0;
}

static void tell_refused(const struct names_refused *refused, void *arg)
{
	struct resolver *r = arg;

	refusals_name(r->keeper->refusals, refused);
}

/* Before dnsmasq has started, the signal would end it; and the files it reads first may have
 * changed since. */
static void reread_hosts(struct resolver *r)
{
	if (r->pid > 0 && r->log.started)
		kill(r->pid, SIGHUP);
	else
		r->reread = true;
}

static int output_readable(struct source *s, int fd, uint32_t events, void *arg)
{
	struct resolver *r = arg;
	bool had_started = r->log.started;

	(void)events;
	if (names_log_read(&r->log, fd, tell_refused, r) <= 0) {
		source_free(s);
		r->output = NULL;
	}
	if (!had_started && r->log.started && r->reread) {
		r->reread = false;
		reread_hosts(r);
	}
	if (!had_started && r->log.started)
		resolvers_went_on(r->keeper->resolvers);
	return 0;
}

static int execute_dnsmasq(struct resolver *r)
{
	char conf[64];
	const char *const argv[] = { r->home->program,	 "--keep-in-foreground", conf,
				     "--log-facility=-", "--pid-file",		 NULL };
	cleanup_close int to = -1;
	int pipe[2], code;

	snprintf(conf, sizeof(conf), "--conf-file=" NAMES_FOLDER "/%u-%s.conf", r->view.port,
		 r->view.networks[0]->spec.id);
	if (pipe2(pipe, O_CLOEXEC) < 0)
		return -errno;
	to = pipe[1];
	r->output_fd = pipe[0];
	code = fd_set_nonblock(r->output_fd, true);
	if (code == 0)
		code = resolver_jail_start(argv, to, names_limited(&r->view), &r->pid);
	if (code < 0)
		return code;
	code = loop_add_child(r->keeper->loop, r->pid, resolver_ended, r, &r->child);
	return code == 0 ? loop_add_io(r->keeper->loop, r->output_fd, EPOLLIN, output_readable, r,
				       &r->output)
			 : code;
}

static void start_resolver(struct resolver *r)
{
	int code = r->pid > 0 ? 0 : execute_dnsmasq(r);

	if (code == 0) {
		r->started_usec = clock_mono_usec();
		return;
	}
	log_warning("dnsmasq cannot be started: %s", strerror(-code));
	end_process(r);
	start_later(r);
}

static void restart_resolver(struct resolver *r)
{
	source_set_timer(r->retry, UINT64_MAX);
	end_process(r);
	start_resolver(r);
}

int resolver_replace_file(const struct resolver_home *home, const char *name,
			  const struct buf *text, char **had)
{
	char *copy;
	int r;

	if (*had && streq(*had, text->data))
		return 0;
	copy = strdup(text->data);
	if (!copy)
		return -ENOMEM;
	r = file_overwrite(home->folder_fd, name, text->data, text->len, 0600);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(*had);
	*had = copy;
	return 1;
}

static int update_texts(struct resolver *r, bool *ret_restart, bool *ret_reload)
{
	cleanup(buf_reset) struct buf config = BUF_INIT, servers = BUF_INIT;
	char name[64];
	int code = names_config(&config, &r->view);

	if (code == 0)
		code = names_servers(&servers, &r->keeper->model, &r->view);
	if (code < 0)
		return code;
	snprintf(name, sizeof(name), "%u-%s.servers", r->view.port, r->view.networks[0]->spec.id);
	code = resolver_replace_file(r->home, name, &servers, &r->servers);
	*ret_reload = code > 0;
	if (code < 0)
		return code;
	snprintf(name, sizeof(name), "%u-%s.conf", r->view.port, r->view.networks[0]->spec.id);
	code = resolver_replace_file(r->home, name, &config, &r->config);
	*ret_restart = code > 0;
	return code;
}

void resolver_update(struct resolver *r, uint32_t n_servers, bool reload)
{
	bool again = false, changed = false;
	int code;

	r->view.n_servers = n_servers;
	code = update_texts(r, &again, &changed);
	for (size_t i = 0; i < r->view.n; i++)
		changed = changed || r->view.networks[i]->renamed;
	if (code < 0)
		log_warning("names of networks: %s", strerror(-code));
	if (again)
		restart_resolver(r);
	else if (changed || reload)
		reread_hosts(r);
}

struct resolver *resolver_new(struct keeper *k, const struct resolver_home *home,
			      const struct names_view *view)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->keeper = k;
	r->home = home;
	r->view = *view;
	r->output_fd = -1;
	if (loop_add_timer(k->loop, UINT64_MAX, retry_start, r, &r->retry) < 0) {
		free(r);
		return NULL;
	}
	return r;
}

const struct names_view *resolver_view(const struct resolver *r)
{
	return &r->view;
}

bool resolver_is_starting(const struct resolver *r)
{
	return r->pid > 0 && !r->log.started;
}

pid_t resolver_pid(const struct resolver *r)
{
	return r->pid;
}
