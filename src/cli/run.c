/* SPDX-License-Identifier: Apache-2.0 */
/* moat run, moat create */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/create/create.h"
#include "cli/kernel-fetch.h"
#include "cli/progress.h"
#include "cli/pull.h"
#include "cli/term/attach.h"
#include "oci/reference.h"

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER };

static int pull_policy(const struct cli *c, enum pull_policy *ret, struct err *err)
{
	const char *text = options_value(&c->opt, "pull");

	if (!text || streq(text, "missing"))
		*ret = PULL_MISSING;
	else if (streq(text, "always"))
		*ret = PULL_ALWAYS;
	else if (streq(text, "never"))
		*ret = PULL_NEVER;
	else
		return err_set(err, -EINVAL,
			       "invalid --pull \"%s\"; it is missing, always or never", text);
	return 0;
}

/* Opened before the container is made, so that no id is left without its file. */
static int open_cidfile(const struct cli *c, int *ret_fd, struct err *err)
{
	const char *path = options_value(&c->opt, "cidfile");
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(err, -errno, "make the file for the container's id, %s", path);
	*ret_fd = fd;
	return 0;
}

static int post_create(struct cli *c, const json_t *body, const char *platform, json_t **ret,
		       struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = buf_adds(&path, API_BASE "/containers/create");

	if (r < 0)
		return err_nomem(err);
	r = cli_query(&path, "name", options_value(&c->opt, "name"), err);
	if (r == 0)
		r = cli_query(&path, "platform", platform, err);
	return r < 0 ? r : cli_request(c, "POST", path.data, body, ret, err);
}

static void print_not_found(FILE *out, const char *image)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *name = NULL;

	if (reference_parse(image, &ref, NULL) == 0)
		name = reference_familiar(ref);
	fprintf(out, "Unable to find image '%s' locally\n", name ? name : image);
}

static int create_or_pull(struct cli *c, const json_t *body, json_t **ret, struct err *err)
{
	cleanup_free char *platform = NULL;
	const char *image = c->opt.args[0];
	enum pull_policy policy = PULL_MISSING;
	int r = pull_policy(c, &policy, err);

	if (r == 0)
		r = pull_platform(c, &platform, err);
	if (r == 0 && policy == PULL_ALWAYS)
		r = pull_image(c, image, platform, stderr, err);
	if (r == 0)
		r = post_create(c, body, platform, ret, err);
	if (r != -ENOENT || policy != PULL_MISSING || err->code != -ENOENT)
		return r;
	if (progress_is_shown(c))
		print_not_found(stderr, image);
	r = pull_image(c, image, platform, stderr, err);
	return r < 0 ? r : post_create(c, body, platform, ret, err);
}

static void print_warnings(const json_t *answer)
{
	const json_t *warning;
	size_t i;

	json_array_foreach (json_object_get(answer, "Warnings"), i, warning) {
		if (json_is_string(warning))
			fprintf(stderr, "WARNING: %s\n", json_string_value(warning));
	}
}

/* @ret_id: the new container's id, owned; @ret_lacks_kernel: may be NULL */
static int create_container(struct cli *c, char **ret_id, bool *ret_lacks_kernel, struct err *err)
{
	cleanup_json json_t *body = NULL, *answer = NULL;
	cleanup_close int cid_fd = -1;
	const char *id;
	int r = create_body(&c->opt, &body, err);

	if (r == 0)
		r = open_cidfile(c, &cid_fd, err);
	if (r < 0)
		return r;
	r = create_or_pull(c, body, &answer, err);
	id = r < 0 ? "" : cli_str(answer, "Id");
	if (r >= 0 && !*id)
		r = err_set(err, -EBADMSG, "moatd gave the new container no id");
	if (r < 0) {
		if (cid_fd >= 0)
			(void)unlink(options_value(&c->opt, "cidfile"));
		return r;
	}
	print_warnings(answer);
	if (ret_lacks_kernel)
		*ret_lacks_kernel = json_is_true(
			json_object_get(json_object_get(answer, "Moat"), "LacksKernel"));
	r = cid_fd >= 0 ? fd_write_all(cid_fd, id, strlen(id)) : 0;
	if (r < 0)
		return err_errno(err, r, "write %s", options_value(&c->opt, "cidfile"));
	*ret_id = strdup(id);
	return *ret_id ? 0 : err_nomem(err);
}

/* A closed standard output is no failure: the container was made, and nobody wants to read its
 * id. */
static int print_id(const char *id)
{
	puts(id);
	if (fflush(stdout) != 0 && errno == EBADF)
		clearerr(stdout);
	return 0;
}

int command_create(struct cli *c, struct err *err)
{
	cleanup_free char *id = NULL;

	if (create_container(c, &id, NULL, err) < 0)
		return err->code;
	return print_id(id);
}

/* Prints the steps' times.  A container that ended at once and is removed has taken them with it.
 */
static void print_trace(struct cli *c, const char *id, struct trace_own *trace)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_json json_t *answer = NULL;

	trace->answered = clock_mono_usec();
	if (cli_path(&path, "containers", id, "json", NULL) == 0 &&
	    cli_get(c, path.data, JSON_OBJECT, &answer, NULL) == 0)
		trace_print(trace, json_object_get(answer, "Moat"));
}

/* Removes a container that could not be started, as nobody else will start it.  One that runs
 * stays: moatd refuses to remove it. */
static void remove_unused(struct cli *c, const char *id)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	struct err err = { 0 };

	if (!options_flag(&c->opt, "rm") || cli_path(&path, "containers", id, NULL, &err) < 0)
		return;
	api_disconnect(c->api);
	(void)cli_request(c, "DELETE", path.data, NULL, NULL, &err);
}

static int run_detached(struct cli *c, const char *id, struct trace_own *trace, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, "containers", id, "start", err);

	if (r < 0)
		return r;
	r = cli_request(c, "POST", path.data, NULL, NULL, err);
	if (r < 0) {
		cli_fail(c, err);
		remove_unused(c, id);
		return start_error_status(r, err);
	}
	if (trace)
		print_trace(c, id, trace);
	return print_id(id);
}

int command_run(struct cli *c, struct err *err)
{
	cleanup_free char *id = NULL;
	struct attach_config cfg = {
		.condition = options_flag(&c->opt, "rm") ? "removed" : "next-exit",
		.start = true,
		.send_stdin = options_flag(&c->opt, "interactive"),
		.want_output = true,
		.tty = options_flag(&c->opt, "tty"),
		.proxy_signals = options_flag_or(&c->opt, "sig-proxy", true),
	};
	bool detach = options_flag(&c->opt, "detach"), lacks_kernel = false;
	struct trace_own trace = { .begun = clock_mono_usec() };
	int status = 0;

	if (options_flag(&c->opt, "trace-start"))
		cfg.trace = &trace;
	if (!detach && attach_check_terminal(cfg.tty, cfg.send_stdin, err) < 0)
		return err->code;
	if (create_container(c, &id, &lacks_kernel, err) < 0)
		return err->code;
	if (lacks_kernel && kernel_fetch(c, err) < 0) {
		remove_unused(c, id);
		return err->code;
	}
	trace.created = clock_mono_usec();
	if (detach)
		return run_detached(c, id, cfg.trace, err);
	cfg.id = id;
	if (attach_run(c, &cfg, &status, err) == 0)
		return status;
	remove_unused(c, id);
	return err->code == -EPIPE ? 128 + SIGPIPE : err->code;
}
