/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Each running container with a health check has one object here with one
 * timer: between probes it is the time of the next one, during a probe the time after which it is
 * given up.  A probe is an exec like any other, asked of the shim without waiting for the answer;
 * it is over when the shim's event gave the exit code and its output has ended.  Nothing here
 * blocks, and no container waits for another.
 *
 * The output comes from the guest: it is cut at what is kept of it.
 */
#include "daemon/container/health-probe.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/client.h"
#include "daemon/container/exec.h"
#include "daemon/container/transition.h"
#include "loop/loop.h"

#define PACKET_MAX 8192u

struct probe {
	struct probe *next;
	struct prober *prober;
	struct container *c;	     /* a reference */
	struct oci_process *process; /* the check */
	struct source *timer;
	bool under_way;
	/* The probe that is under way. */
	char exec_id[ID_LEN + 1];
	int64_t start_nsec;
	int ask_fd, output_fd; /* -1: closed */
	struct source *ask, *output;
	struct buf text;
	bool exited;
	int code;
};

struct prober {
	struct containers *table;
	struct probe *first;
};

static void close_source(struct source **s, int *fd)
{
	source_free(*s);
	*s = NULL;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void probe_free(struct probe *p)
{
	close_source(&p->ask, &p->ask_fd);
	close_source(&p->output, &p->output_fd);
	source_free(p->timer);
	oci_process_free(p->process);
	buf_reset(&p->text);
	container_unref(p->c);
	free(p);
}

static void set_timer(struct probe *p, int64_t nsec)
{
	int r = source_set_timer(p->timer, (uint64_t)nsec / 1000);

	if (r < 0)
		log_error("container %.12s: no more health checks: %s", p->c->rec.id, strerror(-r));
}

static void wait_for_next(struct probe *p)
{
	struct containers *t = p->prober->table;
	int64_t pause;

	pthread_mutex_lock(&t->lock);
	pause = health_pause(&p->c->health, &p->c->health_config,
			     clock_now_nsec() - p->c->rec.started_nsec);
	pthread_mutex_unlock(&t->lock);
	set_timer(p, pause);
}

static void finish_probe(struct probe *p, int code)
{
	struct containers *t = p->prober->table;
	struct health_result result = {
		.start_nsec = p->start_nsec,
		.end_nsec = clock_now_nsec(),
		.code = code,
		.output = p->text.data,
		.output_len = p->text.len,
	};
	char action[64];
	bool news;

	close_source(&p->output, &p->output_fd);
	p->under_way = false;
	pthread_mutex_lock(&t->lock);
	news = health_add(&p->c->health, &p->c->health_config, &result, p->c->rec.started_nsec);
	snprintf(action, sizeof(action), "health_status: %s", health_name(&p->c->health));
	pthread_mutex_unlock(&t->lock);
	buf_reset(&p->text);
	if (news)
		container_publish(p->c, action, NULL);
	wait_for_next(p);
}

static void fail_probe(struct probe *p, const char *why)
{
	buf_reset(&p->text);
	(void)buf_adds(&p->text, why);
	finish_probe(p, -1);
}

static void finish_if_over(struct probe *p)
{
	if (p->under_way && p->exited && p->output_fd < 0)
		finish_probe(p, p->code);
}

static int on_output(struct source *s, int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));
	size_t room = HEALTH_OUTPUT_MAX - p->text.len;

	(void)s;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0) {
		(void)buf_add(&p->text, data, (size_t)n < room ? (size_t)n : room);
		return 0;
	}
	close_source(&p->output, &p->output_fd);
	finish_if_over(p);
	return 0;
}

/* Reads the shim's answer, which matters only where the probe could not be started. */
static int on_answer(struct source *s, int fd, uint32_t events, void *arg)
{
	struct probe *p = arg;
	char packet[PACKET_MAX];
	cleanup_close int unexpected = -1;
	ssize_t n = unix_recv(fd, packet, sizeof(packet), &unexpected);
	struct err err = { 0 };

	(void)s;
	(void)events;
	if (n == -EAGAIN)
		return 0;
	close_source(&p->ask, &p->ask_fd);
	if (p->under_way && n > 0 && answer_read(packet, (size_t)n, NULL, &err) < 0)
		fail_probe(p, err.msg);
	return 0;
}

