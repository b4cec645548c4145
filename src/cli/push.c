/* SPDX-License-Identifier: Apache-2.0 */
/* moat push */
#include <errno.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "oci/reference.h"

static int add_options(const struct cli *c, struct buf *path, struct err *err)
{
	int r = cli_query(path, "scheme", options_value(&c->opt, "scheme"), err);

	return r < 0 ? r
		     : cli_query(path, "allPlatforms",
				 options_flag(&c->opt, "all-platforms") ? "1" : NULL, err);
}

static int push_path(const struct cli *c, struct buf *path, const struct reference *ref,
		     struct err *err)
{
	int r;

	if (digest_is_set(&ref->digest))
		return err_set(err, -EINVAL,
			       "an image is pushed under a tag, not under a digest: give it one "
			       "with `moat tag`");
	if (buf_addf(path, API_BASE "/images/%s/%s/push", ref->registry, ref->repository) < 0)
		return err_nomem(err);
	r = cli_query(path, "tag", ref->tag, err);
	return r < 0 ? r : add_options(c, path, err);
}

static int push_image(struct cli *c, const struct reference *ref, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup(progress_reset) struct progress progress;
	int r = progress_begin(&progress, c, stdout, err);

	if (r == 0)
		r = push_path(c, &path, ref, err);
	if (r == 0)
		r = progress_registry(&progress, c, path.data, ref->registry, err);
	return r;
}

int command_push(struct cli *c, struct err *err)
{
	cleanup_reference struct reference *ref = NULL;
	cleanup_free char *full = NULL;
	int r = reference_parse(c->opt.args[0], &ref, err);

	if (r == 0)
		r = push_image(c, ref, err);
	if (r == 0 && !(full = reference_full(ref)))
		r = err_nomem(err);
	if (r < 0)
		return r;
	progress_result(c, full);
	return 0;
}
