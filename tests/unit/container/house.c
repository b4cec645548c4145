/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../hang.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/str.h"
#include "base/thread.h"
#include "control/launch.h"
#include "daemon/container/health-probe.h"
#include "daemon/container/recover.h"
#include "daemon/container/restart.h"
#include "daemon/container/table.h"
#include "daemon/container/watcher.h"
#include "daemon/machine/lease.h"
#include "daemon/network/networks.h"
#include "daemon/volume/volumes.h"
#include "loop/loop.h"

#include "../fault/faults.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char root[] = "/tmp/moat-house-XXXXXX";
static struct containers table;
static struct machines machines; /* of which only folders are needed */
static pthread_t main_thread;
static int quit_fd;
static pid_t last_shim;
static atomic_bool image_is_lost;
static atomic_uint image_asked;

/* In the place of the room of machines. */

int __wrap_lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
		      struct err *err);
void __wrap_lease_settled(struct machines *ms, struct lease *l);

/* And in that of images. */

int __wrap_store_restore(struct store *st, const struct digest *manifest, struct err *err);

int __wrap_lease_take(struct machines *ms, const struct lease_request *rq, struct lease *ret,
		      struct err *err)
{
	const struct shim_call add = { .request.op = CONTROL_ADD,
				       .fd = rq->dir_fd,
				       .timeout_msec = SHIM_TIMEOUT_MSEC };
	cleanup_close int dir_fd = -1;
	cleanup_free char *dir = NULL;
	struct shim_launch shim = {
		.program = FAKE_SHIM, .memory_fd = -1, .state_fd = -1, .tap_fd = -1
	};
	int r;

	*ret = LEASE_NONE;
	r = machine_folder_new(ms, ret->machine, &dir_fd, err);
	if (r < 0)
		return r;
	dir = str_printf("%s/machines/%s", root, ret->machine);
	shim.dir = dir;
	shim.dir_fd = dir_fd;
	r = shim_spawn(&shim, &ret->pid, err);
	if (r < 0)
		return r;
	last_shim = ret->pid;
	r = shim_call((struct shim_ref){ ms->dir_fd, ret->machine, rq->container }, &add, NULL,
		      err);
	return r == 0 ? machine_link(rq->dir_fd, MACHINE_LINK, ret->machine, err) : r;
}

void __wrap_lease_settled(struct machines *ms, struct lease *l)
{
	(void)ms;
	(void)l;
}

int __wrap_store_restore(struct store *st, const struct digest *manifest, struct err *err)
{
	assert_null(st);
	assert_string_equal(manifest->text, DIGEST);
	atomic_fetch_add(&image_asked, 1);
	return image_is_lost ? err_set(err, -EIO, "the image is lost") : 0;
}

static int on_quit(struct source *s, int fd, uint32_t events, void *arg)
{
	(void)s;
	(void)fd;
	(void)events;
	(void)arg;
	loop_quit(table.loop, 0);
	return 0;
}

static void *run_loop(void *arg)
{
	(void)arg;
	(void)loop_run(table.loop);
	return NULL;
}

static void open_parts(void)
{
	struct err err = { 0 };

	containers_init(&table);
	table.root = root;
	table.machines = &machines;
	assert_int_equal(state_open(root, &table.state, &err), 0);
	assert_int_equal(hub_new(&table.hub), 0);
	assert_int_equal(loop_new(&table.loop), 0);
	assert_int_equal(path_open_dir(AT_FDCWD, root, 0700, &quit_fd), 0);
	assert_int_equal(volumes_open(quit_fd, root, table.state, table.hub, &table.volumes, &err),
			 0);
	assert_int_equal(path_open_dir(quit_fd, "containers", 0700, &table.dir_fd), 0);
	machines.root = root;
	assert_int_equal(path_open_dir(quit_fd, "machines", 0700, &machines.dir_fd), 0);
	assert_int_equal(
		networks_open(root, quit_fd, table.state, table.hub, &table.networks, &err), 0);
	close(quit_fd);
	assert_int_equal(watcher_new(&table, &table.watcher), 0);
	assert_int_equal(restarter_new(&table, &table.restarter), 0);
	assert_int_equal(prober_new(&table, &table.prober), 0);
	quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(loop_add_io(table.loop, quit_fd, EPOLLIN, on_quit, NULL, NULL), 0);
}

static void open_table(void)
{
	struct err err = { 0 };

	open_parts();
	assert_int_equal(containers_recover(&table, &err), 0);
	assert_int_equal(thread_start(&main_thread, run_loop, NULL), 0);
}

