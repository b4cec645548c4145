/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: moatd's messages, which repeat names and digests a registry chose: control characters
 * are not passed on to the terminal.
 */
#include "cli/progress.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/format/format.h"

#define BAR_WIDTH 30

static void put_clean(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
}

static void put_bar(FILE *out, const json_t *detail)
{
	int64_t current = cli_int(detail, "current"), total = cli_int(detail, "total");
	char now[FORMAT_MAX], all[FORMAT_MAX];
	int filled;

	if (current <= 0)
		return;
	format_size((uint64_t)current, now);
	if (total <= 0) {
		fprintf(out, " %s", now);
		return;
	}
	if (current > total)
		current = total;
	filled = (int)((double)current / (double)total * BAR_WIDTH);
	format_size((uint64_t)total, all);
	fputs(" [", out);
	for (int i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '=' : i == filled ? '>' : ' ', out);
	fprintf(out, "] %s/%s", now, all);
}

/* How many lines up from the cursor the line of this id is; 0 when it has none yet. */
static size_t lines_up(const struct progress *p, const char *id)
{
	size_t n = strv_len(p->ids);

	for (size_t i = 0; i < n; i++)
		if (streq(p->ids[i], id))
			return n - i;
	return 0;
}

static int show_on_terminal(struct progress *p, const json_t *msg, const char *id)
{
	size_t up = lines_up(p, id);

	if (up == 0 && strv_add(&p->ids, id) < 0)
		return -ENOMEM;
	if (up > 0)
		fprintf(p->out, "\033[%zuA\033[2K\r", up);
	put_clean(p->out, id);
	fputs(": ", p->out);
	put_clean(p->out, cli_str(msg, "status"));
	put_bar(p->out, json_object_get(msg, "progressDetail"));
	fputc('\n', p->out);
	if (up > 1)
		fprintf(p->out, "\033[%zuB", up - 1);
	return 0;
}

static int show_message(struct progress *p, const json_t *msg)
{
	const char *id = cli_str(msg, "id"), *status = cli_str(msg, "status");
	const char *stream = cli_str(msg, "stream");
	bool moving = cli_int(json_object_get(msg, "progressDetail"), "current") > 0;
	int r = 0;

	if (!p->out)
		return 0;
	if (p->terminal && *id) {
		r = show_on_terminal(p, msg, id);
	} else if (*status && !moving) {
		strv_free(p->ids);
		p->ids = NULL;
		put_clean(p->out, id);
		fputs(*id ? ": " : "", p->out);
		put_clean(p->out, status);
		fputc('\n', p->out);
	} else if (*stream) {
		size_t n = strlen(stream);

		put_clean(p->out, stream);
		fputs(stream[n - 1] == '\n' ? "\n" : "", p->out);
	}
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

bool progress_is_shown(const struct cli *c)
{
	const char *style = options_value(&c->opt, "progress");

	return !options_flag(&c->opt, "quiet") && !(style && streq(style, "none"));
}

int progress_begin(struct progress *p, const struct cli *c, FILE *out, struct err *err)
{
	const char *style = options_value(&c->opt, "progress");

	*p = (struct progress){ .lines = { .fn = take_message, .arg = p } };
	if (style && !streq(style, "auto") && !streq(style, "plain") && !streq(style, "none"))
		return err_set(err, -EINVAL, "invalid --progress \"%s\"; it is auto, plain or none",
			       style);
	p->out = progress_is_shown(c) ? out : NULL;
	p->terminal = p->out && !(style && streq(style, "plain")) && isatty(fileno(out));
	return 0;
}

void progress_reset(struct progress *p)
{
	(void)json_lines_end(&p->lines);
	strv_free(p->ids);
	p->ids = NULL;
}

int progress_end(struct progress *p, int r, struct err *err)
{
	(void)json_lines_end(&p->lines);
	if (!p->lines.err.code)
		return r;
	err_set(err, p->lines.err.code, "%s", p->lines.err.msg);
	return p->lines.err.code;
}
