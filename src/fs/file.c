/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/file.h"

#include <errno.h>

#include "base/mutex.h"

#define NUMBER_FIRST 1 /* after FILE_UNOPENED */

void files_init(struct files *t, size_t max)
{
	*t = (struct files){ .numbers.max = max };
	pthread_mutex_init(&t->lock, NULL);
}

void files_reset(struct files *t)
{
	for (size_t i = 0; i < t->numbers.n_slots; i++)
		if (t->numbers.slots[i].item)
			t->gone(t->arg, t->numbers.slots[i].item);
	for (size_t i = 0; i < SHARES_FH_MAX; i++)
		if (t->own[i])
			t->gone(t->arg, t->own[i]);
	numbers_reset(&t->numbers);
	pthread_mutex_destroy(&t->lock);
}

int files_add(struct files *t, struct file *f, uint64_t *ret_fh)
{
	uint64_t number;
	int r;

	pthread_mutex_lock(&t->lock);
	r = numbers_add(&t->numbers, f, &number);
	pthread_mutex_unlock(&t->lock);
	if (r == 0)
		*ret_fh = number + NUMBER_FIRST;
	return r;
}

/* Under the lock.  Return: the place of a file with a number of the guest's own; NULL: it is no
 * such number. */
static struct file **own_of(struct files *t, uint64_t fh)
{
	uint64_t place = fh - SHARES_FH;

	return fh >= SHARES_FH && place < SHARES_FH_MAX ? &t->own[place] : NULL;
}

static struct file *find_file(struct files *t, uint64_t fh)
{
	struct file **own = own_of(t, fh);

	if (fh < NUMBER_FIRST)
		return NULL;
	return own ? *own : numbers_find(&t->numbers, fh - NUMBER_FIRST);
}

int files_add_own(struct files *t, struct file *f, uint64_t fh)
{
	struct file **own;

	mutex_hold(&t->lock);
	own = own_of(t, fh);
	if (!own || *own)
		return -EBADF;
	*own = f;
	return 0;
}

struct file *files_get(struct files *t, uint64_t fh)
{
	struct file *f;

	mutex_hold(&t->lock);
	f = find_file(t, fh);
	if (f)
		f->users++;
	return f;
}

void files_put(struct files *t, struct file *f)
{
	bool gone;

	if (!f)
		return;
	pthread_mutex_lock(&t->lock);
	gone = --f->users == 0 && f->closed;
	pthread_mutex_unlock(&t->lock);
	if (gone)
		t->gone(t->arg, f);
}

int files_remove(struct files *t, uint64_t fh)
{
	struct file *f, **own;
	bool gone = false;

	pthread_mutex_lock(&t->lock);
	f = find_file(t, fh);
	own = own_of(t, fh);
	if (f) {
		if (own)
			*own = NULL;
		else
			numbers_remove(&t->numbers, fh - NUMBER_FIRST);
		f->closed = true;
		gone = f->users == 0;
	}
	pthread_mutex_unlock(&t->lock);
	if (gone)
		t->gone(t->arg, f);
	return f ? 0 : -EBADF;
}
