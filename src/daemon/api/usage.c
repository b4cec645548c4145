/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  What a container uses is asked of its guest, through the shim, anew for
 * each answer; what its machine takes of the host is read from its processes.  docker's
 * clients reckon the processor's use from two samples, against the time all processors had: that
 * is the host's clock, times as many processors.
 *
 * The figures come from a guest: they are numbers, and no more is believed of them.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json-object.h"
#include "daemon/api/api.h"
#include "daemon/container/process-table.h"
#include "daemon/container/stored.h"
#include "daemon/container/table.h"
#include "daemon/container/transition.h"
#include "daemon/container/usage.h"
#include "daemon/container/view.h"
#include "daemon/machine/memory.h"
#include "daemon/machine/plan.h"

#define INTERVAL_MSEC 1000

int api_container_top(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup_free struct link_proc *procs = NULL;
	cleanup_container struct container *c = NULL;
	json_t *table = NULL;
	size_t n = 0;
	int r = containers_find(rq->api->containers, rq->target, &c, err);

	if (r == 0)
		r = container_processes(c, &procs, &n, err);
	if (r == 0)
		r = process_table(procs, n, request_arg(rq, "ps_args"), &table, err);
	if (r == 0)
		r = reply_json(rp, 200, table, err);
	if (r == 0)
		container_publish(c, "top", NULL);
	return r;
}

/* One client of GET /containers/{id}/stats. */
struct stats {
	struct api *api;
	struct container *c; /* a reference */
	int client_fd;
	unsigned left; /* samples to send; UINT_MAX: until the client goes */
	bool pair;     /* take a sample before the first that is sent */
	unsigned cpus;
	json_t *before; /* cpu_stats of the last sample */
	int64_t before_nsec;
	struct buf out;
};

/* The guest says what it likes. */
static json_int_t nsec_of(uint64_t usec)
{
	return usec > INT64_MAX / 1000 ? INT64_MAX : (json_int_t)usec * 1000;
}

static json_t *cpu_stats(const struct stats *s, const struct link_stats *usage)
{
	json_t *times =
		JSON_OBJECT(member_int("total_usage", nsec_of(usage->cpu_usec)),
			    member_int("usage_in_kernelmode", nsec_of(usage->cpu_system_usec)),
			    member_int("usage_in_usermode", nsec_of(usage->cpu_user_usec)));
	json_t *throttling =
		JSON_OBJECT(member_int("periods", (json_int_t)usage->periods),
			    member_int("throttled_periods", (json_int_t)usage->throttled_periods),
			    member_int("throttled_time", nsec_of(usage->throttled_usec)));

	return JSON_OBJECT(
		member_json("cpu_usage", times),
		member_int("system_cpu_usage", (json_int_t)(clock_mono_usec() * 1000 * s->cpus)),
		member_int("online_cpus", s->cpus), member_json("throttling_data", throttling));
}

static json_t *block_stats(const struct link_stats *usage)
{
	return json_pack("{s:[{s:i, s:i, s:s, s:I}, {s:i, s:i, s:s, s:I}]}",
			 "io_service_bytes_recursive", "major", 0, "minor", 0, "op", "read",
			 "value", (json_int_t)usage->read_bytes, "major", 0, "minor", 0, "op",
			 "write", "value", (json_int_t)usage->write_bytes);
}

static json_t *memory_stats(const struct link_stats *usage)
{
	json_t *more =
		JSON_OBJECT(member_int("file", (json_int_t)usage->memory_file_bytes),
			    member_int("inactive_file", (json_int_t)usage->memory_cache_bytes));

	return JSON_OBJECT(member_int("usage", (json_int_t)usage->memory_bytes),
			   member_json("stats", more),
			   member_int("limit", (json_int_t)usage->memory_limit_bytes));
}

static json_t *pids_stats(const struct link_stats *usage)
{
	return JSON_OBJECT(member_int("current", (json_int_t)usage->pids),
			   member_int("limit", (json_int_t)usage->pids_limit));
}

/* The memory of a container as the guest and as the host count it. */
static json_t *own_stats(const struct link_stats *usage, pid_t engine)
{
	uint64_t used = usage->memory_bytes > usage->memory_file_bytes
				? usage->memory_bytes - usage->memory_file_bytes
				: 0;

	return JSON_OBJECT(member_int("guest_used_bytes", (json_int_t)used),
			   member_int("guest_cache_bytes", (json_int_t)usage->memory_file_bytes),
			   member_int("host_memory_bytes", (json_int_t)memory_of_machine(engine)),
			   member_int("given_back_bytes", (json_int_t)memory_given_back(engine)));
}

