/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A folder of a test's own. */

struct folder {
	char path[32];
	int fd;
};

/** folder_set_up(), folder_tear_down() - for cmocka; the state is a struct folder */
int folder_set_up(void **state);
int folder_tear_down(void **state);

/** folder_put() - write a file in it */
void folder_put(const struct folder *f, const char *name, const char *text);
