/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: moatd's messages, which repeat names and digests a registry chose: control characters
 * are not passed on to the terminal.
 */
#include "cli/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/format/bar.h"
#include "cli/registry-auth.h"
#include "cli/term/terminal.h"
#include "secret/credentials.h"

#define COLUMNS_USUAL	 80
#define ROWS_USUAL	 24
#define MOVED_EVERY_USEC (100 * USEC_PER_MSEC)

struct progress_line {
	char *id, *status;
	struct rate rate; /* of the layer's present status */
};

static void put_clean(FILE *out, const char *s, size_t max)
{
	for (; *s && max > 0; s++, max--)
		fputc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
}

static void forget_lines(struct progress *p)
{
	for (size_t i = 0; i < p->n_lines_shown; i++) {
		free(p->lines_shown[i].id);
		free(p->lines_shown[i].status);
	}
	free(p->lines_shown);
	p->lines_shown = NULL;
	p->n_lines_shown = 0;
}

/* Finds a layer's line.  Return: its index; the number of lines when the layer is new. */
static size_t find_line(const struct progress *p, const char *id)
{
	size_t i = 0;

	while (i < p->n_lines_shown && !streq(p->lines_shown[i].id, id))
		i++;
	return i;
}

static int add_line(struct progress *p, const char *id)
{
	struct progress_line *more =
		reallocarray(p->lines_shown, p->n_lines_shown + 1, sizeof(*more));
	char *copy = strdup(id);

	if (more)
		p->lines_shown = more;
	if (!more || !copy) {
		free(copy);
		return -ENOMEM;
	}
	more[p->n_lines_shown++] = (struct progress_line){ .id = copy };
	return 0;
}

static int set_status(struct progress_line *l, const char *status)
{
	if (l->status && streq(l->status, status))
		return 0;
	if (str_set(&l->status, status) < 0)
		return -ENOMEM;
	l->rate = (struct rate){ 0 };
	return 0;
}

static void put_bar(FILE *out, struct progress_line *l, const json_t *detail, unsigned width)
{
	int64_t current = cli_int(detail, "current"), total = cli_int(detail, "total");
	struct bar b = { .current_bytes = (uint64_t)current };
	char text[BAR_MAX];

	if (current <= 0)
		return;
	if (total > 0)
		b.total_bytes = (uint64_t)total;
	rate_add(&l->rate, clock_mono_usec(), b.current_bytes);
	b.per_sec = rate_per_sec(&l->rate);
	b.left_sec = total > 0 ? rate_left_sec(&l->rate, b.total_bytes) : RATE_UNKNOWN;
	bar_text(&b, width, text);
	fprintf(out, " %s", text);
}

/* Prints a line cut to the terminal's width: a longer one would take two rows, and the count of
 * rows be wrong. */
static void put_line(struct progress *p, struct progress_line *l, const json_t *msg,
		     unsigned columns)
{
	size_t used = strlen(l->id) + 2 + strlen(l->status);

	put_clean(p->out, l->id, columns - 1);
	if (used >= columns)
		return;
	fputs(": ", p->out);
	put_clean(p->out, l->status, columns);
	if (used + 1 < columns)
		put_bar(p->out, l, json_object_get(msg, "progressDetail"),
			columns - 1 - (unsigned)used);
}

static int show_on_terminal(struct progress *p, const json_t *msg, const char *id)
{
	size_t i = find_line(p, id), up = p->n_lines_shown - i;
	uint16_t rows = ROWS_USUAL, columns = COLUMNS_USUAL;

	(void)terminal_size(fileno(p->out), &rows, &columns);
	if (up == 0 && add_line(p, id) < 0)
		return -ENOMEM;
	if (set_status(&p->lines_shown[i], cli_str(msg, "status")) < 0)
		return -ENOMEM;
	/* A line that has left the screen cannot be rewritten. */
	if (up >= (rows ? rows : ROWS_USUAL))
		return 0;
	if (up > 0)
		fprintf(p->out, "\033[%zuA\033[2K\r", up);
	put_line(p, &p->lines_shown[i], msg, columns ? columns : COLUMNS_USUAL);
	fputc('\n', p->out);
	if (up > 1)
		fprintf(p->out, "\033[%zuB", up - 1);
	return 0;
}

static void show_plain(struct progress *p, const char *id, const char *status)
{
	forget_lines(p);
	put_clean(p->out, id, SIZE_MAX);
	fputs(*id ? ": " : "", p->out);
	put_clean(p->out, status, SIZE_MAX);
	fputc('\n', p->out);
}

