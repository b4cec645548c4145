/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/container/name.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/str.h"
#include "daemon/container/create.h"
#include "daemon/container/transition.h"
#include "daemon/network/member.h"

static const char *const adjectives[] = {
	"amber",  "ample",   "bold",   "brave",	 "bright", "brisk",  "calm",	"candid",
	"clear",  "clever",  "cosy",   "crisp",	 "eager",  "early",  "fair",	"fleet",
	"fond",	  "frank",   "gentle", "glad",	 "golden", "grand",  "happy",	"honest",
	"humble", "ivory",   "jolly",  "keen",	 "kind",   "lively", "loyal",	"lucid",
	"mellow", "merry",   "mild",   "modest", "neat",   "noble",  "patient", "plain",
	"polite", "proud",   "quick",  "quiet",	 "rapid",  "ready",  "serene",	"sharp",
	"silent", "sincere", "sleek",  "smart",	 "snug",   "solid",  "spry",	"steady",
	"sturdy", "sunny",   "swift",  "tidy",	 "upbeat", "vivid",  "warm",	"wise",
};

static const char *const surnames[] = {
	"agnesi",   "ampere",	 "babbage",	"bartik",   "bernoulli", "boole",    "bose",
	"cantor",   "carson",	 "cerf",	"clarke",   "curie",	 "darwin",   "dijkstra",
	"einstein", "engelbart", "erdos",	"euler",    "faraday",	 "fermat",   "feynman",
	"franklin", "galileo",	 "gauss",	"germain",  "goodall",	 "hamilton", "hamming",
	"hertz",    "hilbert",	 "hopper",	"huygens",  "johnson",	 "kepler",   "knuth",
	"lamarr",   "laplace",	 "liskov",	"lovelace", "maxwell",	 "mccarthy", "meitner",
	"mendel",   "newton",	 "nightingale", "noether",  "ohm",	 "pascal",   "pasteur",
	"perlman",  "planck",	 "raman",	"ride",	    "ritchie",	 "shannon",  "sinoussi",
	"tesla",    "thompson",	 "torvalds",	"turing",   "vauban",	 "volta",    "wing",
	"wozniak",
};

int name_check(const char *name, const char **ret_name, struct err *err)
{
	const char *s = name[0] == '/' ? name + 1 : name;
	bool ok = str_is_alnum(s[0]) && s[1] != '\0' && strlen(s) <= NAME_MAX_LEN;

	for (const char *p = s; ok && *p; p++)
		ok = str_is_alnum(*p) || strchr("_.-", *p);
	if (!ok)
		return err_set(err, -EINVAL,
			       "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are "
			       "allowed",
			       name);
	*ret_name = s;
	return 0;
}

char *name_random(unsigned attempt)
{
	uint16_t pick[3];
	const char *adjective, *surname;

	if (random_bytes(pick, sizeof(pick)) < 0)
		return NULL;
	adjective = adjectives[pick[0] % ARRAY_SIZE(adjectives)];
	surname = surnames[pick[1] % ARRAY_SIZE(surnames)];
	if (attempt < 2)
		return str_printf("%s_%s", adjective, surname);
	return str_printf("%s_%s%u", adjective, surname, pick[2] % 1000u);
}

/* The database decides whether a name is free, as a restarted moatd goes by it. */
static int rename_saving(struct container *c, const char *name, struct err *err)
{
	cleanup(record_reset) struct record rec = { 0 };
	char *old;
	int r;

	pthread_mutex_lock(&c->table->lock);
	r = record_dup(&c->rec, &rec);
	pthread_mutex_unlock(&c->table->lock);
	if (r < 0)
		return err_nomem(err);
	if (streq(rec.name, name))
		return -EEXIST;
	old = rec.name;
	rec.name = strdup(name);
	free(old);
	r = rec.name ? state_update(c->table->state, &rec, err) : err_nomem(err);
	if (r < 0)
		return r;
	pthread_mutex_lock(&c->table->lock);
	old = c->rec.name;
	c->rec.name = take_ptr(rec.name);
	pthread_mutex_unlock(&c->table->lock);
	free(old);
	return 0;
}

int container_rename(struct container *c, const char *name, struct err *err)
{
	const char *checked;
	int r = name_check(name, &checked, err);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->op);
	pthread_mutex_lock(&c->saving);
	r = rename_saving(c, checked, err);
	pthread_mutex_unlock(&c->saving);
	if (r == 0)
		member_rename(c->table->networks, c->rec.id, checked);
	pthread_mutex_unlock(&c->op);
	if (r == 0)
		container_publish(c, "rename", NULL);
	return r == -EEXIST ? container_name_conflict(c->table, checked, err) : r;
}
