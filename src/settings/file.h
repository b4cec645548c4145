/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <time.h>

#include "settings/settings.h"

/* The file of settings, which is read again when it has changed. */
struct settings_file {
	char *path;	      /* NULL: there is no file, and none is looked for */
	pthread_mutex_t lock; /* guards all that follow */
	struct settings *current;
	struct timespec changed;
	bool was_there;
};

/**
 * settings_file_open() - read the file
 * @path: NULL: MOAT_CONFIG, else /etc/moat/moat.json for root, $XDG_CONFIG_HOME/moat/moat.json or
 *        ~/.config/moat/moat.json for others
 * @ret:  settings_file_close()
 *
 * A file that is named must exist; one in its usual place need not.
 *
 * Return: 0; -ENOENT, -EINVAL, -errno with a message that names the file.
 */
int settings_file_open(const char *path, struct settings_file *ret, struct err *err);
void settings_file_close(struct settings_file *f);

/**
 * settings_file_get() - get the settings as the file has them now
 * @ret: owned, settings_unref()
 *
 * Return: 0; as settings_file_open().
 */
int settings_file_get(struct settings_file *f, struct settings **ret, struct err *err);
