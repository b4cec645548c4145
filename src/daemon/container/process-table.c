/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The options of ps are read for what they say about columns alone: their
 * result is a list of them.  Each column makes its text of what the guest has told of a process.
 * The figures are the guest's, and no more is believed of them.  Names of users and terminals are
 * not told: to ask for the container's /etc/passwd may take for ever where that is on a share.  So
 * users but root are numbers.
 */
#include "daemon/container/process-table.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define COLUMNS_MAX 64u
#define TITLE_MAX   64u

struct column {
	const char *name; /* as -o names it */
	const char *title;
	json_t *(*text)(const struct link_proc *p);
};

struct choice {
	const struct column *column;
	char title[TITLE_MAX];
};

struct choices {
	struct choice list[COLUMNS_MAX];
	size_t n;
};

static json_t *pid_text(const struct link_proc *p)
{
	return json_sprintf("%u", p->pid);
}

static json_t *ppid_text(const struct link_proc *p)
{
	return json_sprintf("%u", p->ppid);
}

static json_t *uid_text(const struct link_proc *p)
{
	return json_sprintf("%u", p->uid);
}

static json_t *user_text(const struct link_proc *p)
{
	return p->uid == 0 ? json_string("root") : uid_text(p);
}

static json_t *name_text(const struct link_proc *p)
{
	return json_string(p->name);
}

static json_t *command_text(const struct link_proc *p)
{
	return json_string(p->command);
}

static json_t *state_text(const struct link_proc *p)
{
	return json_string(p->state);
}

static json_t *terminal_text(const struct link_proc *p)
{
	(void)p;
	return json_string("?");
}

static json_t *vsz_text(const struct link_proc *p)
{
	return json_sprintf("%llu", (unsigned long long)p->virtual_bytes / 1024);
}

static json_t *rss_text(const struct link_proc *p)
{
	return json_sprintf("%llu", (unsigned long long)p->resident_bytes / 1024);
}

static json_t *memory_text(const struct link_proc *p)
{
	return json_sprintf("%u.%u", p->memory_permille / 10, p->memory_permille % 10);
}

static json_t *share_text(const struct link_proc *p)
{
	return json_sprintf(
		"%llu", (unsigned long long)(p->age_usec ? 100 * p->cpu_usec / p->age_usec : 0));
}

static json_t *permille_text(const struct link_proc *p)
{
	unsigned long long permille = p->age_usec ? 1000 * p->cpu_usec / p->age_usec : 0;

	return json_sprintf("%llu.%llu", permille / 10, permille % 10);
}

static json_t *time_text(const struct link_proc *p)
{
	unsigned long long seconds = p->cpu_usec / USEC_PER_SEC;

	return json_sprintf("%02llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60,
			    seconds % 60);
}

static json_t *short_time_text(const struct link_proc *p)
{
	unsigned long long seconds = p->cpu_usec / USEC_PER_SEC;

	return json_sprintf("%llu:%02llu", seconds / 60, seconds % 60);
}

static json_t *age_seconds_text(const struct link_proc *p)
{
	return json_sprintf("%llu", (unsigned long long)p->age_usec / USEC_PER_SEC);
}

/* [[days-]hours:]minutes:seconds */
static json_t *age_text(const struct link_proc *p)
{
	unsigned long long s = p->age_usec / USEC_PER_SEC, days = s / 86400, hours = s / 3600 % 24;

	if (days > 0)
		return json_sprintf("%llu-%02llu:%02llu:%02llu", days, hours, s / 60 % 60, s % 60);
	if (hours > 0)
		return json_sprintf("%02llu:%02llu:%02llu", hours, s / 60 % 60, s % 60);
	return json_sprintf("%02llu:%02llu", s / 60, s % 60);
}

/* The day of a start more than a day ago, else the time. */
static json_t *start_text(const struct link_proc *p)
{
	time_t start = (time_t)(clock_now_nsec() / (int64_t)NSEC_PER_SEC -
				(int64_t)(p->age_usec / USEC_PER_SEC));
	char text[16] = "?";
	struct tm tm;

	if (gmtime_r(&start, &tm))
		strftime(text, sizeof(text), p->age_usec < 86400 * USEC_PER_SEC ? "%H:%M" : "%b%d",
			 &tm);
	return json_string(text);
}

