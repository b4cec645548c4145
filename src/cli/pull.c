/* SPDX-License-Identifier: Apache-2.0 */
/* moat pull */
#include "cli/pull.h"
#include "oci/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "oci/reference.h"

#define KEY_MAX_BYTES 16384 /* keys go in the request's first line */

int pull_platform(const struct cli *c, char **ret, struct err *err)
{
	const char *platform = options_value(&c->opt, "platform");
	const char *os = options_value(&c->opt, "os"), *arch = options_value(&c->opt, "arch");

	*ret = NULL;
	if (platform)
		*ret = strdup(platform);
	else if (os || arch)
		*ret = str_printf("%s/%s", os ? os : platform_host().os,
				  arch ? arch : platform_host().arch);
	return *ret || !(platform || os || arch) ? 0 : err_nomem(err);
}

/* Adds a file of public keys, which moatd reads. */
static int add_key(const struct cli *c, struct buf *path, struct err *err)
{
	cleanup(buf_reset) struct buf pem = BUF_INIT;
	const char *name = options_value(&c->opt, "verify");
	int r;

	if (!name)
		return 0;
	r = file_read_at(AT_FDCWD, name, KEY_MAX_BYTES, &pem);
	if (r == 0)
		r = buf_add(&pem, "", 1);
	if (r < 0)
		return err_errno(err, r, "--verify %s", name);
	if (strstr(pem.data, "PRIVATE KEY"))
		return err_set(err, -EINVAL,
			       "--verify %s: that is a private key; give the public one", name);
	return cli_query(path, "verifyKey", pem.data, err);
}

/* Adds pull's own options; of these `moat run` has only the scheme. */
static int add_options(const struct cli *c, struct buf *path, struct err *err)
{
	int r = cli_query(path, "scheme", options_value(&c->opt, "scheme"), err);

	if (r == 0)
		r = cli_query(path, "maxConcurrentDownloads",
			      options_value(&c->opt, "max-concurrent-downloads"), err);
	if (r == 0)
		r = cli_query(path, "allPlatforms",
			      options_flag(&c->opt, "all-platforms") ? "1" : NULL, err);
	return r < 0 ? r : add_key(c, path, err);
}

static int pull_path(struct buf *path, const struct reference *ref, const char *platform,
		     struct err *err)
{
	char name[1024];
	bool both = ref->tag && digest_is_set(&ref->digest);
	int n = snprintf(name, sizeof(name), "%s/%s%s%s", ref->registry, ref->repository,
			 both ? ":" : "", both ? ref->tag : "");
	int r;

	if (n < 0 || (size_t)n >= sizeof(name))
		return err_set(err, -EINVAL, "the image's name is too long");
	r = buf_adds(path, API_BASE "/images/create");
	if (r < 0)
		return err_nomem(err);
	r = cli_query(path, "fromImage", name, err);
	if (r == 0)
		r = cli_query(path, "tag",
			      digest_is_set(&ref->digest) ? ref->digest.text : ref->tag, err);
	return r < 0 ? r : cli_query(path, "platform", platform, err);
}

int pull_image(struct cli *c, const char *text, const char *platform, FILE *out, struct err *err)
{
	cleanup(buf_reset) struct buf path = BUF_INIT;
	cleanup_reference struct reference *ref = NULL;
	cleanup(progress_reset) struct progress progress;
	int r = progress_begin(&progress, c, out, err);

	if (r == 0)
		r = reference_parse(text, &ref, err);
	if (r == 0)
		r = pull_path(&path, ref, platform, err);
	if (r == 0)
		r = add_options(c, &path, err);
	return r == 0 ? progress_registry(&progress, c, path.data, ref->registry, err) : r;
}

int command_pull(struct cli *c, struct err *err)
{
	cleanup_free char *full = NULL, *platform = NULL;
	cleanup_reference struct reference *ref = NULL;
	int r = pull_platform(c, &platform, err);

	if (r == 0)
		r = pull_image(c, c->opt.args[0], platform, stdout, err);
	if (r == 0)
		r = reference_parse(c->opt.args[0], &ref, err);
	if (r < 0)
		return r;
	full = reference_full(ref);
	if (!full)
		return err_nomem(err);
	progress_result(c, full);
	return 0;
}
