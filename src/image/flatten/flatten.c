/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/flatten.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mutex.h"
#include "image/flatten/crew.h"
#include "image/flatten/erofs.h"

#define HELPER_STACK_BYTES (1u << 20) /* enough for folders that are 2,048 deep */

DEFINE_CLEANUP(struct tree, tree_free)
DEFINE_CLEANUP(struct hash, hash_free)

struct flatten_helpers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Guarded by the lock. */
	struct crew *crew; /* NULL: none yet */
	bool over;	   /* no crew will come any more */
	size_t n_waiting;
	size_t n;
	pthread_t threads[];
};

static void *help_crew(void *arg)
{
	struct flatten_helpers *h = arg;
	struct crew *crew;

	pthread_mutex_lock(&h->lock);
	h->n_waiting++;
	pthread_cond_broadcast(&h->changed);
	while (!h->crew && !h->over)
		pthread_cond_wait(&h->changed, &h->lock);
	crew = h->crew;
	pthread_mutex_unlock(&h->lock);
	if (crew)
		crew_work(crew);
	return NULL;
}

static int start_helper(struct flatten_helpers *h)
{
	pthread_attr_t attr;
	int r = -pthread_attr_init(&attr);

	if (r < 0)
		return r;
	r = -pthread_attr_setstacksize(&attr, HELPER_STACK_BYTES);
	if (r == 0)
		r = -pthread_create(&h->threads[h->n], &attr, help_crew, h);
	pthread_attr_destroy(&attr);
	h->n += r == 0;
	return r;
}

/* Waits until all threads wait for work: by then their setup is done, the C library's included. */
static void await_start(struct flatten_helpers *h)
{
	mutex_hold(&h->lock);
	while (h->n_waiting < h->n)
		pthread_cond_wait(&h->changed, &h->lock);
}

int flatten_helpers_new(size_t n, struct flatten_helpers **ret)
{
	struct flatten_helpers *h = calloc(1, sizeof(*h) + n * sizeof(h->threads[0]));
	int r = 0;

	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	while (r == 0 && h->n < n)
		r = start_helper(h);
	if (r == 0)
		await_start(h);
	if (r < 0)
		flatten_helpers_free(h);
	else
		*ret = h;
	return r;
}

static void call_helpers(struct flatten_helpers *h, struct crew *crew)
{
	mutex_hold(&h->lock);
	h->crew = crew;
	h->over = !crew;
	pthread_cond_broadcast(&h->changed);
}

static void await_helpers(struct flatten_helpers *h)
{
	while (h->n > 0)
		pthread_join(h->threads[--h->n], NULL);
}

void flatten_helpers_free(struct flatten_helpers *h)
{
	if (!h)
		return;
	call_helpers(h, NULL);
	await_helpers(h);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->changed);
	free(h);
}

static unsigned int hex_value(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Makes the image's identifier (RFC 9562 version 8) from all diff_ids, so equal layers have equal
 * ones. */
static int make_uuid(const struct crew *c, uint8_t ret[EROFS_UUID_LEN])
{
	cleanup(hash_free_cleanup_fn) struct hash *ids = NULL;
	char hex[SHA256_HEX_LEN + 1];
	int r = hash_new(&ids);

	for (size_t i = 0; r == 0 && i < c->n_layers; i++)
		r = hash_update(ids, c->states[i].hex, strlen(c->states[i].hex));
	if (r == 0)
		r = hash_final(ids, hex);
	if (r < 0)
		return r;
	for (size_t i = 0; i < EROFS_UUID_LEN; i++)
		ret[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	ret[6] = (uint8_t)((ret[6] & 0x0F) | 0x80);
	ret[8] = (uint8_t)((ret[8] & 0x3F) | 0x80);
	return 0;
}

static int write_image(struct crew *c, struct err *err)
{
	cleanup(erofs_out_reset) struct erofs_out out = { 0 };
	uint8_t uuid[EROFS_UUID_LEN];
	int r = make_uuid(c, uuid);

	if (r < 0)
		return err_errno(err, r, "SHA-256");
	r = erofs_out_init(&out, c->out_fd, &c->common.space);
	return r < 0 ? err_errno(err, r, "making an image") : erofs_write(c->tree, &out, uuid, err);
}

static void crew_reset(struct crew *c)
{
	for (size_t i = 0; c->states && i < c->n_layers; i++)
		layer_log_reset(&c->states[i].log);
	free(c->states);
	pthread_mutex_destroy(&c->lock);
}

static int crew_init(struct crew *c, const struct flatten_limits *limits, struct tree **ret_tree)
{
	const struct tree_limits tree_limits = {
		.max_entries = limits->max_entries,
		.budget = &c->common.memory,
	};

	layer_common_init(&c->common, limits);
	c->states = calloc(c->n_layers + 1, sizeof(*c->states));
	if (!c->states)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_layers; i++)
		layer_log_init(&c->states[i].log, &c->common.memory);
	return tree_new(&tree_limits, ret_tree);
}

int flatten(const struct flatten_input *in, int out_fd, struct flatten_helpers *helpers,
	    struct err *err)
{
	cleanup(crew_reset) struct crew c = { .layers = in->layers,
					      .n_layers = in->n_layers,
					      .out_fd = out_fd,
					      .lock = PTHREAD_MUTEX_INITIALIZER };
	cleanup(tree_free_cleanup_fn) struct tree *tree = NULL;
	int r = in->n_layers <= TREE_LAYERS_MAX ? crew_init(&c, &in->limits, &tree) : -E2BIG;

	if (r < 0)
		return err_errno(err, r, "making an image");
	c.tree = tree;
	if (helpers)
		call_helpers(helpers, &c);
	crew_work(&c);
	if (helpers)
		await_helpers(helpers);
	if (c.result < 0)
		return err_set(err, c.result, "%s", c.err.msg);
	tree_close(tree);
	return write_image(&c, err);
}

struct flatten_limits flatten_limits_usual(void)
{
	return (struct flatten_limits){
		.max_bytes = UNPACK_MAX_BYTES,
		.max_entries = UNPACK_MAX_ENTRIES,
		.max_memory = UNPACK_MAX_MEMORY,
		.ratio_from = UNPACK_RATIO_FROM,
		.ratio_max = UNPACK_RATIO_MAX,
		.inline_bytes = UNPACK_INLINE_BYTES,
	};
}

struct flatten_limits flatten_limits_largest(void)
{
	struct flatten_limits l = flatten_limits_usual();

	l.max_bytes = UNPACK_BYTES_LARGEST;
	l.max_entries = UNPACK_ENTRIES_LARGEST;
	l.max_memory = UNPACK_MEMORY_LARGEST;
	l.ratio_max = UNPACK_RATIO_LARGEST;
	return l;
}