/* Sends a request to the shim; the answer goes to on_answer(). */
static int ask_shim(struct probe *p, const struct control_request *rq, int send_fd)
{
	cleanup_close int fd = -1;
	int r;

	close_source(&p->ask, &p->ask_fd);
	r = shim_send(container_shim(p->c), rq, send_fd, &fd);
	if (r == 0)
		r = fd_set_nonblock(fd, true);
	if (r == 0)
		r = loop_add_io(p->prober->table->loop, fd, EPOLLIN, on_answer, p, &p->ask);
	if (r == 0)
		p->ask_fd = take_fd(&fd);
	return r;
}

static int run_check(struct probe *p)
{
	struct containers *t = p->prober->table;
	struct control_request rq = { .op = CONTROL_EXEC,
				      .wants = { [LINK_STDOUT] = true, [LINK_STDERR] = true },
				      .process = p->process };
	cleanup_close int theirs = -1;
	int pair[2], r = random_id(p->exec_id);

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p->output_fd = pair[0];
	theirs = pair[1];
	memcpy(rq.target, p->exec_id, sizeof(p->exec_id));
	(void)shutdown(p->output_fd, SHUT_WR);
	r = fd_set_nonblock(p->output_fd, true);
	if (r == 0)
		r = loop_add_io(t->loop, p->output_fd, EPOLLIN, on_output, p, &p->output);
	if (r == 0)
		r = ask_shim(p, &rq, theirs);
	return r;
}

static void begin_probe(struct probe *p)
{
	int r;

	p->under_way = true;
	p->exited = false;
	p->start_nsec = clock_now_nsec();
	r = run_check(p);
	if (r < 0)
		fail_probe(p, strerror(-r));
	else
		set_timer(p, p->c->health_config.timeout_nsec);
}

static void give_up(struct probe *p)
{
	struct control_request rq = { .op = CONTROL_SIGNAL, .signal = SIGKILL };
	char why[96];

	memcpy(rq.target, p->exec_id, sizeof(p->exec_id));
	snprintf(why, sizeof(why), "Health check exceeded timeout (%.3gs)",
		 (double)p->c->health_config.timeout_nsec / (double)NSEC_PER_SEC);
	(void)ask_shim(p, &rq, -1);
	fail_probe(p, why);
}

static int on_timer(struct source *s, void *arg)
{
	struct probe *p = arg;

	(void)s;
	if (container_is_paused(p->c))
		wait_for_next(p);
	else if (p->under_way)
		give_up(p);
	else
		begin_probe(p);
	return 0;
}

static int make_process(const struct container *c, struct oci_process **ret)
{
	cleanup_json json_t *body =
		json_pack("{s:o}", "Cmd", json_from_strv(c->health_config.args));

	return body ? container_process(c, body, ret, NULL) : -ENOMEM;
}

int prober_new(struct containers *t, struct prober **ret)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->table = t;
	*ret = p;
	return 0;
}

void prober_free(struct prober *p)
{
	while (p && p->first) {
		struct probe *one = p->first;

		p->first = one->next;
		probe_free(one);
	}
	free(p);
}

static bool is_probed(const struct prober *all, const struct container *c)
{
	for (const struct probe *p = all->first; p; p = p->next)
		if (p->c == c)
			return true;
	return false;
}

void prober_start(struct prober *all, struct container *c)
{
	struct containers *t = all->table;
	struct probe *p;
	int r;

	if (!c->health_config.args || is_probed(all, c))
		return;
	p = calloc(1, sizeof(*p));
	if (!p)
		return;
	p->prober = all;
	p->c = container_ref(c);
	p->ask_fd = p->output_fd = -1;
	pthread_mutex_lock(&t->lock);
	health_begin(&c->health, &c->health_config);
	pthread_mutex_unlock(&t->lock);
	r = make_process(c, &p->process);
	if (r == 0)
		r = loop_add_timer(t->loop, UINT64_MAX, on_timer, p, &p->timer);
	if (r < 0) {
		log_error("container %.12s: no health checks: %s", c->rec.id, strerror(-r));
		probe_free(p);
		return;
	}
	p->next = all->first;
	all->first = p;
	wait_for_next(p);
}

void prober_stop(struct prober *all, const struct container *c)
{
	for (struct probe **p = &all->first; *p; p = &(*p)->next) {
		struct probe *one = *p;

		if (one->c != c)
			continue;
		*p = one->next;
		probe_free(one);
		return;
	}
}

bool prober_exec_ended(struct prober *all, const char *exec_id, int code)
{
	for (struct probe *p = all->first; p; p = p->next) {
		if (!streq(p->exec_id, exec_id))
			continue;
		p->exited = true;
		p->code = code;
		finish_if_over(p);
		return true;
	}
	return false;
}
