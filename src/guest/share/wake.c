/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  For each change that others make, the kernel is told to forget its cache.
 * Where processes watch files (inotify), it is done once more here, for show: a name that is new is
 * made, one that is gone is removed, a file that has changed is truncated to the length it has.
 * The server knows these requests by their thread and group, and changes nothing; the kernel wakes
 * whoever watches.
 *
 * All this may wait for others' locks, so it has a thread of its own, with a working folder and a
 * group of its own.
 */
#include "guest/share/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/thread.h"
#include "guest/share/watchers.h"

#define LOOK_USEC (500 * USEC_PER_MSEC) /* how long the last look for watchers counts */

/* Kernel: fs/fuse/inode.c, fuse_encode_fh(). */
#define HANDLE_TYPE  0x81
#define HANDLE_WORDS 3

struct waker {
	struct pass *pass;
	const char *dir;
	int mount_fd; /* of @dir; -1: not open yet */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* held until the thread's number is known */
	pthread_cond_t known;
	bool has_watchers;
	uint64_t looked_usec; /* when watchers were looked for last; 0: never */
};

/* Tells the kernel of a change.  A refusal most likely means that it has nothing cached of the
 * file. */
static void notify_kernel(const struct waker *w, int code, const void *body, size_t len,
			  const char *name)
{
	struct fuse_out_header head = { .error = code };
	struct iovec iov[] = {
		{ &head, sizeof(head) },
		{ (void *)(uintptr_t)body, len },
		{ (void *)(uintptr_t)name, name ? strlen(name) + 1 : 0 },
	};

	head.len = (uint32_t)(iov[0].iov_len + iov[1].iov_len + iov[2].iov_len);
	(void)!writev(w->pass->fuse_fd, iov, name ? 3 : 2);
}

static void forget_inode(const struct waker *w, uint64_t node, bool content)
{
	const struct fuse_notify_inval_inode_out m = { .ino = node, .off = content ? 0 : -1 };

	if (node)
		notify_kernel(w, FUSE_NOTIFY_INVAL_INODE, &m, sizeof(m), NULL);
}

static void forget_entry(const struct waker *w, const struct pass_news *news)
{
	const struct fuse_notify_inval_entry_out m = {
		.parent = news->m.parent,
		.namelen = (uint32_t)strlen(news->name),
		.flags = news->m.what & SHARES_EXPIRE ? FUSE_EXPIRE_ONLY : 0,
	};

	notify_kernel(w, FUSE_NOTIFY_INVAL_ENTRY, &m, sizeof(m), news->name);
	/* Also the folder's own times and list are forgotten. */
	forget_inode(w, news->m.parent, false);
}

static void forget_attributes(const struct waker *w, const struct pass_news *news)
{
	if (news->m.what & SHARES_ALL)
		(void)file_set_at(AT_FDCWD, "/proc/sys/vm/drop_caches", "2");
	if (news->m.what & SHARES_ENTRY && news->name[0])
		forget_entry(w, news);
	if (news->m.what & (SHARES_ATTR | SHARES_DATA))
		forget_inode(w, news->m.node, news->m.what & SHARES_DATA);
}

/* Opens a folder by its number at the server. */
static int open_node(struct waker *w, uint64_t node)
{
	union {
		struct file_handle head;
		struct {
			uint32_t bytes, type;
			uint32_t words[HANDLE_WORDS];
		} fuse;
	} h = { .fuse = { sizeof(h.fuse.words),
			  HANDLE_TYPE,
			  { (uint32_t)(node >> 32), (uint32_t)node, 0 } } };

	if (w->mount_fd < 0)
		w->mount_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return open_by_handle_at(w->mount_fd, &h.head, O_PATH | O_CLOEXEC);
}

static void be_of(gid_t gid)
{
	setfsgid(gid);
}

