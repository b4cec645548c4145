/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/machine/machines.h"

/*
 * The folders of machines, $ROOT/machines/MID (docs/CONTROL.md).  A container's folder has links to
 * those of its machine, or its last one.  Folders that no link leads to when moatd starts belong to
 * no machine any more.
 */

#define MACHINE_NAME_LEN 16

#define MACHINE_LINK	   "machine" /* in a container's folder: the machine it ran in last */
#define MACHINE_FILES_LINK "files"   /* the same: the machine for its files */

/** machine_folder_new() - make a folder for a new machine.  @ret_fd: owned.  Return: 0; -errno with
 * a message. */
int machine_folder_new(struct machines *ms, char ret_name[MACHINE_NAME_LEN + 1], int *ret_fd,
		       struct err *err);

/** machine_folder_remove() - remove a machine's folder with all in it; "" is nothing */
void machine_folder_remove(struct machines *ms, const char *name);

/** machine_link() - have a link lead to a machine's folder.  @dir_fd: of the container; borrowed.
 * Return: 0; -errno with a message. */
int machine_link(int dir_fd, const char *link, const char *name, struct err *err);

/** machine_linked() - the name of the folder that a link leads to; "" where there is none */
void machine_linked(int dir_fd, const char *link, char ret_name[MACHINE_NAME_LEN + 1]);

/** machine_unlink() - remove a link, and the folder it leads to */
void machine_unlink(struct machines *ms, int dir_fd, const char *link);

/** machine_folders_tidy() - end machines of an earlier moatd that no link leads to, and remove
 * their folders.  @is_linked: does a container's folder have a link to this machine? */
void machine_folders_tidy(struct machines *ms, bool (*is_linked)(void *arg, const char *name),
			  void *arg);

/** machine_last_words() - take the last line of its shim's log, where there is one, for the
 * message.
 * @dir_fd: the machine's folder.  Return: @code. */
int machine_last_words(int dir_fd, int code, struct err *err);
