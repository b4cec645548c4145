/* SPDX-License-Identifier: Apache-2.0 */
#include "tar/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"

struct names {
	char **v;
	size_t n;
};

/* A folder can have very many names: the vector is doubled where it is full. */
static int add_name(int dir_fd, const char *name, void *arg)
{
	struct names *names = arg;
	size_t n = names->n;

	(void)dir_fd;
	if ((n & (n + 1)) == 0) {
		char **more = reallocarray(names->v, 2 * n + 2, sizeof(*more));

		if (!more)
			return -ENOMEM;
		names->v = more;
	}
	names->v[n] = strdup(name);
	names->v[n + 1] = NULL;
	return names->v[names->n++] ? 0 : -ENOMEM;
}

int tar_list(int fd, char ***ret)
{
	struct names names = { 0 };
	int r = path_each(fd, add_name, &names);

	if (r < 0) {
		strv_free(names.v);
		return r;
	}
	if (names.n > 0)
		qsort(names.v, names.n, sizeof(*names.v), strv_compare);
	*ret = names.v;
	return 0;
}
