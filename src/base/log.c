/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static enum log_level threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
	threshold = level;
}

/* Lines that could not be written since the last that could, by any thread. */
static atomic_uint lost;

static void tell_lost(const char *when)
{
	unsigned n = atomic_exchange(&lost, 0);
	char line[128];
	int len = snprintf(line, sizeof(line), "%s warning lines of this log that are lost: %u\n",
			   when, n);

	if (n > 0 && fd_write_all(STDERR_FILENO, line, (size_t)len) < 0)
		atomic_fetch_add(&lost, n);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warning", "error" };
	char line[2048], when[CLOCK_TEXT_MAX];
	size_t head, len;
	va_list ap;

	if (level < threshold)
		return;
	clock_format(clock_now_nsec(), when);
	head = (size_t)snprintf(line, sizeof(line), "%s %s ", when, names[level]);
	va_start(ap, fmt);
	vsnprintf(line + head, sizeof(line) - head - 1, fmt, ap);
	va_end(ap);
	for (char *p = line + head; *p; p++)
		if (*p == '\n')
			*p = ' ';
	len = strlen(line);
	line[len] = '\n';
	tell_lost(when);
	if (fd_write_all(STDERR_FILENO, line, len + 1) < 0)
		atomic_fetch_add(&lost, 1);
}
