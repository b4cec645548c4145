/* SPDX-License-Identifier: Apache-2.0 */
/* moat events */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/json-lines.h"
#include "cli/format/shape.h"

/* "2026-01-02T03:04:05.000000006+00:00 container start ID (image=alpine, name=web)" */
static void print_event(const json_t *event)
{
	const json_t *actor = json_object_get(event, "Actor");
	int64_t nsec = cli_int(event, "timeNano");
	time_t seconds = (time_t)(nsec / (int64_t)NSEC_PER_SEC);
	char when[64] = "", zone[16] = "";
	const char *key, *separator = " (";
	json_t *value;
	struct tm tm;

	if (localtime_r(&seconds, &tm)) {
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
		strftime(zone, sizeof(zone), "%z", &tm);
	}
	printf("%s.%09lld%.3s:%.2s %s %s %s", when, (long long)(nsec % (int64_t)NSEC_PER_SEC), zone,
	       strlen(zone) == 5 ? zone + 3 : "00", cli_str(event, "Type"),
	       cli_str(event, "Action"), cli_str(actor, "ID"));
	json_object_foreach (json_object_get(actor, "Attributes"), key, value) {
		printf("%s%s=%s", separator, key,
		       json_is_string(value) ? json_string_value(value) : "");
		separator = ", ";
	}
	puts(*separator == ',' ? ")" : "");
}

static int take_event(const json_t *event, void *arg, struct err *err)
{
	const struct shape *shape = arg;
	cleanup_json json_t *copy = NULL;
	int r = 0;

	if (shape->kind == SHAPE_TABLE) {
		print_event(event);
	} else {
		copy = json_copy((json_t *)(uintptr_t)event);
		r = copy ? shape_print_item(shape, copy, NULL, err) : err_nomem(err);
	}
	if (r == 0 && fflush(stdout) != 0)
		r = err_errno(err, -errno, "write standard output");
	return r;
}

int command_events(struct cli *c, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup(shape_reset) struct shape shape = { 0 };
	struct json_lines lines = { .fn = take_event, .arg = &shape };
	struct api_request rq = { .method = "GET", .on_body = json_lines_feed, .arg = &lines };
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = buf_adds(&path, API_BASE "/events") < 0 ? err_nomem(err) : 0;
	if (r == 0)
		r = cli_query_moment(c, &path, "since", err);
	if (r == 0)
		r = cli_query_moment(c, &path, "until", err);
	if (r == 0)
		r = cli_filters(c, &path, err);
	rq.path = path.data;
	if (r == 0)
		r = api_call(c->api, &rq, NULL, err);
	(void)json_lines_end(&lines);
	if (lines.err.code < 0)
		*err = lines.err;
	return r < 0 || lines.err.code < 0 ? err->code : 0;
}
