/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spares-inner.h"

#define IDLE_USEC      (600 * USEC_PER_SEC) /* spares go when nothing was started for so long */
#define UNFORKABLE_MAX 6u		    /* doublings of SPARES_RETRY_USEC */
#define EXTRA_HURRY    2u /* when so many starts of a row missed a spare, more will follow */

bool spares_are_idle(const struct spares *s, uint64_t now_usec)
{
	return now_usec >= s->used_usec + IDLE_USEC;
}

/* The order in which spares are taken: those with memory of their own first, then those that have
 * rehearsed themselves. */
static int spare_rank(const struct spare *m)
{
	return !m->forked ? 2 : m->rehearsed;
}

static unsigned count_forked(const struct spares *s)
{
	unsigned n = 0;

	for (const struct spare *m = s->ready; m; m = m->next)
		n += m->forked;
	return n;
}

/* How many are to be forked: as many as starts in a row have missed. */
static unsigned extra_now(struct spares *s, uint64_t now_usec)
{
	return spare_goal_now(&s->goal, now_usec) - s->goal.bounds.least;
}

/* May there be a zygote?  It keeps privileges, so none runs a kernel that somebody brought along.
 */
static bool may_fork(const struct spares *s, uint64_t now_usec)
{
	return s->zygote || (s->plan.engine->features & ENGINE_FORK && !s->plan.own_kernel &&
			     now_usec >= s->forkable_usec);
}

bool spares_want_zygote(struct spares *s, uint64_t now_usec)
{
	return extra_now(s, now_usec) > 0 && may_fork(s, now_usec);
}

static enum spares_task decide_making(struct spares *s, bool beside, uint64_t now_usec)
{
	unsigned extra = extra_now(s, now_usec), forked = count_forked(s);
	bool forks = may_fork(s, now_usec);

	if (!beside && (s->n_ready - forked < s->goal.bounds.least ||
			(!forks && s->n_ready < spare_goal_now(&s->goal, now_usec))))
		return SPARES_RESTORE;
	if (!forks || forked >= extra)
		return SPARES_NOTHING;
	if (s->zygote)
		return SPARES_FORK;
	return !beside || extra >= EXTRA_HURRY ? SPARES_MAKE_ZYGOTE : SPARES_NOTHING;
}

enum spares_task spares_decide(struct spares *s, uint64_t now_usec, uint64_t *ret_when_usec)
{
	bool calm = s->starting == 0 && now_usec >= s->quiet_usec;
	enum spares_task task = SPARES_NOTHING;

	*ret_when_usec = s->retry_usec;
	if (!s->key[0] || spares_are_idle(s, now_usec))
		return SPARES_NOTHING;
	if (calm || spare_goal_in_a_row(&s->goal, now_usec))
		task = decide_making(s, !calm, now_usec);
	if (task != SPARES_NOTHING || s->starting > 0)
		return task;
	if (s->quiet_usec > *ret_when_usec)
		*ret_when_usec = s->quiet_usec;
	task = decide_making(s, false, now_usec);
	return task == SPARES_NOTHING && spares_find_unrehearsed(s) ? SPARES_REHEARSE : task;
}

bool spares_give_up_forking(struct spares *s, uint64_t now_usec)
{
	bool worked = s->zygote && s->proven, first = s->unforkable == 0;

	if (s->zygote)
		spare_push(&s->waste, take_ptr(s->zygote));
	if (worked)
		return true;
	s->forkable_usec = now_usec + (SPARES_RETRY_USEC << s->unforkable);
	if (s->unforkable < UNFORKABLE_MAX)
		s->unforkable++;
	return first;
}

void spares_forks_work(struct spares *s)
{
	s->proven = true;
	s->unforkable = 0;
}

void spares_add_ready(struct spares *s, struct spare *m)
{
	struct spare **at = &s->ready;

	while (*at && spare_rank(*at) > spare_rank(m))
		at = &(*at)->next;
	spare_push(at, m);
	s->n_ready++;
}

struct spare **spares_find_unrehearsed(struct spares *s)
{
	struct spare **at = &s->ready;

	while (*at && (*at)->rehearsed)
		at = &(*at)->next;
	return *at ? at : NULL;
}

struct spare **spares_find_surplus(struct spares *s, uint64_t now_usec)
{
	struct spare **at = &s->ready;

	if (s->n_ready <= spare_goal_now(&s->goal, now_usec))
		return NULL;
	while ((*at)->next)
		at = &(*at)->next;
	return at;
}

uint64_t spares_next(struct spares *s, uint64_t now_usec)
{
	uint64_t next = spare_goal_next(&s->goal), when;

	if ((s->n_ready > 0 || s->zygote) && s->used_usec + IDLE_USEC < next)
		next = s->used_usec + IDLE_USEC;
	if (spares_decide(s, now_usec, &when) != SPARES_NOTHING && when < next)
		next = when;
	return next;
}
