/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/whole.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "image/store/contents.h"

/*
 * Theory of operation: an index that is kept as a whole is walked, and all it leads to is noted
 * with the image, so that none of it is garbage.
 */

int record_root(const struct record *rec, struct digest *ret, struct err *err)
{
	const struct image *im = &rec->im;

	if (im->is_whole)
		*ret = im->index;
	else if (digest_is_set(&im->index) && !streq(im->index.text, im->original.text) &&
		 !streq(im->index.text, im->manifest.text))
		return err_set(err, -ENOENT,
			       "the image is here for one platform alone: pull it with "
			       "--all-platforms first");
	else
		*ret = digest_is_set(&im->original) ? im->original : im->manifest;
	return 0;
}

int whole_gather(const struct store *st, const struct digest *index, struct contents *ret,
		 struct err *err)
{
	int r = contents_add(st, index, ret, err);

	return r == 0 ? contents_check(st, ret, err) : r;
}

int record_keep_whole(struct record *rec, const struct contents *c)
{
	struct digest *all =
		reallocarray(rec->blobs, rec->n_blobs + c->n_documents + c->n_blobs, sizeof(*all));

	if (!all)
		return -ENOMEM;
	rec->blobs = all;
	for (size_t i = 0; i < c->n_documents; i++)
		all[rec->n_blobs++] = c->documents[i].digest;
	for (size_t i = 0; i < c->n_blobs; i++)
		all[rec->n_blobs++] = c->blobs[i].digest;
	rec->im.is_whole = true;
	return 0;
}