/* Containers stay in memory: somebody may still hold one. */
static void close_table(void)
{
	containers_await_recovery(&table);
	/* First, as starts that are under way wait for the main thread, which still tells it of
	 * ends. */
	restarter_stop(table.restarter);
	(void)eventfd_write(quit_fd, 1);
	pthread_join(main_thread, NULL);
	restarter_free(table.restarter);
	prober_free(table.prober);
	watcher_free(table.watcher);
	loop_free(table.loop);
	close(quit_fd);
}

/* Who starts a container still needs the table. */
static void let_work_end(void)
{
	for (struct container *c = table.first; c; c = c->next) {
		pthread_mutex_lock(&c->op);
		pthread_mutex_unlock(&c->op);
	}
}

void house_leave(void)
{
	close_table();
	let_work_end();
	containers_destroy(&table);
	networks_close(table.networks);
	volumes_close(table.volumes);
	state_close(table.state);
	hub_free(table.hub);
}

int house_set_up(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	if (!mkdtemp(root))
		return -1;
	house_behave("run");
	house_lose_image(false);
	image_asked = 0;
	open_table();
	return 0;
}

int house_tear_down(void **state)
{
	(void)state;
	for (struct container *c = table.first; c; c = c->next)
		(void)shim_ask(container_shim(c), CONTROL_KILL, 1000, NULL, NULL);
	house_leave();
	return path_remove_tree(AT_FDCWD, root);
}

struct containers *house_table(void)
{
	return &table;
}

void house_behave(const char *how)
{
	cleanup_free char *path = str_printf("%s/behaviour", root);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(fd_write_all(fd, how, strlen(how)), 0);
}

void house_lose_image(bool lost)
{
	image_is_lost = lost;
}

unsigned house_image_asked(void)
{
	return image_asked;
}

struct container *house_add(const char *name, const char *host)
{
	struct texts texts = { (char[]){ "{}" }, (char[256]){ "" }, (char[]){ HOUSE_SPEC } };
	cleanup(record_reset) struct record rec = { .created_nsec = 1 };
	struct err err = { 0 };
	struct container *c;

	snprintf(texts.host_config, 256, "%s", host);
	assert_int_equal(random_id(rec.id), 0);
	rec.name = strdup(name);
	rec.image = strdup("img:1");
	rec.error = strdup("");
	strcpy(rec.manifest.text, DIGEST);
	strcpy(rec.config.text, DIGEST);
	assert_int_equal(state_insert(table.state, &rec, &texts, &err), 0);
	assert_int_equal(mkdirat(table.dir_fd, rec.id, 0700), 0);
	if (container_new(&table, &rec, &texts, &c, &err) < 0)
		fail_msg("%s", err.msg);
	containers_add(&table, c);
	return c;
}

void house_come(void)
{
	open_table();
}

int house_come_short(unsigned nth, bool *ret_hit)
{
	struct err err = { 0 };
	int r;

	open_parts();
	faults_arm(FAULT_MEMORY, nth);
	r = containers_recover(&table, &err);
	*ret_hit = faults_disarm();
	assert_true(r == 0 || *err.msg);
	assert_int_equal(thread_start(&main_thread, run_loop, NULL), 0);
	return r;
}

void house_restart(void)
{
	house_leave();
	house_come();
}

struct container *house_find(const char *name)
{
	struct container *c;

	assert_int_equal(containers_find(&table, name, &c, NULL), 0);
	return c;
}

static bool is_in(const struct container *c, const void *states)
{
	return container_is(c, *(const unsigned *)states);
}

void house_await(struct container *c, unsigned states)
{
	if (container_wait(c, is_in, &states, HANG_MSEC, -1) < 0)
		fail_msg("the container is in state %d", (int)c->state);
}

void house_kill_shim(void)
{
	assert_int_equal(kill(last_shim, SIGKILL), 0);
}

static int see(struct record *rec, struct texts *texts, void *arg)
{
	struct record *wanted = arg;

	(void)texts;
	if (streq(rec->id, wanted->id))
		wanted->state = rec->state;
	return 0;
}

enum record_state house_row(const struct container *c)
{
	struct record rec = { .state = RECORD_CREATED };
	struct err err = { 0 };
	struct state *st;

	memcpy(rec.id, c->rec.id, sizeof(rec.id));
	assert_int_equal(state_open(root, &st, &err), 0);
	assert_int_equal(state_each(st, see, &rec, &err), 0);
	state_close(st);
	return rec.state;
}

void house_await_row(const struct container *c, enum record_state state)
{
	for (int i = 0; i < HANG_MSEC && house_row(c) != state; i++)
		usleep(USEC_PER_MSEC);
	assert_int_equal(house_row(c), state);
}
