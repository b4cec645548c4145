/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  With log-queries=extra dnsmasq says of each question who asked and what
 * became of it: "dnsmasq[12]: 3 10.1.0.2/40123 config evil.example is NXDOMAIN" is a name that went
 * nowhere.  The names in there are whatever a container asked for.
 */
#include "net/inside/names-log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Cuts a word off the front of a line.  Return: the word; NULL at the end. */
static char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	while (word && !*word)
		word = strsep(rest, " ");
	return word;
}

static bool parse_asker(char *word, struct ip *ret)
{
	char *slash = word ? strchr(word, '/') : NULL;

	if (!slash)
		return false;
	*slash = '\0';
	return ip_parse(word, ret) == 0;
}

bool names_log_parse(const char *line, struct names_refused *ret)
{
	char copy[NAMES_LINE_MAX], *rest = copy, *word, *name;
	struct names_refused refused = { 0 };

	if (strlen(line) >= sizeof(copy))
		return false;
	memcpy(copy, line, strlen(line) + 1);
	word = next_word(&rest);
	if (!word || !str_starts(word, "dnsmasq["))
		return false;
	next_word(&rest);
	if (!parse_asker(next_word(&rest), &refused.from))
		return false;
	word = next_word(&rest);
	if (!word || !streq(word, "config"))
		return false;
	name = next_word(&rest);
	/* A name that has records of other types is answered with "NODATA". */
	if (!name || !rest || !streq(rest, "is NXDOMAIN") || !net_name_ok(name) ||
	    str_ends(name, ".arpa"))
		return false;
	memcpy(refused.name, name, strlen(name) + 1);
	*ret = refused;
	return true;
}

static void end_line(struct names_log *log, names_refused_fn fn, void *arg)
{
	struct names_refused refused;

	log->line[log->len] = '\0';
	memcpy(log->last, log->line, log->len + 1);
	log->len = 0;
	log->started = log->started || strstr(log->last, ": started, ");
	if (names_log_parse(log->last, &refused))
		fn(&refused, arg);
}

ssize_t names_log_read(struct names_log *log, int fd, names_refused_fn fn, void *arg)
{
	char room[4096];
	ssize_t n = read(fd, room, sizeof(room));

	for (ssize_t i = 0; i < n; i++) {
		if (room[i] == '\n')
			end_line(log, fn, arg);
		else if (log->len < sizeof(log->line) - 1)
			log->line[log->len++] = room[i];
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	return n;
}

const char *names_log_last(const struct names_log *log)
{
	return log->last;
}

void names_log_reset(struct names_log *log)
{
	log->len = 0;
	log->started = false;
	*log->last = '\0';
}