static const struct column columns[] = {
	{ "pid", "PID", pid_text },
	{ "tgid", "TGID", pid_text },
	{ "ppid", "PPID", ppid_text },
	{ "uid", "UID", uid_text },
	{ "euid", "EUID", uid_text },
	{ "name of uid", "UID", user_text }, /* the first column of -f, which no option names */
	{ "user", "USER", user_text },
	{ "euser", "EUSER", user_text },
	{ "uname", "USER", user_text },
	{ "comm", "COMMAND", name_text },
	{ "ucmd", "CMD", name_text },
	{ "ucomm", "COMMAND", name_text },
	{ "args", "COMMAND", command_text },
	{ "cmd", "CMD", command_text },
	{ "command", "COMMAND", command_text },
	{ "c", "C", share_text },
	{ "pcpu", "%CPU", permille_text },
	{ "%cpu", "%CPU", permille_text },
	{ "pmem", "%MEM", memory_text },
	{ "%mem", "%MEM", memory_text },
	{ "vsz", "VSZ", vsz_text },
	{ "vsize", "VSZ", vsz_text },
	{ "rss", "RSS", rss_text },
	{ "rssize", "RSS", rss_text },
	{ "tty", "TT", terminal_text },
	{ "tt", "TT", terminal_text },
	{ "tname", "TTY", terminal_text },
	{ "stat", "STAT", state_text },
	{ "s", "S", state_text },
	{ "state", "S", state_text },
	{ "stime", "STIME", start_text },
	{ "bsdstart", "START", start_text },
	{ "time", "TIME", time_text },
	{ "cputime", "TIME", time_text },
	{ "bsdtime", "TIME", short_time_text },
	{ "etime", "ELAPSED", age_text },
	{ "etimes", "ELAPSED", age_seconds_text },
};

static const struct column *find_column(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (strlen(columns[i].name) == len && strncmp(columns[i].name, name, len) == 0)
			return &columns[i];
	return NULL;
}

/* @list: "pid,comm"; "pid=TITLE" gives the last column the rest as its title. */
static int add_columns(struct choices *c, const char *list, struct err *err)
{
	while (*list) {
		size_t len = strcspn(list, ",=");
		const struct column *column = find_column(list, len);
		bool titled = list[len] == '=';

		if (!column)
			return err_set(err, -EINVAL,
				       "unknown column \"%.*s\": the options of ps name pid, ppid, "
				       "user, comm, args, stat, time, etime and their like",
				       (int)(len < TITLE_MAX ? len : TITLE_MAX), list);
		if (c->n == COLUMNS_MAX)
			return err_set(err, -EINVAL, "more than %u columns", COLUMNS_MAX);
		c->list[c->n].column = column;
		snprintf(c->list[c->n++].title, TITLE_MAX, "%s",
			 titled ? list + len + 1 : column->title);
		if (titled)
			return 0;
		list += len + (list[len] == ',');
	}
	return 0;
}

/* The columns of ps without -o. */
static const char full[] = "name of uid,pid,ppid,c,stime,tname,time,cmd",
		  plain[] = "pid,tname,time,ucmd", bsd_plain[] = "pid,tname,stat,bsdtime,command",
		  bsd_user[] = "user,pid,pcpu,pmem,vsz,rss,tname,stat,bsdstart,bsdtime,command";

/* Reads one word of the options.
 * @style: columns where -o gives none; changed by f and u
 * @rest:  the words that follow; moved on when the next is the value of this one
 */
static int read_word(struct choices *c, const char *word, const char **style, char **rest,
		     struct err *err)
{
	bool dashed = *word == '-';

	if (!*style)
		*style = dashed ? plain : bsd_plain;
	for (const char *p = word + dashed; *p; p++) {
		if (*p == 'o') {
			const char *list = p[1] ? p + 1 : strsep(rest, " ");

			return list && *list ? add_columns(c, list, err)
					     : err_set(err, -EINVAL, "-o of ps needs columns");
		}
		/* -u alone would choose processes; -aux is what some write for aux. */
		if (!strchr("aeAxwfu", *p) || (dashed && word[1] == 'u'))
			return err_set(err, -EINVAL, "moat does not know ps's option \"%s\"", word);
		if (*p == 'f' || *p == 'u')
			*style = *p == 'f' ? full : bsd_user;
	}
	return 0;
}

static int read_options(struct choices *c, char *options, struct err *err)
{
	const char *style = NULL, *word;
	int r = 0;

	while (r == 0 && (word = strsep(&options, " ")))
		if (*word)
			r = read_word(c, word, &style, &options, err);
	if (r == 0 && c->n == 0)
		r = add_columns(c, style ? style : full, err);
	return r;
}

static json_t *row_new(const struct choices *c, const struct link_proc *p)
{
	cleanup_json json_t *row = json_array();

	for (size_t i = 0; i < c->n; i++)
		if (json_array_append_new(row, c->list[i].column->text(p)) < 0)
			return NULL;
	return take_ptr(row);
}

int process_table(const struct link_proc *procs, size_t n, const char *options, json_t **ret,
		  struct err *err)
{
	cleanup_json json_t *titles = json_array(), *rows = json_array();
	cleanup_free char *words = strdup(options ? options : "");
	struct choices c = { 0 };
	int r = words ? read_options(&c, words, err) : err_nomem(err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c.n; i++)
		if (json_array_append_new(titles, json_string(c.list[i].title)) < 0)
			return err_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(rows, row_new(&c, &procs[i])) < 0)
			return err_nomem(err);
	*ret = json_pack("{s:O, s:O}", "Titles", titles, "Processes", rows);
	return *ret ? 0 : err_nomem(err);
}
