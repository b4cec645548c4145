/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

static struct termios saved;
static int saved_fd = -1;

void terminal_restore(void)
{
	if (saved_fd >= 0)
		(void)tcsetattr(saved_fd, TCSADRAIN, &saved);
	saved_fd = -1;
}

int terminal_raw(int fd, struct err *err)
{
	static int registered;
	struct termios raw;

	if (tcgetattr(fd, &saved) < 0)
		return err_errno(err, -errno, "read the terminal's settings");
	if (!registered && atexit(terminal_restore) != 0)
		return err_nomem(err);
	registered = 1;
	raw = saved;
	cfmakeraw(&raw);
	saved_fd = fd;
	if (tcsetattr(fd, TCSADRAIN, &raw) < 0)
		return err_errno(err, -errno, "set the terminal");
	return 0;
}

int terminal_size(int fd, uint16_t *ret_rows, uint16_t *ret_columns)
{
	struct winsize ws;

	if (ioctl(fd, TIOCGWINSZ, &ws) < 0)
		return -errno;
	*ret_rows = ws.ws_row;
	*ret_columns = ws.ws_col;
	return 0;
}

json_t *terminal_size_json(void)
{
	uint16_t rows, columns;

	if (terminal_size(STDIN_FILENO, &rows, &columns) < 0)
		return NULL;
	return json_pack("[i, i]", rows, columns);
}
