/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spare-make.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/path.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/client.h"
#include "control/launch.h"
#include "control/names.h"
#include "daemon/spec/config.h"
#include "engine/disk.h"
#include "image/flatten/program.h"

#define PROGRAM	     "rehearsal"
#define IMAGE_FILE   "rehearsal.erofs"
#define READY_MSEC   (90 * 1000) /* longer than the shim itself waits */
#define GOODBYE_MSEC 2000
#define PACKET_MAX   4096

int spare_rehearsal_image(int dir_fd, struct err *err)
{
	cleanup_free char *path = NULL;
	cleanup_close int program = -1, out = -1;
	int r = locate_program("moat-" PROGRAM, &path, err);

	if (r < 0)
		return r;
	program = open(path, O_RDONLY | O_CLOEXEC);
	out = openat(dir_fd, IMAGE_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (program < 0 || out < 0)
		return err_errno(err, -errno, "%s", program < 0 ? path : IMAGE_FILE);
	r = program_image(PROGRAM, program, out, err);
	if (r == 0 && ftruncate(out, (off_t)ROOT_DISK_BYTES) < 0)
		r = err_errno(err, -errno, IMAGE_FILE);
	return r;
}

/* All that most containers have, and limits, so that setting them is rehearsed too. */
static int make_runtime(struct machines *ms, struct oci_runtime **ret, struct err *err)
{
	cleanup_json json_t *config = json_pack("{s:[s], s:[s], s:s}", "Cmd", "/" PROGRAM, "Env",
						"PATH=/", "Hostname", PROGRAM);
	cleanup_json json_t *body =
		json_pack("{s:{s:I, s:I, s:i}}", "HostConfig", "Memory", (json_int_t)MIB(512),
			  "NanoCpus", (json_int_t)1000000000, "PidsLimit", 100);
	cleanup_json json_t *host = NULL;
	int r = config && body ? host_config_check(body, ms->host_cpus, &host, err) : -ENOMEM;

	return r == 0 ? config_runtime(config, host, ret, err) : r;
}

static int write_spec(struct machines *ms, char **ret, struct err *err)
{
	cleanup_oci_runtime struct oci_runtime *rt = NULL;
	int r = make_runtime(ms, &rt, err);

	if (r < 0)
		return r;
	rt->rootfs_path = str_printf("%s/spares/" IMAGE_FILE, ms->root);
	*ret = rt->rootfs_path ? oci_runtime_write(rt) : NULL;
	return *ret ? 0 : -ENOMEM;
}

static int launch(struct machines *ms, struct spare *s, int dir_fd, const struct machine_plan *plan,
		  struct err *err)
{
	cleanup(template_use_reset) struct template_use from = { .memory_fd = -1, .state_fd = -1 };
	cleanup_free char *dir = str_printf("%s/spares/%s", ms->root, s->name), *spec = NULL;
	struct shim_launch l = { .program = ms->shim_path, .dir = dir, .dir_fd = dir_fd };
	int r = dir ? template_take(ms->templates, plan, &from, err) : -ENOMEM;

	if (r == 0)
		r = write_spec(ms, &spec, err);
	if (r == 0)
		r = machine_write(plan, spec, dir_fd, err);
	if (r < 0)
		return r;
	memcpy(s->key, from.key, sizeof(s->key));
	l.memory_fd = from.memory_fd;
	l.state_fd = from.state_fd;
	return shim_spawn_spare(&l, &s->fd, &s->pid, err);
}

static int read_ready(struct spare *s, struct err *err)
{
	cleanup_close int unexpected = -1;
	cleanup_json json_t *event = NULL;
	char packet[PACKET_MAX];
	ssize_t n = unix_recv(s->fd, packet, sizeof(packet), &unexpected);
	int64_t pid = 0;
	int r;

	if (n <= 0)
		return err_set(err, -EIO, "the spare machine could not be made");
	r = json_read(packet, (size_t)n, "event", &event, err);
	if (r == 0)
		r = json_get_i64(event, "pid", &pid, err);
	s->engine_pid = (pid_t)pid;
	return r;
}

/* The one word of a spare is that it is ready; one that ends says why in its log. */
static int await_ready(struct spare *s, struct err *err)
{
	int r = fd_wait(s->fd, POLLIN, READY_MSEC);

	if (r < 0)
		return err_errno(err, r, "spare machine");
	if (r == 0)
		return err_set(err, -ETIMEDOUT, "the spare machine takes too long");
	return read_ready(s, err);
}

/* Return: the last line of the shim's log, where there is one. */
static int explain(int dir_fd, int code, struct err *err)
{
	cleanup(buf_reset) struct buf log = BUF_INIT;
	const char *line;

	if (code != -EIO || file_read_at(dir_fd, SHIM_LOG_FILE, KIB(64), &log) < 0 || log.len == 0)
		return code;
	log.data[log.len - 1] = '\0';
	line = strrchr(log.data, '\n');
	return err_set(err, code, "%s", line ? line + 1 : log.data);
}

int spare_make(struct machines *ms, int dir_fd, const char *name, const struct machine_plan *plan,
	       struct spare **ret, struct err *err)
{
	struct spare *s = calloc(1, sizeof(*s));
	cleanup_close int own_fd = -1;
	int r;

	if (!s)
		return -ENOMEM;
	s->fd = -1;
	snprintf(s->name, sizeof(s->name), "%s", name);
	r = path_open_dir(dir_fd, s->name, 0700, &own_fd);
	if (r < 0)
		err_errno(err, r, "%s/spares/%s", ms->root, s->name);
	if (r == 0)
		r = launch(ms, s, own_fd, plan, err);
	if (r == 0) {
		r = await_ready(s, err);
		r = r < 0 ? explain(own_fd, r, err) : 0;
	}
	if (r < 0) {
		spare_end(s, dir_fd);
		return r;
	}
	*ret = s;
	return 0;
}

static int order(const struct spare *s, const char *text, int fd)
{
	return unix_send(s->fd, text, strlen(text), fd);
}

int spare_give(struct spare *s, int dir_fd, struct err *err)
{
	cleanup_close int listen_fd = -1;
	int r = shim_listen(dir_fd, &listen_fd);

	if (r == 0)
		r = order(s, "{\"op\":\"folder\"}", dir_fd);
	if (r == 0)
		r = order(s, "{\"op\":\"adopt\"}", listen_fd);
	if (r < 0)
		return err_errno(err, r, "spare machine");
	s->given = true;
	return 0;
}

bool spare_is_done(const struct spare *s)
{
	return fd_wait(s->fd, POLLIN, 0) != 0;
}

static void reap(pid_t pid)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || fd_wait(pidfd, POLLIN, GOODBYE_MSEC) <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

void spare_end(struct spare *s, int dir_fd)
{
	fd_close(&s->fd);
	if (!s->given && s->pid > 0)
		reap(s->pid);
	(void)path_remove_tree(dir_fd, s->name);
	free(s);
}
