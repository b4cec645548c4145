/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/crew.h"

#include <errno.h>
#include <unistd.h>

#include "base/mutex.h"
#include "base/str.h"
#include "image/flatten/layer-apply.h"

/*
 * Theory of operation: each thread takes the lowest layer that nobody reads yet, and reads it into
 * its log.  The tree belongs to one layer at a time, in order: a thread whose layer's turn it is
 * applies what it reads piece by piece, so a log is long only where a layer is ahead of those below
 * it.  Whoever ends a turn applies, one after the other, the layers that are read and waited for
 * it.
 *
 * The first failure stops everybody, also those who wait for a file to grow.
 */

struct reading {
	struct crew *crew;
	size_t i;
};

static void fail_crew(struct crew *c, int r, const struct err *err)
{
	pthread_mutex_lock(&c->lock);
	if (c->result == 0) {
		c->result = r;
		c->err = *err;
	}
	pthread_mutex_unlock(&c->lock);
	atomic_store(&c->common.stop, true);
	for (size_t i = 0; i < c->n_layers; i++) {
		const uint64_t one = 1;

		if (c->layers[i].grows)
			(void)!write(c->layers[i].event_fd, &one, sizeof(one));
	}
}

static bool is_turn_of(struct crew *c, size_t i)
{
	mutex_hold(&c->lock);
	return c->turn == i;
}

static int apply_log(struct crew *c, size_t i, struct err *err)
{
	return layer_apply(c->tree, &c->states[i].log, (uint32_t)i + 1, c->common.limits, err);
}

static int apply_batch(void *arg, struct err *err)
{
	const struct reading *r = arg;

	return is_turn_of(r->crew, r->i) ? apply_log(r->crew, r->i, err) : 0;
}

static int check_diff_id(const char *want, const char *hex, struct err *err)
{
	const char *want_hex = want ? str_starts(want, "sha256:") : hex;

	if (!want_hex)
		want_hex = str_starts(want, "sha512:");
	if (!want_hex)
		return err_set(err, -EBADMSG, "its diff_id is not a sha256 or sha512 digest");
	if (!streq(want_hex, hex))
		return err_set(err, -EBADMSG,
			       "unpacked it is %.7s%s, but the image's config says %s", want, hex,
			       want);
	return 0;
}

/* Ends the turn of a layer that was applied.  Return: is the next layer's log complete? */
static bool end_turn(struct crew *c)
{
	mutex_hold(&c->lock);
	c->turn++;
	return c->turn < c->n_layers && c->states[c->turn].is_read;
}

/* Marks a layer as read.  Return: is it this layer's turn? */
static bool note_read(struct crew *c, size_t i)
{
	mutex_hold(&c->lock);
	c->states[i].is_read = true;
	return c->turn == i;
}

static int apply_waiting(struct crew *c, size_t *i, struct err *err)
{
	int r;

	do {
		r = apply_log(c, *i, err);
		if (r < 0)
			return r;
		++*i;
	} while (end_turn(c));
	return 0;
}

static int do_layer(struct crew *c, struct erofs_out *out, size_t *i, struct err *err)
{
	struct reading reading = { c, *i };
	struct crew_layer *state = &c->states[*i];
	const struct layer_reading in = {
		.layer = &c->layers[*i],
		.common = &c->common,
		.out = out,
		.log = &state->log,
		.batch = apply_batch,
		.arg = &reading,
	};
	int r = layer_read(&in, state->hex, err);

	if (r == 0)
		r = check_diff_id(c->layers[*i].diff_id, state->hex, err);
	if (r < 0)
		return r;
	c->layers[*i].size_bytes = state->log.data_bytes;
	return note_read(c, *i) ? apply_waiting(c, i, err) : 0;
}

/* Takes a layer to read.  Return: was there one? */
static bool take_layer(struct crew *c, size_t *ret)
{
	bool any;

	mutex_hold(&c->lock);
	any = c->result == 0 && c->next < c->n_layers;
	if (any)
		*ret = c->next++;
	return any;
}

void crew_work(struct crew *c)
{
	struct erofs_out out = { 0 };
	struct err err = { 0 };
	size_t i = 0;
	int r;

	r = erofs_out_init(&out, c->out_fd, &c->common.space);
	if (r < 0)
		err_errno(&err, r, "making an image");
	while (r == 0 && take_layer(c, &i)) {
		r = do_layer(c, &out, &i, &err);
		if (r < 0)
			err_wrap(&err, "layer %zu", i + 1);
	}
	if (r < 0)
		fail_crew(c, r, &err);
	erofs_out_reset(&out);
}