static void show_creation(int dir_fd, const char *name, mode_t type)
{
	be_of(SHARES_GID_CREATE);
	if (S_ISDIR(type))
		(void)mkdirat(dir_fd, name, 0700);
	else if (S_ISLNK(type))
		(void)!symlinkat("moat", dir_fd, name);
	else
		(void)mknodat(dir_fd, name,
			      S_ISREG(type) || S_ISFIFO(type) ? type & S_IFMT : S_IFSOCK, 0);
}

static void show_removal(int dir_fd, const char *name, bool is_dir)
{
	be_of(is_dir ? SHARES_GID_REMOVE_DIR : SHARES_GID_REMOVE);
	(void)unlinkat(dir_fd, name, is_dir ? AT_REMOVEDIR : 0);
}

static void touch_content(int dir_fd, const char *name)
{
	cleanup_close int fd = -1;
	struct stat st;

	be_of(SHARES_GID_TOUCH);
	fd = openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0)
		(void)!ftruncate(fd, st.st_size);
}

static void touch_attr(int dir_fd, const char *name)
{
	struct stat st;

	be_of(SHARES_GID_TOUCH);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(st.st_mode))
		(void)!fchmodat(dir_fd, name, st.st_mode & 07777, 0);
}

static void show_news(struct waker *w, const struct pass_news *news)
{
	cleanup_close int dir_fd = open_node(w, news->m.parent);
	const uint32_t what = news->m.what;

	if (dir_fd < 0)
		return;
	if (what & SHARES_REMOVED)
		show_removal(dir_fd, news->name, what & SHARES_IS_DIR);
	else if (what & SHARES_CREATED)
		show_creation(dir_fd, news->name, news->m.mode);
	if (what & SHARES_DATA && S_ISREG(news->m.mode))
		touch_content(dir_fd, news->name);
	else if (what & SHARES_ATTR && !(what & (SHARES_CREATED | SHARES_REMOVED)))
		touch_attr(dir_fd, news->name);
	be_of(0);
}

static bool has_watchers(struct waker *w)
{
	uint64_t now = clock_mono_usec();

	if (w->looked_usec == 0 || now - w->looked_usec > LOOK_USEC) {
		w->has_watchers = watchers_exist();
		w->looked_usec = now;
	}
	return w->has_watchers;
}

/* A removal is shown before the cache is dropped: the kernel can only remove what it knows. */
static void deal_with(struct waker *w, const struct pass_news *news)
{
	bool shows =
		news->m.parent && news->name[0] && !(news->m.what & SHARES_ALL) && has_watchers(w);
	bool first = news->m.what & SHARES_REMOVED;

	if (shows && first)
		show_news(w, news);
	forget_attributes(w, news);
	if (shows && !first)
		show_news(w, news);
	pass_taken(w->pass);
}

static void *waker_thread(void *arg)
{
	struct waker *w = arg;
	struct pass_news news;

	pthread_mutex_lock(&w->lock);
	w->pass->waker = (uint32_t)gettid();
	pthread_cond_signal(&w->known);
	pthread_mutex_unlock(&w->lock);
	if (unshare(CLONE_FS) < 0)
		return NULL;
	umask(0);
	while (pass_next_news(w->pass, &news))
		deal_with(w, &news);
	return NULL;
}

int waker_new(struct pass *p, const char *dir, struct waker **ret)
{
	struct waker *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->pass = p;
	w->dir = dir;
	w->mount_fd = -1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->known, NULL);
	r = thread_start(&w->thread, waker_thread, w);
	w->has_thread = r == 0;
	if (r < 0) {
		waker_free(w);
		return r;
	}
	pthread_mutex_lock(&w->lock);
	while (p->waker == 0)
		pthread_cond_wait(&w->known, &w->lock);
	pthread_mutex_unlock(&w->lock);
	*ret = w;
	return 0;
}

void waker_free(struct waker *w)
{
	if (!w)
		return;
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	cleanup_close_fn(&w->mount_fd);
	pthread_cond_destroy(&w->known);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
