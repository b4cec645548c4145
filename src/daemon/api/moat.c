/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/json-object.h"
#include "daemon/api/api.h"
#include "daemon/http/job.h"
#include "daemon/machine/spares.h"
#include "fs/owners.h"
#include "jail/describe.h"
#include "jail/jail.h"
#include "kernel/recommended.h"

static json_t *describe_kernel(const struct kernel_paths *k)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "hash", k->hash, "kernel", k->kernel, "initrd",
			 k->initrd, "version", k->version);
}

int api_moat_info(struct request *rq, struct reply *rp, struct err *err)
{
	struct api *api = rq->api;
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	cleanup_free char *jail = jail_describe(), *owners = owners_describe(),
			  *warning = networks_warning(api->networks, false);
	const struct engine *engine = NULL;
	struct engine_probe probe;
	struct err why = { 0 };
	json_t *current = NULL;

	if (machines_engine(api->machines, &engine, &probe, &why) < 0)
		probe.usable = false;
	if (kernel_current(api->machines->kernels, &kernel, NULL) == 0)
		current = describe_kernel(&kernel);
	return reply_json(
		rp, 200,
		JSON_OBJECT(
			member_text("version", MOAT_VERSION), member_text("root", api->root),
			member_text("socket", api->socket),
			member_text("owners", owners ? owners : ""),
			member_json(
				"engine",
				JSON_OBJECT(member_text("name", engine ? engine->name : ""),
					    member_bool("usable", engine != NULL),
					    member_text("reason", engine ? probe.reason : why.msg),
					    member_json("nsec_per_instruction",
							json_real(probe.nsec_per_instruction)),
					    member_text("jail", jail ? jail : ""))),
			member_json("kernel", current ? current : json_null()),
			member_json("network",
				    JSON_OBJECT(member_text("warning", warning ? warning : ""))),
			member_int("cpus", api->machines->host_cpus)),
		err);
}

int api_moat_kernel(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	int r = kernel_current(rq->api->machines->kernels, &kernel, err);

	if (r < 0)
		return r;
	return reply_json(rp, 200, describe_kernel(&kernel), err);
}

int api_moat_kernel_set(struct request *rq, struct reply *rp, struct err *err)
{
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	cleanup_json json_t *body = NULL;
	const char *path = NULL, *modules = NULL;
	int r = request_json(rq, &body, err);

	if (r == 0)
		r = json_get_str(body, "kernel", &path, err);
	if (r == 0)
		r = json_get_str(body, "modules", &modules, err);
	if (r == 0 && (!path || !*path))
		r = err_set(err, -EINVAL, "\"kernel\" must be the path of a kernel");
	if (r == 0)
		r = kernel_set(rq->api->machines->kernels, path, modules, &kernel, err);
	if (r == 0)
		spares_forget(rq->api->machines->spares);
	return r < 0 ? r : reply_json(rp, 200, describe_kernel(&kernel), err);
}

static void fetch_free(void *arg)
{
	(void)arg; /* the struct api lives as long as moatd */
}

static void report_fetch(void *arg, uint64_t current_bytes, uint64_t total_bytes)
{
	const struct progress *progress = arg;

	progress->report(progress->arg, "guest kernel", "Downloading", current_bytes, total_bytes);
}

static int run_fetch(struct job *job, void *arg, struct err *err)
{
	struct api *api = arg;
	struct progress progress = job_progress(job);
	const struct kernel_progress p = { report_fetch, &progress };
	cleanup(kernel_paths_reset) struct kernel_paths kernel = { 0 };
	int r = kernel_set_recommended(api->machines->kernels, &p, &kernel, err);

	if (r == 0)
		spares_forget(api->machines->spares);
	return r;
}

int api_moat_kernel_recommended(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct work work = { run_fetch, fetch_free };

	return job_reply(rq, rp, &work, rq->api, err);
}

static ssize_t log_file_read(void *arg, char *data, size_t max)
{
	ssize_t n = read(*(int *)arg, data, max);

	return n < 0 ? -errno : n;
}

static void log_file_free(void *arg)
{
	close(*(int *)arg);
	free(arg);
}

int api_moat_logs(struct request *rq, struct reply *rp, struct err *err)
{
	static const struct stream stream = { log_file_read, log_file_free };
	int *fd = malloc(sizeof(*fd));

	if (!fd)
		return err_nomem(err);
	*fd = openat(rq->api->root_fd, "moatd.log", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (*fd < 0) {
		int r = -errno;

		free(fd);
		return err_set(err, r, "there is no moatd.log yet");
	}
	return reply_stream(rp, "text/plain; charset=utf-8", &stream, fd);
}

int api_moat_stop(struct request *rq, struct reply *rp, struct err *err)
{
	(void)err;
	(void)eventfd_write(rq->api->quit_fd, 1);
	return reply_empty(rp, 204);
}
