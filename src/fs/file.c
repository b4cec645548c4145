/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/file.h"

#include <errno.h>

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
	numbers_reset(&t->numbers);
	pthread_mutex_destroy(&t->lock);
}

int files_add(struct files *t, struct file *f, uint64_t *ret_fh)
{
	int r;

	pthread_mutex_lock(&t->lock);
	r = numbers_add(&t->numbers, f, ret_fh);
	pthread_mutex_unlock(&t->lock);
	return r;
}

struct file *files_get(struct files *t, uint64_t fh)
{
	struct file *f;

	pthread_mutex_lock(&t->lock);
	f = numbers_find(&t->numbers, fh);
	if (f)
		f->users++;
	pthread_mutex_unlock(&t->lock);
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
	bool gone = false;
	struct file *f;

	pthread_mutex_lock(&t->lock);
	f = numbers_find(&t->numbers, fh);
	if (f) {
		numbers_remove(&t->numbers, fh);
		f->closed = true;
		gone = f->users == 0;
	}
	pthread_mutex_unlock(&t->lock);
	if (gone)
		t->gone(t->arg, f);
	return f ? 0 : -EBADF;
}
