/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/path.h"

int folder_set_up(void **state)
{
	static struct folder f;

	strcpy(f.path, "/tmp/moat-test-XXXXXX");
	if (!mkdtemp(f.path))
		return -1;
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &f;
	return f.fd < 0;
}

int folder_tear_down(void **state)
{
	struct folder *f = *state;

	fd_close(&f->fd);
	return path_remove_tree(AT_FDCWD, f->path);
}

void folder_put(const struct folder *f, const char *name, const char *text)
{
	assert_int_equal(file_write_atomic(f->fd, name, text, strlen(text), 0600), 0);
}
