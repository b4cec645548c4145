/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store/incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/str.h"
#include "image/store/blob.h"

/*
 * Theory of operation: only the holder of the claim writes, and always at the end, so readers need
 * no lock: they are told how long the file is.  It becomes a blob when size and digest are right.
 * If the digest is wrong, all readers fail, as they have read wrong bytes.
 *
 * A hostile registry sends the content; the name is a validated digest.
 */

#define ROOM_BLOCKS 4096u /* blocks of the file system that are left free */
#define CHUNK_BYTES KIB(256)
#define WRITE_BYTES MIB(8) /* bytes gathered before they go to the disk */

static struct incoming *find_incoming(const struct store *st, const struct digest *d)
{
	struct incoming *in = st->incoming;

	while (in && !streq(in->digest.text, d->text))
		in = in->next;
	return in;
}

/* Takes it off the list, so that nobody else finds it. */
static void forget_partial(struct incoming *in)
{
	for (struct incoming **at = &in->st->incoming; *at; at = &(*at)->next) {
		if (*at != in)
			continue;
		*at = in->next;
		break;
	}
	in->next = NULL;
}

static void incoming_free(struct incoming *in)
{
	fd_close(&in->fd);
	hash_free(in->hash);
	free(in);
}

DEFINE_CLEANUP(struct incoming, incoming_free)

