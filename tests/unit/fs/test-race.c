/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody on the host swaps folders and links of a share while two guests walk it, open, make,
 * link, move and remove: what is beside the share is neither read nor changed.
 *
 * MOAT_RACE_SECONDS says for how long, three seconds otherwise.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../folder.h"
#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "guest.h"

#define SECRET	   "what no guest may read"
#define NODES_KEPT 32
#define SECONDS	   3

/* The same in the share and beside it, so that a way out would find what it looks for. */
static const char *const folders[] = { "a", "a/sub", "b", "b/sub" };
static const char *const files[] = { "a/file", "a/sub/file", "b/file", "b/sub/file" };
static const char *const short_files[] = { "a/file", "b/file", "file" };
static const char *const names[] = { "a", "b", "sub", "file", "new", "up", "link" };

struct scene {
	struct folder *folder;
	int share, outside;
	char outside_path[64];
	atomic_bool ends;
	atomic_uint swaps;
	struct stat before[ARRAY_SIZE(folders) + ARRAY_SIZE(files)];
};

/* One of the guests. */
struct walker {
	struct scene *s;
	struct guest g;
	unsigned seed;
	unsigned asked, done;
	uint64_t nodes[NODES_KEPT]; /* that it was told of, old ones too */
};

static void fill(int dir_fd, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdirat(dir_fd, folders[i], 0777), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = openat(dir_fd, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		close(fd);
	}
}

