/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/path.h"
#include "base/random.h"
#include "base/str.h"
#include "control/client.h"
#include "control/kill.h"
#include "control/names.h"

#define LINK_PREFIX "../../machines/"

static bool is_name(const char *text)
{
	return strlen(text) == MACHINE_NAME_LEN && hex_is_lower(text, MACHINE_NAME_LEN);
}

static int make_name(char ret[MACHINE_NAME_LEN + 1])
{
	unsigned char bytes[MACHINE_NAME_LEN / 2];
	int r = random_bytes(bytes, sizeof(bytes));

	if (r == 0)
		hex_encode(bytes, sizeof(bytes), ret);
	return r;
}

int machine_folder_new(struct machines *ms, char ret_name[MACHINE_NAME_LEN + 1], int *ret_fd,
		       struct err *err)
{
	char name[MACHINE_NAME_LEN + 1];
	int r = make_name(name);

	if (r == 0 && mkdirat(ms->dir_fd, name, 0700) < 0)
		r = -errno;
	if (r == 0)
		r = path_open_dir(ms->dir_fd, name, 0700, ret_fd);
	if (r < 0)
		return err_errno(err, r, "%s/machines/%s", ms->root, name);
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

void machine_folder_remove(struct machines *ms, const char *name)
{
	int r = *name ? path_remove_tree(ms->dir_fd, name) : 0;

	if (r < 0)
		log_warning("machine %s: its folder is left: %s", name, strerror(-r));
}

int machine_link(int dir_fd, const char *link, const char *name, struct err *err)
{
	cleanup_free char *to = str_printf(LINK_PREFIX "%s", name);

	if (!to)
		return err_nomem(err);
	if (unlinkat(dir_fd, link, 0) < 0 && errno != ENOENT)
		return err_errno(err, -errno, "link to the machine");
	return symlinkat(to, dir_fd, link) < 0 ? err_errno(err, -errno, "link to the machine") : 0;
}

void machine_linked(int dir_fd, const char *link, char ret_name[MACHINE_NAME_LEN + 1])
{
	char to[sizeof(LINK_PREFIX) + MACHINE_NAME_LEN + 1];
	ssize_t n = readlinkat(dir_fd, link, to, sizeof(to) - 1);
	const char *name;

	*ret_name = '\0';
	if (n < 0)
		return;
	to[n] = '\0';
	name = str_starts(to, LINK_PREFIX);
	if (name && is_name(name))
		memcpy(ret_name, name, MACHINE_NAME_LEN + 1);
}

void machine_unlink(struct machines *ms, int dir_fd, const char *link)
{
	char name[MACHINE_NAME_LEN + 1];

	machine_linked(dir_fd, link, name);
	(void)unlinkat(dir_fd, link, 0);
	machine_folder_remove(ms, name);
}

void machine_folders_tidy(struct machines *ms, bool (*is_linked)(void *arg, const char *name),
			  void *arg)
{
	for (char **name = ms->found; name && *name; name++) {
		if (is_linked(arg, *name))
			continue;
		(void)shim_ask_end((struct shim_ref){ .dir_fd = ms->dir_fd, .name = *name },
				   CONTROL_KILL, NULL);
		machine_folder_remove(ms, *name);
	}
	strv_free(ms->found);
	ms->found = NULL;
}

int machine_last_words(int dir_fd, int code, struct err *err)
{
	cleanup(buf_reset) struct buf log = BUF_INIT;
	const char *line;

	if (file_read_at(dir_fd, SHIM_LOG_FILE, KIB(64), &log) < 0 || log.len == 0)
		return code;
	log.data[log.len - 1] = '\0';
	line = strrchr(log.data, '\n');
	return err_set(err, code, "%s", line ? line + 1 : log.data);
}