static void show_stream(struct progress *p, const char *stream)
{
	size_t n = strlen(stream);
	bool ends = stream[n - 1] == '\n';

	put_clean(p->out, stream, ends ? n - 1 : n);
	fputs(ends ? "\n" : "", p->out);
}

static int show_json(struct progress *p, const json_t *msg)
{
	cleanup_free char *text = json_write(msg);

	if (!text)
		return -ENOMEM;
	fprintf(p->out, "%s\n", text);
	return 0;
}

static int show_message(struct progress *p, const json_t *msg)
{
	const char *id = cli_str(msg, "id"), *status = cli_str(msg, "status");
	const char *stream = cli_str(msg, "stream");
	bool moving = cli_int(json_object_get(msg, "progressDetail"), "current") > 0;
	int r = 0;

	if (p->style == PROGRESS_NONE)
		return 0;
	if (p->style == PROGRESS_JSON)
		r = show_json(p, msg);
	else if (p->style == PROGRESS_TERMINAL && *id)
		r = show_on_terminal(p, msg, id);
	else if (*status && !moving)
		show_plain(p, id, status);
	else if (*stream)
		show_stream(p, stream);
	fflush(p->out);
	return r;
}

static int take_message(const json_t *msg, void *arg, struct err *err)
{
	const char *error = cli_str(msg, "error");
	int r = show_message(arg, msg);

	if (r < 0)
		return err_set(err, r, "out of memory");
	return *error ? err_set(err, -EIO, "%s", error) : 0;
}

void progress_moved(struct progress *p, const char *id, const char *status, uint64_t bytes,
		    uint64_t total_bytes)
{
	uint64_t now = clock_mono_usec();
	cleanup_json json_t *msg = NULL;

	if (p->style == PROGRESS_NONE ||
	    (bytes != total_bytes && now - p->moved_usec < MOVED_EVERY_USEC))
		return;
	p->moved_usec = now;
	msg = json_pack("{s:s, s:s, s:{s:I, s:I}}", "id", id, "status", status, "progressDetail",
			"current", (json_int_t)bytes, "total", (json_int_t)total_bytes);
	if (msg)
		(void)show_message(p, msg);
}

/* Return: one of the styles; -EINVAL with a message. */
static int choose_style(const struct cli *c, FILE *out, struct err *err)
{
	const char *style = options_value(&c->opt, "progress");

	if (options_flag(&c->opt, "quiet"))
		return PROGRESS_NONE;
	if (!style || streq(style, "auto"))
		return isatty(fileno(out)) ? PROGRESS_TERMINAL : PROGRESS_PLAIN;
	if (streq(style, "plain"))
		return PROGRESS_PLAIN;
	if (streq(style, "none"))
		return PROGRESS_NONE;
	if (streq(style, "json"))
		return PROGRESS_JSON;
	return err_set(err, -EINVAL, "invalid --progress \"%s\"; it is auto, plain, json or none",
		       style);
}

bool progress_is_shown(const struct cli *c)
{
	return choose_style(c, stdout, NULL) > PROGRESS_NONE;
}

int progress_begin(struct progress *p, const struct cli *c, FILE *out, struct err *err)
{
	int style = choose_style(c, out, err);

	*p = (struct progress){ .out = out, .lines = { .fn = take_message, .arg = p } };
	if (style < 0)
		return style;
	p->style = (enum progress_style)style;
	return 0;
}

void progress_reset(struct progress *p)
{
	(void)json_lines_end(&p->lines);
	forget_lines(p);
}

int progress_end(struct progress *p, int r, struct err *err)
{
	(void)json_lines_end(&p->lines);
	if (!p->lines.err.code)
		return r;
	err_set(err, p->lines.err.code, "%s", p->lines.err.msg);
	return p->lines.err.code;
}

int progress_registry(struct progress *p, struct cli *c, const char *path, const char *registry,
		      struct err *err)
{
	cleanup(text_wipe_fn) char *auth = NULL;
	struct api_request rq = {
		.method = "POST", .path = path, .on_body = json_lines_feed, .arg = &p->lines
	};
	int r = registry_auth_header(registry, &auth, err);

	if (r < 0)
		return r;
	rq.registry_auth = auth;
	r = api_call(c->api, &rq, NULL, err);
	r = progress_end(p, r, err);
	return r < 0 ? r : 0;
}

void progress_result(const struct cli *c, const char *name)
{
	const char *style = options_value(&c->opt, "progress");
	cleanup_json json_t *msg = NULL;
	cleanup_free char *text = NULL;

	if (options_flag(&c->opt, "quiet") || !style || !streq(style, "json")) {
		puts(name);
		return;
	}
	msg = json_pack("{s:s}", "image", name);
	text = msg ? json_write(msg) : NULL;
	if (text)
		puts(text);
}