static int open_file(struct incoming *in)
{
	struct stat sb;

	in->fd = openat(in->st->partial_fd, digest_hex(&in->digest),
			O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (in->fd < 0 || fstat(in->fd, &sb) < 0)
		return -errno;
	if (!S_ISREG(sb.st_mode))
		return -EBADMSG;
	if ((uint64_t)sb.st_size > in->size_bytes)
		return ftruncate(in->fd, 0) < 0 ? -errno : 0;
	in->old_bytes = (uint64_t)sb.st_size;
	in->was_old = in->old_bytes > 0;
	return 0;
}

static int make_incoming(struct store *st, const struct oci_descriptor *d, struct incoming **ret,
			 struct err *err)
{
	cleanup(incoming_free_cleanup_fn) struct incoming *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return err_nomem(err);
	*in = (struct incoming){
		.st = st, .digest = d->digest, .size_bytes = d->size_bytes, .fd = -1, .refs = 1
	};
	if (hash_new_of(digest_kind(&d->digest), &in->hash) < 0)
		return err_nomem(err);
	r = open_file(in);
	if (r < 0)
		return err_errno(err, r, "%s/partial/%s", st->path, digest_hex(&d->digest));
	in->next = st->incoming;
	st->incoming = in;
	*ret = take_ptr(in);
	return 0;
}

int incoming_open(struct store *st, const struct oci_descriptor *d, struct incoming **ret,
		  struct err *err)
{
	LOCK_STORE(st);
	struct incoming *in = find_incoming(st, &d->digest);

	if (blob_exists(st, &d->digest, d->size_bytes))
		return 1;
	if (!in)
		return make_incoming(st, d, ret, err);
	if (in->size_bytes != d->size_bytes)
		return err_set(err, -EBADMSG,
			       "%.19s is said to have %" PRIu64 " bytes, and %" PRIu64
			       " in another image that is being pulled",
			       d->digest.text, d->size_bytes, in->size_bytes);
	in->refs++;
	*ret = in;
	return 0;
}

/* Has the disk room for the rest, and for the unpacked image?  Without it nothing is kept, as no
 * pull could finish. */
static bool has_room(const struct incoming *in)
{
	struct statvfs fs;

	return fstatvfs(in->fd, &fs) < 0 ||
	       fs.f_bavail > 2 * (in->size_bytes / fs.f_frsize) + ROOM_BLOCKS;
}

void incoming_close(struct incoming *in)
{
	struct store *st;

	if (!in)
		return;
	st = in->st;
	LOCK_STORE(st);
	if (--in->refs > 0)
		return;
	if (!in->is_whole && !has_room(in))
		unlinkat(st->partial_fd, digest_hex(&in->digest), 0);
	forget_partial(in);
	incoming_free(in);
}

int incoming_listen(struct incoming *in, struct incoming_listener *l)
{
	LOCK_STORE(in->st);

	l->event_fd = eventfd(0, EFD_CLOEXEC);
	if (l->event_fd < 0)
		return -errno;
	if (in->have_bytes > 0 && eventfd_write(l->event_fd, in->have_bytes) < 0) {
		int r = -errno;

		fd_close(&l->event_fd);
		return r;
	}
	l->next = in->listeners;
	in->listeners = l;
	return 0;
}

void incoming_ignore(struct incoming *in, struct incoming_listener *l)
{
	LOCK_STORE(in->st);

	for (struct incoming_listener **at = &in->listeners; *at; at = &(*at)->next) {
		if (*at != l)
			continue;
		*at = l->next;
		break;
	}
	fd_close(&l->event_fd);
}

static void tell_listeners(struct incoming *in, uint64_t more)
{
	LOCK_STORE(in->st);

	in->have_bytes += more;
	for (struct incoming_listener *l = in->listeners; l; l = l->next)
		(void)eventfd_write(l->event_fd, more);
}

int incoming_resume(struct incoming *in, struct err *err)
{
	cleanup_free char *chunk = malloc(CHUNK_BYTES);

	if (!chunk)
		return err_nomem(err);
	while (in->old_bytes > 0) {
		size_t n = in->old_bytes < CHUNK_BYTES ? (size_t)in->old_bytes : CHUNK_BYTES;
		int r = fd_pread_exact(in->fd, chunk, n, in->have_bytes);

		if (r == 0)
			r = hash_update(in->hash, chunk, n);
		if (r < 0)
			return err_errno(err, r, "read %s/partial", in->st->path);
		in->old_bytes -= n;
		tell_listeners(in, n);
	}
	return 0;
}

/* Starts writing to the disk while more comes in, so that the final sync is short. */
static void start_writing(struct incoming *in)
{
	uint64_t len = (in->have_bytes - in->sent_bytes) / WRITE_BYTES * WRITE_BYTES;

	if (len == 0)
		return;
	(void)sync_file_range(in->fd, (off_t)in->sent_bytes, (off_t)len, SYNC_FILE_RANGE_WRITE);
	in->sent_bytes += len;
}

int incoming_add(struct incoming *in, const void *data, size_t len, struct err *err)
{
	int r;

	if (len > in->size_bytes - in->have_bytes)
		return err_set(err, -EFBIG,
			       "content is longer than the announced %" PRIu64 " bytes",
			       in->size_bytes);
	r = fd_pwrite_all(in->fd, data, len, in->have_bytes);
	if (r == 0)
		r = hash_update(in->hash, data, len);
	if (r < 0)
		return err_errno(err, r, "write to %s/partial", in->st->path);
	tell_listeners(in, len);
	start_writing(in);
	return 0;
}

int incoming_compare(const struct incoming *in, uint64_t pos, const void *data, size_t len,
		     struct err *err)
{
	cleanup_free char *have = malloc(len + 1);
	int r = have ? fd_pread_exact(in->fd, have, len, pos) : -ENOMEM;

	if (r < 0)
		return err_errno(err, r, "read %s/partial", in->st->path);
	if (memcmp(have, data, len) != 0)
		return err_set(err, -EBADMSG,
			       "the registry sent something else under %.19s than before",
			       in->digest.text);
	return 0;
}

/* Fails all that wait for the blob with this error; later pulls begin anew. */
static int condemn_partial(struct incoming *in, int code, const char *text)
{
	LOCK_STORE(in->st);

	unlinkat(in->st->partial_fd, digest_hex(&in->digest), 0);
	forget_partial(in);
	return err_set(&in->err, code, "%s", text);
}

static int check_content(struct incoming *in, struct err *err)
{
	char hex[HASH_HEX_MAX + 1];

	if (in->have_bytes != in->size_bytes)
		return err_set(err, -EBADMSG,
			       "%.19s has %" PRIu64 " bytes, but %" PRIu64 " were announced",
			       in->digest.text, in->have_bytes, in->size_bytes);
	if (hash_final_of(in->hash, hex) < 0)
		return err_set(err, -EIO, "hashing failed");
	if (streq(hex, digest_hex(&in->digest)))
		return 0;
	return err_set(err, in->was_old ? -ESTALE : -EBADMSG,
		       "content of %s has another digest: %s:%s", in->digest.text,
		       digest_algorithm(&in->digest), hex);
}

static int move_to_blobs(struct incoming *in)
{
	const char *name = digest_hex(&in->digest);
	int folder, r = blob_folder_make(in->st, &in->digest, &folder);

	if (r < 0 || fsync(in->fd) < 0)
		return r < 0 ? r : -errno;
	{
		LOCK_STORE(in->st);
		if (renameat(in->st->partial_fd, name, folder, name) < 0)
			return -errno;
		in->is_whole = true;
		forget_partial(in);
	}
	return fsync(folder) < 0 ? -errno : 0;
}

int incoming_check(struct incoming *in, struct err *err)
{
	struct err why = { 0 };
	int r = in->is_right ? 0 : check_content(in, &why);

	if (r < 0)
		return err_set(err, condemn_partial(in, r, why.msg), "%s", why.msg);
	in->is_right = true;
	return 0;
}

int incoming_publish(struct incoming *in, struct err *err)
{
	int r = incoming_check(in, err);

	if (r < 0)
		return r;
	r = move_to_blobs(in);
	return r < 0 ? err_errno(err, r, "store %.19s", in->digest.text) : 0;
}

struct tidying {
	struct store *st;
	int64_t before_sec;
	uint64_t bytes;
};

static int tidy_one(int dir_fd, const char *name, void *arg)
{
	struct tidying *t = arg;
	struct stat sb;

	for (const struct incoming *in = t->st->incoming; in; in = in->next)
		if (streq(digest_hex(&in->digest), name))
			return 0;
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_mtim.tv_sec <= t->before_sec && unlinkat(dir_fd, name, 0) == 0)
		t->bytes += (uint64_t)sb.st_blocks * 512;
	return 0;
}

uint64_t incoming_tidy(struct store *st, int64_t older_sec)
{
	struct tidying t = { .st = st };

	LOCK_STORE(st);
	/* A file's time is exact, and that of time(2) up to a tick late. */
	t.before_sec = clock_now_nsec() / (int64_t)NSEC_PER_SEC - older_sec;
	(void)path_each(st->partial_fd, tidy_one, &t);
	return t.bytes;
}
