/* SPDX-License-Identifier: Apache-2.0 */
#include "image/flatten/layer-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"

#define PIECE_BYTES KIB(64)

int layer_source_open(const struct flatten_layer *layer, const atomic_bool *stop,
		      struct layer_source *ret, struct err *err)
{
	struct layer_source s = { .fd = layer->fd,
				  .event_fd = layer->event_fd,
				  .grows = layer->grows,
				  .stop = stop,
				  .size_bytes = layer->packed_bytes };
	struct stat sb;

	if (fstat(s.fd, &sb) < 0)
		return err_errno(err, -errno, "cannot read the layer");
	if (!S_ISREG(sb.st_mode))
		return err_set(err, -EINVAL, "the layer is not a regular file");
	if (!s.grows)
		s.size_bytes = s.known_bytes = (uint64_t)sb.st_size;
	s.data = malloc(PIECE_BYTES);
	if (!s.data)
		return err_nomem(err);
	*ret = s;
	return 0;
}

void layer_source_close(struct layer_source *s)
{
	free(s->data);
	s->data = NULL;
}

static bool is_stopped(const struct layer_source *s)
{
	return s->stop && atomic_load(s->stop);
}

/* Waits until the file is longer than what was read. */
static int wait_for_more(struct layer_source *s, struct err *err)
{
	while (!is_stopped(s) && s->known_bytes == s->pos) {
		uint64_t more;

		if (read(s->event_fd, &more, sizeof(more)) != sizeof(more)) {
			if (errno == EINTR)
				continue;
			return err_errno(err, -errno, "waiting for the layer");
		}
		s->known_bytes += more;
		if (s->known_bytes > s->size_bytes && !is_stopped(s))
			return err_set(err, -EBADMSG, "the layer is longer than announced");
	}
	return is_stopped(s) ? err_set(err, -ECANCELED, "stopped") : 0;
}

static int read_piece(struct layer_source *s, struct err *err)
{
	size_t max = PIECE_BYTES - s->len;
	ssize_t n;

	if (max > s->known_bytes - s->pos)
		max = (size_t)(s->known_bytes - s->pos);
	do {
		n = pread(s->fd, s->data + s->len, max, (off_t)s->pos);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, -errno, "cannot read the layer");
	if (n == 0)
		return err_set(err, -EBADMSG, "the layer is shorter than announced");
	s->pos += (uint64_t)n;
	s->len += (size_t)n;
	return 0;
}

int layer_source_fill(struct layer_source *s, size_t min, struct err *err)
{
	int r = 0;

	if (s->len - s->at >= min)
		return 0;
	memmove(s->data, s->data + s->at, s->len - s->at);
	s->len -= s->at;
	s->at = 0;
	while (r == 0 && s->len < min && s->pos < s->size_bytes) {
		if (s->grows || is_stopped(s))
			r = wait_for_more(s, err);
		if (r == 0)
			r = read_piece(s, err);
	}
	return r;
}
