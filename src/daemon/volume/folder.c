/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/volume/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/random.h"
#include "base/str.h"
#include "daemon/volume/name.h"
#include "daemon/volume/tree.h"

#define NEW_PREFIX   ".new."
#define GONE_PREFIX  ".gone."
#define SUFFIX_BYTES 4
#define DATA_MODE    0755 /* as the root of a file system has; containers may change it */

static char *new_name(const char *name)
{
	return str_printf(NEW_PREFIX "%s", name);
}

static bool entry_exists(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_folder(int dir_fd, const char *name, int *ret_fd)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int make_data(int fd)
{
	cleanup_close int data_fd = -1;
	int r = path_open_dir(fd, VOLUME_DATA, DATA_MODE, &data_fd);

	/* The umask must not change what containers see. */
	if (r == 0 && fchmod(data_fd, DATA_MODE) < 0)
		r = -errno;
	return r;
}

static int make_synced(int dir_fd, const char *name, int *ret_fd)
{
	cleanup_close int fd = -1;
	int r = volume_tree_remove(dir_fd, name);

	if (r == 0)
		r = path_open_dir(dir_fd, name, 0700, &fd);
	if (r == 0)
		r = make_data(fd);
	if (r == 0 && (fsync(fd) < 0 || fsync(dir_fd) < 0))
		r = -errno;
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int volume_folder_make(int dir_fd, const char *name, int *ret_fd, struct err *err)
{
	cleanup_free char *temporary = new_name(name);
	int r;

	if (!temporary)
		return err_nomem(err);
	if (entry_exists(dir_fd, name))
		return err_set(
			err, -EEXIST,
			"there is a folder \"%s\" among those of the volumes already: moatd "
			"takes it for a volume when it starts, if it has one called " VOLUME_DATA
			" in it",
			name);
	r = make_synced(dir_fd, temporary, ret_fd);
	if (r == 0)
		return 0;
	(void)volume_tree_remove(dir_fd, temporary);
	return err_errno(err, r, "folder of volume %s", name);
}

int volume_folder_settle(int dir_fd, const char *name, struct err *err)
{
	cleanup_free char *temporary = new_name(name);

	if (!temporary)
		return err_nomem(err);
	return renameat(dir_fd, temporary, dir_fd, name) < 0
		       ? err_errno(err, -errno, "folder of volume %s", name)
		       : 0;
}

void volume_folder_drop(int dir_fd, const char *name)
{
	cleanup_free char *temporary = new_name(name);

	if (temporary)
		(void)volume_tree_remove(dir_fd, temporary);
}

int volume_folder_take(int dir_fd, const char *name, char **ret, struct err *err)
{
	unsigned char bytes[SUFFIX_BYTES];
	char suffix[2 * SUFFIX_BYTES + 1];
	cleanup_free char *gone = NULL;
	int r = random_bytes(bytes, sizeof(bytes));

	if (r < 0)
		return err_errno(err, r, "volume %s", name);
	hex_encode(bytes, sizeof(bytes), suffix);
	gone = str_printf(GONE_PREFIX "%s.%s", name, suffix);
	if (!gone)
		return err_nomem(err);
	if (renameat(dir_fd, name, dir_fd, gone) < 0) {
		*ret = NULL;
		return errno == ENOENT ? 0 : err_errno(err, -errno, "folder of volume %s", name);
	}
	*ret = take_ptr(gone);
	return 0;
}

void volume_folder_return(int dir_fd, const char *gone, const char *name)
{
	if (gone && renameat(dir_fd, gone, dir_fd, name) < 0)
		log_error("volume %s: its folder is called %s now: %s", name, gone,
			  strerror(errno));
}

int volume_folder_destroy(int dir_fd, const char *gone)
{
	return gone ? volume_tree_remove(dir_fd, gone) : 0;
}

/* Gives the folder its name back where there is a row, and else removes it. */
static void undo_cut_off(int dir_fd, const char *entry, const char *name,
			 const struct volume_records *rows)
{
	int r = 0;

	if (rows->has(name, rows->arg) && !entry_exists(dir_fd, name)) {
		volume_folder_return(dir_fd, entry, name);
		return;
	}
	log_info("volume %s: removing what is left of it", name);
	r = volume_tree_remove(dir_fd, entry);
	if (r < 0)
		log_warning("volumes/%s is left: %s", entry, strerror(-r));
}

/* A folder without a row that no crash can have left, but a backup may have. */
static void adopt_folder(int dir_fd, const char *name, const struct volume_records *rows)
{
	cleanup_close int fd = -1;

	if (open_folder(dir_fd, name, &fd) == 0 && entry_exists(fd, VOLUME_DATA))
		rows->adopt(name, fd, rows->arg);
	else
		log_warning("volumes/%s is no folder of a volume, and is left alone", name);
}

/* ".gone.NAME.HEX" */
static char *name_of_gone(const char *rest)
{
	size_t len = strlen(rest);

	return len > 2 * SUFFIX_BYTES + 1 ? strndup(rest, len - 2 * SUFFIX_BYTES - 1) : strdup("");
}

static int tidy_entry(int dir_fd, const char *entry, void *arg)
{
	const struct volume_records *rows = arg;
	const char *made = str_starts(entry, NEW_PREFIX), *gone = str_starts(entry, GONE_PREFIX);
	cleanup_free char *name = gone ? name_of_gone(gone) : strdup(made ? made : entry);

	if (!name)
		return -ENOMEM;
	if (made || gone)
		undo_cut_off(dir_fd, entry, name, rows);
	else if (volume_name_is_valid(name) && !rows->has(name, rows->arg))
		adopt_folder(dir_fd, name, rows);
	return 0;
}

int volume_folders_tidy(int dir_fd, const struct volume_records *rows)
{
	return path_each(dir_fd, tidy_entry, (void *)(uintptr_t)rows);
}
