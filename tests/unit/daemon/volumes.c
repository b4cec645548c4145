/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/state/hub.h"
#include "daemon/state/state.h"
#include "daemon/volume/use.h"
#include "volumes.h"

struct volumes *vs;
struct state *st;

static struct hub *hub;

static void open_volumes(const struct folder *f)
{
	struct err err;

	assert_int_equal(state_open(f->path, &st, &err), 0);
	assert_int_equal(hub_new(&hub), 0);
	if (volumes_open(f->fd, f->path, st, hub, &vs, &err) < 0)
		fail_msg("%s", err.msg);
}

static void close_volumes(void)
{
	volumes_close(vs);
	hub_free(hub);
	state_close(st);
}

void reopen_volumes(const struct folder *f)
{
	close_volumes();
	open_volumes(f);
}

int volumes_set_up(void **state)
{
	int r = folder_set_up(state);

	if (r == 0)
		open_volumes(*state);
	return r;
}

int volumes_tear_down(void **state)
{
	close_volumes();
	return folder_tear_down(state);
}

void make_volume(const char *name)
{
	cleanup(volume_view_reset) struct volume_view v = { 0 };
	const struct volume_request rq = { .name = name };
	struct err err;

	if (volumes_create(vs, &rq, &v, &err) < 0)
		fail_msg("%s", err.msg);
}

void make_folder(const struct folder *f, const char *path)
{
	assert_int_equal(mkdirat(f->fd, path, 0755), 0);
}

struct mount_points mounts_of(const char *binds)
{
	cleanup_json json_t *config = json_object(), *host = NULL;
	cleanup_free char *text = str_printf("{\"Binds\":[%s]}", binds);
	struct mount_points m = { 0 };
	struct err err;

	assert_int_equal(json_read(text, strlen(text), "HostConfig", &host, &err), 0);
	assert_int_equal(mounts_from_request(config, host, &m, &err), 0);
	return m;
}

struct mount_points take(const char *id, const char *binds)
{
	struct mount_points m = mounts_of(binds);
	struct err err;

	if (volume_use_take(vs, id, &m, &err) < 0)
		fail_msg("%s", err.msg);
	return m;
}