static void note_outside(const struct scene *s, struct stat *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(fstatat(s->outside, folders[i], &ret[i], 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_int_equal(fstatat(s->outside, files[i], &ret[ARRAY_SIZE(folders) + i], 0),
				 0);
}

/* Links out of the share, in the place of what the guests look for. */
static void make_links(const struct scene *s)
{
	char target[128];

	assert_int_equal(symlinkat("../outside", s->share, "up"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char name[32];

		snprintf(name, sizeof(name), "link%zu", i);
		snprintf(target, sizeof(target), "%s/%s", s->outside_path, folders[i]);
		assert_int_equal(symlinkat(target, s->share, name), 0);
	}
	snprintf(target, sizeof(target), "%s/a/file", s->outside_path);
	assert_int_equal(symlinkat(target, s->share, "link"), 0);
}

/* An entry of the share's, by the folder it is in: no link is followed, or this would be what
 * leaves the share. */
struct place {
	int dir_fd;
	const char *name;
};

static struct place place_of(const struct scene *s, const char *path)
{
	const char *slash = strchr(path, '/');
	char dir[8] = ".";

	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return (struct place){ openat(s->share, dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
			       slash ? slash + 1 : path };
}

static bool exchange(const struct scene *s, const char *const *pair)
{
	struct place a = place_of(s, pair[0]), b = place_of(s, pair[1]);
	bool done = renameat2(a.dir_fd, a.name, b.dir_fd, b.name, RENAME_EXCHANGE) == 0;

	fd_close(&a.dir_fd);
	fd_close(&b.dir_fd);
	return done;
}

/* What the guests remove is made again; most of it fails. */
static void mend(const struct scene *s, unsigned i)
{
	struct place dir = place_of(s, folders[i % ARRAY_SIZE(folders)]);
	struct place file = place_of(s, short_files[i % ARRAY_SIZE(short_files)]);
	int fd = openat(file.dir_fd, file.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	(void)mkdirat(dir.dir_fd, dir.name, 0777);
	(void)!symlinkat("../outside/a/file", s->share, "link");
	(void)!symlinkat("../outside", s->share, "up");
	fd_close(&fd);
	fd_close(&dir.dir_fd);
	fd_close(&file.dir_fd);
}

static void *swap(void *arg)
{
	static const char *const pairs[][2] = {
		{ "a", "link0" },     { "a/sub", "link1" }, { "b", "link2" },
		{ "b/sub", "link3" }, { "a/file", "link" }, { "a", "up" },
		{ "a", "b" },	      { "a/sub", "b/sub" }, { "a/sub", "b" },
	};
	struct scene *s = arg;

	for (unsigned i = 0; !s->ends; i++) {
		const char *const *pair = pairs[i % ARRAY_SIZE(pairs)];

		s->swaps += exchange(s, pair);
		mend(s, i);
		s->swaps += exchange(s, pair);
	}
	return NULL;
}

static unsigned any(struct walker *w, size_t n)
{
	return (unsigned)rand_r(&w->seed) % (unsigned)n;
}

static const char *any_name(struct walker *w)
{
	return names[any(w, ARRAY_SIZE(names))];
}

static uint64_t any_node(struct walker *w)
{
	return w->nodes[any(w, NODES_KEPT)];
}

static int ask(struct walker *w, const struct ask *a)
{
	int r = guest_ask(&w->g, a);

	w->asked++;
	w->done += r == 0;
	GUEST_MUST(!memmem(w->g.reply, w->g.len, SECRET, strlen(SECRET)));
	return r;
}

static void keep(struct walker *w, uint64_t node)
{
	if (node)
		w->nodes[1 + any(w, NODES_KEPT - 1)] = node;
}

static void look(struct walker *w)
{
	struct fuse_entry_out e;
	const struct ask a = { FUSE_LOOKUP, any_node(w), NULL, 0, any_name(w), NULL };

	if (ask(w, &a) < 0)
		return;
	memcpy(&e, w->g.reply, sizeof(e));
	for (size_t i = 0; e.nodeid && i < ARRAY_SIZE(w->s->before); i++)
		GUEST_MUST(e.attr.ino != w->s->before[i].st_ino);
	keep(w, e.nodeid);
}

/* @fh: opened somehow */
static void use_file(struct walker *w, uint64_t node, uint64_t fh)
{
	const struct fuse_read_in read = { .fh = fh, .size = 4096 };
	const struct fuse_release_in release = { .fh = fh };
	struct {
		struct fuse_write_in in;
		char text[8];
	} write = { { .fh = fh, .size = 8 }, "guest's" };

	ask(w, &(struct ask){ FUSE_READ, node, &read, sizeof(read), NULL, NULL });
	ask(w, &(struct ask){ FUSE_WRITE, node, &write, sizeof(write), NULL, NULL });
	ask(w, &(struct ask){ FUSE_RELEASE, node, &release, sizeof(release), NULL, NULL });
}

static void read_unasked(struct walker *w)
{
	const struct fuse_read_in in = { .fh = FILE_UNOPENED, .size = 4096 };

	ask(w, &(struct ask){ FUSE_READ, any_node(w), &in, sizeof(in), NULL, NULL });
}

static void open_file(struct walker *w)
{
	const struct fuse_open_in in = { .flags = O_RDWR };
	struct fuse_open_out out;
	uint64_t node = any_node(w);

	if (ask(w, &(struct ask){ FUSE_OPEN, node, &in, sizeof(in), NULL, NULL }) < 0)
		return;
	memcpy(&out, w->g.reply, sizeof(out));
	use_file(w, node, out.fh);
}

static void create(struct walker *w)
{
	const struct fuse_create_in in = { .flags = O_RDWR | O_CREAT, .mode = 0666 };
	struct {
		struct fuse_entry_out e;
		struct fuse_open_out o;
	} out;

	if (ask(w, &(struct ask){ FUSE_CREATE, any_node(w), &in, sizeof(in), any_name(w), NULL }) <
	    0)
		return;
	memcpy(&out, w->g.reply, sizeof(out));
	keep(w, out.e.nodeid);
	use_file(w, out.e.nodeid, out.o.fh);
}

static void change_entries(struct walker *w)
{
	const struct fuse_link_in link = { .oldnodeid = any_node(w) };
	const struct fuse_rename2_in move = { .newdir = any_node(w), .flags = any(w, 3) };
	const struct fuse_mkdir_in mkdir = { .mode = 0777 };
	const struct ask asks[] = {
		{ FUSE_LINK, any_node(w), &link, sizeof(link), any_name(w), NULL },
		{ FUSE_RENAME2, any_node(w), &move, sizeof(move), any_name(w), any_name(w) },
		{ FUSE_MKDIR, any_node(w), &mkdir, sizeof(mkdir), any_name(w), NULL },
		{ FUSE_UNLINK, any_node(w), NULL, 0, any_name(w), NULL },
		{ FUSE_RMDIR, any_node(w), NULL, 0, any_name(w), NULL },
		{ FUSE_SYMLINK, any_node(w), NULL, 0, any_name(w), "../outside/a" },
	};

	ask(w, &asks[any(w, ARRAY_SIZE(asks))]);
}

static void change_file(struct walker *w)
{
	const struct fuse_setattr_in set = { .valid = FATTR_MODE | FATTR_SIZE,
					     .size = 5,
					     .mode = 0666 };
	const struct fuse_getattr_in get = { 0 };
	const struct fuse_read_in list = { .size = 4096 };
	struct {
		struct fuse_setxattr_in in;
		char name[8], value;
	} xattr = { { .size = 1 }, "user.of", 'g' };
	const struct ask asks[] = {
		{ FUSE_SETATTR, any_node(w), &set, sizeof(set), NULL, NULL },
		{ FUSE_SETXATTR, any_node(w), &xattr, sizeof(xattr.in) + 9, NULL, NULL },
		{ FUSE_GETATTR, any_node(w), &get, sizeof(get), NULL, NULL },
		{ FUSE_READDIRPLUS, any_node(w), &list, sizeof(list), NULL, NULL },
		{ FUSE_READLINK, any_node(w), NULL, 0, NULL, NULL },
	};

	ask(w, &asks[any(w, ARRAY_SIZE(asks))]);
}

static void *walk(void *arg)
{
	static void (*const steps[])(struct walker *) = {
		look, look, look, open_file, read_unasked, create, change_entries, change_file,
	};
	struct walker *w = arg;

	while (!w->s->ends) {
		/* The share's own node is always there. */
		if (any(w, 8) == 0)
			for (size_t i = 1; i < NODES_KEPT; i += 3)
				w->nodes[i] = w->nodes[0];
		steps[any(w, ARRAY_SIZE(steps))](w);
	}
	return NULL;
}

static void begin_walk(struct scene *s, struct walker *w, unsigned seed)
{
	const struct fs_share share = { .fd = s->share };

	*w = (struct walker){ .s = s, .seed = seed };
	guest_begin(&w->g, &share, 1, GUEST_OWN_KERNEL);
	for (size_t i = 0; i < NODES_KEPT; i++)
		w->nodes[i] = guest_look_up(&w->g, FUSE_ROOT_ID, "0");
}

static unsigned seconds(void)
{
	const char *text = getenv("MOAT_RACE_SECONDS");

	return text ? (unsigned)atoi(text) : SECONDS;
}

static void run(struct scene *s, struct walker *walkers, size_t n)
{
	pthread_t threads[3];

	assert_int_equal(pthread_create(&threads[n], NULL, swap, s), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, walk, &walkers[i]), 0);
	sleep(seconds());
	s->ends = true;
	for (size_t i = 0; i <= n; i++)
		pthread_join(threads[i], NULL);
}

static void check_outside(const struct scene *s)
{
	struct stat now[ARRAY_SIZE(s->before)];

	note_outside(s, now);
	for (size_t i = 0; i < ARRAY_SIZE(now); i++) {
		assert_int_equal(now[i].st_nlink, s->before[i].st_nlink);
		assert_memory_equal(&now[i].st_mtim, &s->before[i].st_mtim,
				    sizeof(struct timespec));
		assert_memory_equal(&now[i].st_ctim, &s->before[i].st_ctim,
				    sizeof(struct timespec));
	}
}

static void never_leaves_the_share(void **state)
{
	struct scene s = { .folder = *state };
	struct walker *walkers = calloc(2, sizeof(*walkers));

	assert_non_null(walkers);
	assert_int_equal(mkdirat(s.folder->fd, "share", 0777), 0);
	assert_int_equal(mkdirat(s.folder->fd, "outside", 0777), 0);
	s.share = openat(s.folder->fd, "share", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s.outside = openat(s.folder->fd, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(s.outside_path, sizeof(s.outside_path), "%s/outside", s.folder->path);
	fill(s.share, "shared");
	fill(s.outside, SECRET);
	make_links(&s);
	note_outside(&s, s.before);
	for (unsigned i = 0; i < 2; i++)
		begin_walk(&s, &walkers[i], 1 + i);
	run(&s, walkers, 2);
	check_outside(&s);
	for (unsigned i = 0; i < 2; i++) {
		print_message("guest %u: %u asked, %u of them done\n", i, walkers[i].asked,
			      walkers[i].done);
		assert_true(walkers[i].done > 0);
		guest_end(&walkers[i].g);
	}
	print_message("host: %u swaps\n", s.swaps);
	assert_true(s.swaps > 0);
	check_outside(&s);
	close(s.share);
	close(s.outside);
	free(walkers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(never_leaves_the_share, folder_set_up,
						folder_tear_down),
	};

	return cmocka_run_group_tests_name("fs: race", tests, NULL, NULL);
}
