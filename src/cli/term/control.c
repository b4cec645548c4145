/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/control.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/term/terminal.h"

#define LOSSES_MAX 8

int control_fd(const struct control *c)
{
	return c->doing == CONTROL_IDLE ? -1 : api_fd(c->api);
}

static char *next_path(struct control *c)
{
	uint16_t rows, columns;

	if (c->start) {
		c->doing = CONTROL_START;
		c->start = false;
		return str_printf("%s/start", c->object);
	}
	if (c->signals) {
		c->signo = __builtin_ctzll(c->signals);
		c->doing = CONTROL_SIGNAL;
		c->signals &= c->signals - 1;
		return str_printf("%s/kill?signal=%d", c->object, c->signo);
	}
	c->doing = CONTROL_RESIZE;
	c->resize = false;
	if (terminal_size(STDIN_FILENO, &rows, &columns) < 0)
		rows = columns = 0;
	return str_printf("%s/resize?h=%u&w=%u", c->object, rows, columns);
}

static int request_done(struct control *c, int r)
{
	bool start = c->doing == CONTROL_START;

	/* A moatd that ended just now took the signal with it; its successor gets it again. */
	if (r == -ECONNRESET && c->doing == CONTROL_SIGNAL && c->losses++ < LOSSES_MAX)
		c->signals |= 1ULL << c->signo;
	c->doing = CONTROL_IDLE;
	return start && r < 0 ? r : 0;
}

int control_pump(struct control *c, struct err *err)
{
	cleanup_free char *path = NULL;
	struct api_request rq = { .method = "POST", .want_header = CLI_WARNING_HEADER };
	int r;

	if (c->doing != CONTROL_IDLE || (!c->start && !c->signals && !c->resize))
		return 0;
	path = next_path(c);
	if (!path)
		return request_done(c, err_nomem(err));
	rq.path = path;
	r = api_send(c->api, &rq, err);
	return r < 0 ? request_done(c, r) : 0;
}

int control_step(struct control *c, struct err *err)
{
	int r = api_step(c->api, err);

	if (r == 0)
		return 0;
	if (r > 0) {
		r = api_finish(c->api, NULL, err);
		c->start_failed = c->doing == CONTROL_START && r < 0;
		if (r >= 0)
			cli_print_warning(c->api);
	}
	return request_done(c, r);
}
