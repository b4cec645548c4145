/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by commands: errors, paths of the API, lists of names. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/moment.h"
#include "base/str.h"
#include "cli/daemon.h"
#include "oci/reference.h"

int cli_new_api(const struct cli *c, struct api **ret, struct err *err)
{
	api_dial_fn dial = c->command->never_starts ? daemon_dial : daemon_dial_or_start;

	return api_new(dial, NULL, ret) < 0 ? err_nomem(err) : 0;
}

void cli_print_error(const char *message)
{
	fputs("moat: ", stderr);
	for (; *message; message++) {
		unsigned char ch = (unsigned char)*message;

		fputc(ch < 0x20 || ch == 0x7f ? ' ' : ch, stderr);
	}
	fputc('\n', stderr);
}

int cli_fail(const struct cli *c, const struct err *err)
{
	fflush(stdout);
	cli_print_error(err->msg);
	return c->command->failure_status ? c->command->failure_status : EXIT_FAILURE;
}

int cli_flush(const struct cli *c, int status)
{
	struct err err;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return 128 + SIGPIPE;
	err_errno(&err, -errno, "write standard output");
	return cli_fail(c, &err);
}

int cli_path(struct buf *path, const char *collection, const char *name, const char *action,
	     struct err *err)
{
	int r;

	/* "" and ".." would name something else: no object has such a name. */
	if (!*name || streq(name, ".") || streq(name, ".."))
		return err_set(err, -EINVAL, "invalid name \"%s\"", name);
	r = buf_adds(path, API_BASE);
	if (r == 0)
		r = url_add_segment(path, collection);
	if (r == 0)
		r = url_add_segment(path, name);
	if (r == 0 && action)
		r = url_add_segment(path, action);
	return r < 0 ? err_nomem(err) : 0;
}

int cli_query(struct buf *path, const char *key, const char *value, struct err *err)
{
	return url_add_query(path, key, value) < 0 ? err_nomem(err) : 0;
}

int cli_query_name(struct buf *path, const char *text, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *familiar = NULL;
	char *colon;
	int r = reference_parse(text, &ref, err);

	if (r < 0)
		return r;
	if (digest_is_set(&ref->digest))
		return err_set(err, -EINVAL, "\"%s\" has a digest; a new name has only a tag",
			       text);
	familiar = reference_familiar(ref);
	colon = familiar ? strrchr(familiar, ':') : NULL;
	if (!colon)
		return err_nomem(err);
	*colon = '\0';
	r = cli_query(path, "repo", familiar, err);
	return r < 0 ? r : cli_query(path, "tag", ref->tag, err);
}

int cli_query_moment(const struct cli *c, struct buf *path, const char *option, struct err *err)
{
	cleanup_free char *value = NULL;
	int r = moment_parse(options_value(&c->opt, option), clock_now_nsec(), &value, err);

	return r < 0 ? r : cli_query(path, option, value, err);
}

void cli_print_warning(const struct api *a)
{
	const char *text = api_header(a);

	if (text)
		fprintf(stderr, "WARNING: %s\n", text);
}

int cli_request(struct cli *c, const char *method, const char *path, const json_t *body,
		json_t **ret, struct err *err)
{
	struct api_request rq = {
		.method = method, .path = path, .body = body, .want_header = CLI_WARNING_HEADER
	};
	int r = api_call(c->api, &rq, ret, err);

	if (r < 0)
		return r;
	cli_print_warning(c->api);
	return 0;
}

int cli_get(struct cli *c, const char *path, json_type type, json_t **ret, struct err *err)
{
	cleanup_json json_t *json = NULL;
	int r = cli_request(c, "GET", path, NULL, &json, err);

	if (r < 0)
		return r;
	if (!json || json_typeof(json) != type)
		return err_set(err, -EBADMSG, "unexpected answer of moatd to GET %s", path);
	*ret = take_ptr(json);
	return 0;
}

int cli_inspect(struct cli *c, const char *collection, const char *name, json_t **ret,
		struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	int r = cli_path(&path, collection, name, "json", err);

	return r < 0 ? r : cli_get(c, path.data, JSON_OBJECT, ret, err);
}

int cli_each(struct cli *c, cli_each_fn fn, bool print, struct err *err)
{
	int status = 0;

	for (char **name = c->opt.args; *name; name++) {
		if (fn(c, *name, err) < 0) {
			cli_fail(c, err);
			status = 1;
		} else if (print) {
			puts(*name);
			fflush(stdout);
		}
	}
	return status;
}

static int add_filter(json_t *filters, const char *text, struct err *err)
{
	cleanup_free char *key = NULL;
	const char *value = strchr(text, '=');
	json_t *values;

	if (!value || value == text)
		return err_set(err, -EINVAL, "invalid filter \"%s\"; write --filter KEY=VALUE",
			       text);
	key = strndup(text, (size_t)(value - text));
	if (!key)
		return err_nomem(err);
	values = json_object_get(filters, key);
	if (!values) {
		values = json_array();
		if (json_object_set_new(filters, key, values) < 0)
			return err_nomem(err);
	}
	if (json_array_append_new(values, json_string(value + 1)) < 0)
		return err_set(err, -EINVAL, "filter \"%s\" is not UTF-8", text);
	return 0;
}

int cli_filters(const struct cli *c, struct buf *path, struct err *err)
{
	return cli_filters_and(c, NULL, path, err);
}

int cli_filters_and(const struct cli *c, const char *more, struct buf *path, struct err *err)
{
	cleanup_json json_t *filters = json_object();
	cleanup_free char *text = NULL;
	const char *filter;
	size_t cursor = 0;

	if (!filters)
		return err_nomem(err);
	while ((filter = options_next(&c->opt, "filter", &cursor))) {
		int r = add_filter(filters, filter, err);

		if (r < 0)
			return r;
	}
	if (more && add_filter(filters, more, err) < 0)
		return err->code;
	if (json_object_size(filters) == 0)
		return 0;
	text = json_write(filters);
	return text ? cli_query(path, "filters", text, err) : err_nomem(err);
}

const char *cli_str(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s ? s : "";
}

int64_t cli_int(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

int cli_print_json(const json_t *value, struct err *err)
{
	cleanup_free char *text = json_write(value);

	if (!text)
		return err_nomem(err);
	puts(text);
	return 0;
}
