/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "net/answer.h"

/* Reads dnsmasq's log, for two things: names that containers of a limited network may not ask for,
 * and why dnsmasq ended. */

struct names_refused {
	struct ip from;
	char name[NET_EVENT_TEXT_MAX + 1];
};

#define NAMES_LINE_MAX 1024

struct names_log {
	char line[NAMES_LINE_MAX]; /* a line that has not ended yet */
	size_t len;
	char last[NAMES_LINE_MAX]; /* the one before */
	bool started;		   /* has dnsmasq said that it has started? */
};

typedef void (*names_refused_fn)(const struct names_refused *refused, void *arg);

/** names_log_read() - read what is new, note it, and tell of names that were refused.  Return:
 * bytes; 0 at the end; -errno. */
ssize_t names_log_read(struct names_log *log, int fd, names_refused_fn fn, void *arg);

/** names_log_last() - get the last line; never NULL */
const char *names_log_last(const struct names_log *log);

void names_log_reset(struct names_log *log);

/** names_log_parse() - does a line say that a name was refused?  Then @ret tells which. */
bool names_log_parse(const char *line, struct names_refused *ret);
