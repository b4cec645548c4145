/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "daemon/machine/spares.h"

struct spares {
	struct machines *ms;
	int dir_fd; /* $ROOT/spares, with the image of the rehearsal */
	int wake_fd;
	bool has_image;

	pthread_mutex_t lock; /* guards all that follow */
	struct spare_goal goal;
	unsigned starting;
	char key[TEMPLATE_KEY_LEN + 1];	 /* the template of the spares; "": none yet */
	char last[TEMPLATE_KEY_LEN + 1]; /* the template of the last start */
	struct machine_plan plan;	 /* how to make a spare */
	uint64_t used_usec;
	uint64_t quiet_usec;	/* until then no machine is restored for a spare */
	uint64_t retry_usec;	/* until then no spare is made at all */
	uint64_t forkable_usec; /* until then no zygote is made */
	unsigned unforkable;	/* how often in a row a zygote was of no use */
	struct spare *zygote;	/* ended by the keeper alone */
	bool proven;		/* a machine was forked of @zygote */
	struct spare *ready, *waste;
	unsigned n_ready;
};

static inline void spare_push(struct spare **list, struct spare *m)
{
	m->next = *list;
	*list = m;
}

static inline struct spare *spare_pop(struct spare **at)
{
	struct spare *m = *at;

	*at = m->next;
	return m;
}

/* The thread that makes and ends spares for as long as the process runs.  Spares of a moatd that
 * ended are ended by their shims. */
void *spares_keep(void *spares);

/* Moves a ready spare to those that are to be ended.  The lock is held. */
void spares_discard(struct spares *s, struct spare **at);

/*
 * What is to be done next (spares-decide.c).  The lock is held.
 */
#define SPARES_RETRY_USEC (60 * USEC_PER_SEC) /* after a spare could not be made */

/* Was nothing started for so long that spares go? */
bool spares_are_idle(const struct spares *s, uint64_t now_usec);

enum spares_task {
	SPARES_NOTHING,
	SPARES_RESTORE,	    /* make a spare with memory of its own */
	SPARES_MAKE_ZYGOTE, /* make a zygote, so that others can be forked */
	SPARES_FORK,	    /* fork a spare of the zygote */
	SPARES_REHEARSE,    /* have a forked spare rehearse */
};

/*
 * The least that are kept have memory of their own: they are quickest, and a start alone is served
 * by one.  What starts in a row need beyond them is forked, and a zygote is there as long as there
 * are such rows.  A start alone has the processors for itself: only beside starts in a row are
 * machines forked, and when a few of them have found none, a zygote is made beside the others.
 *
 * @ret_when_usec: when it may be done
 */
enum spares_task spares_decide(struct spares *s, uint64_t now_usec, uint64_t *ret_when_usec);

/* Is there, or may there be, a zygote now? */
bool spares_want_zygote(struct spares *s, uint64_t now_usec);

/* A zygote could not be made or forked, and has been ended.  Where a fork has worked before, the
 * next zygote may follow at once; else machines are restored for now, and where forking never works
 * it is tried ever more seldom.  Return: is it worth logging? */
bool spares_give_up_forking(struct spares *s, uint64_t now_usec);

/* A machine was forked of the zygote: starts may ask for that, too. */
void spares_forks_work(struct spares *s);

/* Adds a spare to the ready ones, in the order in which they are taken. */
void spares_add_ready(struct spares *s, struct spare *m);

/* Finds a spare that has not rehearsed itself; NULL. */
struct spare **spares_find_unrehearsed(struct spares *s);

/* Finds a spare beyond the number wanted; NULL. */
struct spare **spares_find_surplus(struct spares *s, uint64_t now_usec);

/* When there will be something to do, if nothing happens; UINT64_MAX: never. */
uint64_t spares_next(struct spares *s, uint64_t now_usec);
