/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * The folders of volumes, below $ROOT/volumes: NAME/_data is what containers see.  One that is
 * being made is called .new.NAME until its row is written, and one that is being removed
 * .gone.NAME.HEX from before its row is deleted; so whatever a crash leaves, the rows say what is
 * to become of it.
 *
 * @dir_fd is $ROOT/volumes everywhere, borrowed.
 */

#define VOLUME_DATA "_data"

/* Tells volume_folders_tidy() which folders have a row. */
struct volume_records {
	bool (*has)(const char *name, void *arg);
	/** adopt() - somebody else put a folder there.  @fd: borrowed */
	void (*adopt)(const char *name, int fd, void *arg);
	void *arg;
};

/** volume_folder_make() - make .new.NAME, on the disk when this returns.  @ret_fd: the folder;
 * owned.  Return: 0; -errno with a message, and nothing is left. */
int volume_folder_make(int dir_fd, const char *name, int *ret_fd, struct err *err);

/** volume_folder_settle() - give a new folder its name, as its row is written.  Return: 0; -errno
 * with a message. */
int volume_folder_settle(int dir_fd, const char *name, struct err *err);

/** volume_folder_drop() - remove .new.NAME */
void volume_folder_drop(int dir_fd, const char *name);

/** volume_folder_take() - rename a folder, so that its row can be deleted.  @ret: the new name,
 * owned; NULL where the folder was missing.  Return: 0; -errno with a message. */
int volume_folder_take(int dir_fd, const char *name, char **ret, struct err *err);

/** volume_folder_return() - give a folder its name back, as its row could not be deleted.  @gone:
 * of volume_folder_take(); NULL is accepted */
void volume_folder_return(int dir_fd, const char *gone, const char *name);

/** volume_folder_destroy() - remove a folder that was taken, with all in it.  @gone: NULL is
 * accepted.  Return: 0; -errno. */
int volume_folder_destroy(int dir_fd, const char *gone);

/** volume_folders_tidy() - complete or undo what a crash has cut off.  Return: 0; -errno. */
int volume_folders_tidy(int dir_fd, const struct volume_records *rows);
