/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/upload-kept.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/store/store.h"

/*
 * Theory of operation: each upload has a file in images/uploads, named by the repository's address
 * and the blob's digest, with one line: the last address that the registry gave.  It is written
 * during the upload, as moatd may be killed at any time, but not synced: an upload whose file a
 * power loss took is begun anew.
 *
 * The registry wrote the address.  It is checked again before it is used.  It may hold a secret of
 * the registry's, so nobody else may read the file.
 */

#define URL_MAX_BYTES KIB(16)

static int make_name(struct upload_kept *k, const char *base, const struct digest *blob)
{
	cleanup_free char *text = str_printf("%s %s", base, blob->text);

	return text ? hash_bytes(text, strlen(text), k->name) : -ENOMEM;
}

int upload_kept_begin(struct upload_kept *k, struct store *st, const char *base,
		      const struct digest *blob, const struct progress *progress)
{
	bool waited = false;
	int r;

	*k = (struct upload_kept){ 0 };
	if (!st)
		return 0;
	r = make_name(k, base, blob);
	if (r == 0 && !claim_try(st, &k->claim, k->name)) {
		waited = true;
		r = claim_take(st, &k->claim, k->name, progress);
	}
	if (r < 0)
		return r;
	k->st = st;
	return waited;
}

void upload_kept_end(struct upload_kept *k)
{
	if (k->st)
		claim_release(k->st, &k->claim);
	k->st = NULL;
}

char *upload_kept_read(const struct upload_kept *k)
{
	cleanup_close int fd =
		k->st ? openat(k->st->uploads_fd, k->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	char text[URL_MAX_BYTES];
	struct stat sb;
	ssize_t n;

	if (fd < 0 || fstat(fd, &sb) < 0 || sb.st_mtim.tv_sec < time(NULL) - UPLOAD_KEPT_SEC)
		return NULL;
	n = read(fd, text, sizeof(text));
	/* A line that was cut off has no end. */
	if (n < 2 || text[n - 1] != '\n')
		return NULL;
	text[n - 1] = '\0';
	return strdup(text);
}

void upload_kept_note(const struct upload_kept *k, const char *url)
{
	cleanup_free char *line = str_printf("%s\n", url);
	cleanup_close int fd = -1;

	if (!k->st || !line || strlen(line) > URL_MAX_BYTES)
		return;
	fd = openat(k->st->uploads_fd, k->name,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && fd_write_all(fd, line, strlen(line)) < 0)
		(void)!ftruncate(fd, 0);
}

void upload_kept_drop(const struct upload_kept *k)
{
	if (k->st)
		(void)unlinkat(k->st->uploads_fd, k->name, 0);
}