static json_t *describe_usage(struct stats *s, const struct link_stats *usage)
{
	cleanup(container_view_reset) struct container_view v = { 0 };
	char read[CLOCK_TEXT_MAX], before[CLOCK_TEXT_MAX] = "0001-01-01T00:00:00Z";
	cleanup_json json_t *cpu = cpu_stats(s, usage);
	int64_t now = clock_now_nsec();
	json_t *out;

	clock_format(now, read);
	if (s->before_nsec > 0)
		clock_format(s->before_nsec, before);
	if (container_view(s->c, &v) < 0)
		return NULL;
	out = JSON_OBJECT(
		member_json("name", json_sprintf("/%s", v.rec.name)), member_text("id", v.rec.id),
		member_text("read", read), member_text("preread", before),
		member_int("num_procs", 0), member_json("pids_stats", pids_stats(usage)),
		member_json("blkio_stats", block_stats(usage)),
		member_json("storage_stats", json_object()),
		member_json("cpu_stats", json_incref(cpu)),
		member_json("precpu_stats", s->before ? json_incref(s->before) : json_object()),
		member_json("memory_stats", memory_stats(usage)),
		member_json("moat", own_stats(usage, v.rec.pid)));
	if (!out)
		return NULL;
	json_decref(s->before);
	s->before = json_incref(cpu);
	s->before_nsec = now;
	return out;
}

/* Takes a sample; a container that does not run uses nothing. */
static json_t *take_sample(struct stats *s)
{
	struct link_stats usage = { 0 };

	container_usage(s->c, &usage);
	return describe_usage(s, &usage);
}

static bool container_is_removed(const struct container *c, const void *arg)
{
	(void)arg;
	return container_is(c, STATE(REMOVED));
}

/* Return: 0 when the interval is over; -EPIPE when the client, or the container, is gone. */
static int await_interval(const struct stats *s)
{
	int r = container_wait(s->c, container_is_removed, NULL, INTERVAL_MSEC, s->client_fd);

	return r == -ETIMEDOUT ? 0 : -EPIPE;
}

static int next_sample(struct stats *s)
{
	cleanup_json json_t *value = NULL;
	cleanup_free char *text = NULL;

	if (s->pair)
		json_decref(take_sample(s));
	if (s->before && await_interval(s) < 0)
		return -EPIPE;
	s->pair = false;
	value = take_sample(s);
	text = value ? json_write(value) : NULL;
	if (!text || buf_adds(&s->out, text) < 0 || buf_adds(&s->out, "\n") < 0)
		return -ENOMEM;
	if (s->left != UINT_MAX)
		s->left--;
	return 0;
}

static ssize_t stats_read(void *arg, char *data, size_t max)
{
	struct stats *s = arg;

	if (s->out.len == 0) {
		int r = s->left > 0 ? next_sample(s) : 0;

		if (r < 0)
			return container_is_now(s->c, STATE(REMOVED)) ? 0 : r;
	}
	return (ssize_t)buf_move(&s->out, data, max);
}

static void stats_free(void *arg)
{
	struct stats *s = arg;

	container_unref(s->c);
	json_decref(s->before);
	buf_reset(&s->out);
	free(s);
}

/* Finds the number of the machine's processors, by which its use is computed. */
static int find_machine_cpus(struct stats *s, struct err *err)
{
	cleanup(stored_reset) struct stored stored = { 0 };
	uint64_t memory;
	int r = stored_read(s->api->state, s->c->rec.id, &stored, err);

	return r < 0 ? r
		     : machine_size(stored.host, s->api->machines->host_cpus, &s->cpus, &memory,
				    err);
}

int api_container_stats(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct stream stream = { stats_read, stats_free };
	struct stats *s = calloc(1, sizeof(*s));
	bool endless = request_flag(rq, "stream", true);
	int r;

	if (!s)
		return err_nomem(err);
	*s = (struct stats){ .api = rq->api, .client_fd = rq->client_fd, .out = BUF_INIT };
	s->left = endless ? UINT_MAX : 1;
	s->pair = !endless && !request_flag(rq, "one-shot", false);
	r = containers_find(rq->api->containers, rq->target, &s->c, err);
	if (r == 0)
		r = find_machine_cpus(s, err);
	if (r < 0) {
		stats_free(s);
		return r;
	}
	s->pair = s->pair && container_is_running(s->c);
	return reply_stream(rp, TYPE_JSON, &stream, s);
}
