/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/volume/tree.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/locate.h"
#include "base/path.h"
#include "fs/errand.h"

/* Return: owned; NULL: root needs no helper. */
static char *find_helper(void)
{
	struct err err;
	char *program;

	return geteuid() != 0 && locate_program("moat-fs", &program, &err) == 0 ? program : NULL;
}

int volume_tree_remove(int dir_fd, const char *name)
{
	int r = path_remove_tree(dir_fd, name);
	cleanup_free char *program = r < 0 ? find_helper() : NULL;

	return program ? fs_remove_tree(program, dir_fd, name) : r;
}

int64_t volume_tree_bytes(int fd)
{
	int64_t bytes = 0, all;
	int r = path_tree_bytes(fd, &bytes);
	cleanup_free char *program = r != 0 ? find_helper() : NULL;

	return program && fs_measure_tree(program, fd, &all) >= 0 ? all : bytes;
}
