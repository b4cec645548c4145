/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/machine/spare-make.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/str.h"
#include "base/unix.h"
#include "control/client.h"
#include "control/launch.h"
#include "control/names.h"
#include "daemon/spec/host-config.h"
#include "daemon/spec/runtime.h"
#include "engine/disk.h"
#include "image/flatten/program.h"
#include "jail/zygote.h"
#include "storage/layer.h"

#define PROGRAM	     "rehearsal"
#define IMAGE_FILE   "rehearsal.erofs"
#define READY_MSEC   (90 * 1000) /* longer than the shim itself waits */
#define GOODBYE_MSEC 2000
#define ROUNDS	     2 /* the second runs what the first has translated, and has a network */

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

/* Makes the description of a container with what most containers have, limits too, so that the
 * rehearsal sets them. */
static int make_runtime(struct machines *ms, struct oci_runtime **ret, struct err *err)
{
	cleanup_json json_t *config = json_pack("{s:[s], s:[s], s:s}", "Cmd", "/" PROGRAM, "Env",
						"PATH=/", "Hostname", PROGRAM);
	cleanup_json json_t *body =
		json_pack("{s:{s:I, s:I, s:i}}", "HostConfig", "Memory", (json_int_t)MIB(512),
			  "NanoCpus", (json_int_t)1000000000, "PidsLimit", 100);
	cleanup_json json_t *host = NULL;
	int r = config && body ? host_config_check(body, ms->host_cpus, &host, err)
			       : err_nomem(err);

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
	return *ret ? 0 : err_nomem(err);
}

/* What a spare is made of, and for. */
struct recipe {
	struct machines *ms;
	const struct machine_plan *plan;
	enum shim_kinship kin;
	int kin_fd; /* for the shim */
};

static int write_rehearsal(struct machines *ms, int dir_fd, struct err *err)
{
	cleanup_free char *spec = NULL;
	int r = write_spec(ms, &spec, err);

	if (r == 0 && file_overwrite(dir_fd, CONFIG_FILE, spec, strlen(spec), 0600) < 0)
		r = err_set(err, -EIO, CONFIG_FILE " of the rehearsal");
	return r;
}

static int launch_shim(const struct recipe *how, struct spare *s, int dir_fd, struct err *err)
{
	cleanup(template_use_reset) struct template_use from = { .memory_fd = -1, .state_fd = -1 };
	cleanup_free char *dir = str_printf("%s/machines/%s", how->ms->root, s->name);
	cleanup(tap_close) struct tap tap = TAP_NONE;
	struct shim_launch l = { .program = how->ms->shim_path,
				 .dir = dir,
				 .dir_fd = dir_fd,
				 .kin = how->kin,
				 .kin_fd = how->kin_fd };
	int r = dir ? template_take(how->ms->templates, how->plan, &from, err) : err_nomem(err);

	if (r == 0 && how->plan->has_tap)
		r = taps_take(&how->ms->taps, &tap, err);
	memcpy(s->tap, tap.name, sizeof(s->tap));
	if (r == 0)
		r = machine_write(how->plan, s->tap, dir_fd, err);
	if (r < 0)
		return r;
	memcpy(s->key, from.key, sizeof(s->key));
	l.memory_fd = from.memory_fd;
	l.state_fd = from.state_fd;
	l.tap_fd = tap.fd;
	return shim_spawn(&l, &s->pid, err);
}

/* Did the rehearsal end well?  Return: 0; -EIO with a message. */
static int judge_end(const struct control_event *e, struct err *err)
{
	if (*e->exit.err.msg)
		return err_set(err, -EIO, "rehearsal: %s", e->exit.err.msg);
	return e->exit.code == 0 ? 0
				 : err_set(err, -EIO, "rehearsal: it ended with %d", e->exit.code);
}

/* Waits until the rehearsal has ended. */
static int await_rehearsal(int watch_fd, struct err *err)
{
	cleanup_free char *packet = malloc(CONTROL_PACKET_MAX);
	cleanup(control_event_reset) struct control_event e = { 0 };

	while (packet && e.type != EVENT_EXITED) {
		cleanup_close int unexpected = -1;
		int r = fd_wait(watch_fd, POLLIN, READY_MSEC);
		ssize_t n = r > 0 ? unix_recv(watch_fd, packet, CONTROL_PACKET_MAX, &unexpected)
				  : -ETIMEDOUT;

		if (n <= 0)
			return err_set(err, -EIO, "rehearsal: the machine does not answer");
		control_event_reset(&e);
		r = control_event_read(packet, (size_t)n, &e, err);
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
	}
	return packet ? judge_end(&e, err) : err_nomem(err);
}

static int ask_machine(struct shim_ref shim, enum control_op op, struct err *err)
{
	const struct shim_call call = { .request.op = op, .fd = -1, .timeout_msec = READY_MSEC };

	return shim_call(shim, &call, NULL, err);
}

/* Describes an interface as most containers have it; nobody is at the other end of its tap. */
static void fill_interface(struct oci_interface *i)
{
	static char four[] = "10.0.0.2/24", six[] = "fd00::2/64";
	static char gateway4[] = "10.0.0.1", gateway6[] = "fd00::1";
	static char *addresses[] = { four, six, NULL };

	*i = (struct oci_interface){ .name = "eth0",
				     .mac = { 2, 0, 0, 0, 0, 1 },
				     .mtu = OCI_MTU_DEFAULT,
				     .addresses = addresses,
				     .gateway4 = gateway4,
				     .gateway6 = gateway6 };
}

static int add_rehearsal(struct shim_ref shim, int dir_fd, bool has_network, struct err *err)
{
	struct shim_call call = { .request.op = CONTROL_ADD,
				  .fd = dir_fd,
				  .timeout_msec = READY_MSEC };
	struct oci_interface interface;

	fill_interface(&interface);
	if (has_network) {
		call.request.has_network = true;
		call.request.network = (struct oci_network){ &interface, 1 };
	}
	return shim_call(shim, &call, NULL, err);
}

/* Stops the vCPUs until somebody adds a container. */
static int let_rest(struct shim_ref shim, struct control_event *ret, struct err *err)
{
	cleanup_json json_t *answer = NULL;
	int r = shim_ask(shim, CONTROL_REST, SHIM_TIMEOUT_MSEC, &answer, err);

	return r == 0 ? control_event_from_json(answer, ret, err) : r;
}

/* Adds a container of moat's own to the machine, lets it run to its end, and removes it. */
static int rehearse_container(struct shim_ref shim, int dir_fd, bool has_network, struct err *err)
{
	cleanup_close int watch_fd = -1;
	int r = add_rehearsal(shim, dir_fd, has_network, err);

	if (r == 0)
		r = shim_watch(shim, &watch_fd);
	if (r == 0 && unlinkat(dir_fd, EXIT_FILE, 0) < 0 && errno != ENOENT)
		r = err_errno(err, -errno, EXIT_FILE);
	if (r == 0)
		r = ask_machine(shim, CONTROL_START, err);
	if (r == 0)
		r = await_rehearsal(watch_fd, err);
	return r == 0 ? ask_machine(shim, CONTROL_REMOVE, err) : r;
}

static int prepare_machine(const struct recipe *how, struct spare *s, int dir_fd, struct err *err)
{
	const struct shim_ref shim = { how->ms->dir_fd, s->name, PROGRAM };
	bool forked = how->kin == SHIM_FORKED;
	cleanup(control_event_reset) struct control_event now = { 0 };
	int r = shim_hold(shim, &s->fd, err);

	if (r == 0 && !forked)
		r = write_rehearsal(how->ms, dir_fd, err);
	for (int i = 0; r == 0 && !forked && i < ROUNDS; i++)
		r = rehearse_container(shim, dir_fd, *s->tap && i > 0, err);
	if (r == 0)
		r = let_rest(shim, &now, err);
	s->forked = forked;
	s->rehearsed = !forked;
	s->engine_pid = (pid_t)now.pid;
	if (r == 0 && now.machine != (forked ? MACHINE_FORKED : MACHINE_RESTORED))
		r = err_set(err, -EINVAL, "the machine was not %s", forked ? "forked" : "restored");
	if (r < 0 || how->kin == SHIM_ZYGOTE)
		return r;
	return layer_create(dir_fd, SPARE_NEW_LAYER_FILE, how->plan->disk_bytes, err);
}

static int make_spare(const struct recipe *how, struct spare **ret, struct err *err)
{
	struct spare *s = calloc(1, sizeof(*s));
	cleanup_close int dir_fd = -1;
	int r;

	if (!s)
		return err_nomem(err);
	s->fd = s->forks_fd = -1;
	r = machine_folder_new(how->ms, s->name, &dir_fd, err);
	if (r == 0)
		r = launch_shim(how, s, dir_fd, err);
	if (r == 0) {
		r = prepare_machine(how, s, dir_fd, err);
		if (r == -EIO)
			r = machine_last_words(dir_fd, r, err);
	}
	if (r < 0) {
		spare_end(how->ms, s);
		return r;
	}
	*ret = s;
	return 0;
}

int spare_make(struct machines *ms, const struct machine_plan *plan, const struct spare *zygote,
	       struct spare **ret, struct err *err)
{
	const struct recipe how = { .ms = ms,
				    .plan = plan,
				    .kin = zygote ? SHIM_FORKED : SHIM_ALONE,
				    .kin_fd = zygote ? zygote->forks_fd : -1 };

	return make_spare(&how, ret, err);
}

int spare_make_zygote(struct machines *ms, const struct machine_plan *plan, struct spare **ret,
		      struct err *err)
{
	cleanup_free char *library = NULL;
	cleanup_close int ours = -1, theirs = -1;
	struct recipe how = { .ms = ms, .plan = plan, .kin = SHIM_ZYGOTE };
	struct spare *s = NULL;
	int r = locate_library(JAIL_ZYGOTE_LIBRARY, &library, err);
	int pair[2];

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, -errno, "socket of a zygote");
	ours = pair[0];
	theirs = pair[1];
	how.kin_fd = theirs;
	r = make_spare(&how, &s, err);
	if (r < 0)
		return r;
	r = zygote_check(ours, err);
	if (r < 0) {
		spare_end(ms, s);
		return r;
	}
	s->forks_fd = take_fd(&ours);
	*ret = s;
	return 0;
}

int spare_rehearse(struct machines *ms, struct spare *s, struct err *err)
{
	const struct shim_ref shim = { ms->dir_fd, s->name, PROGRAM };
	cleanup(control_event_reset) struct control_event now = { 0 };
	cleanup_close int dir_fd =
		openat(ms->dir_fd, s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r = dir_fd < 0 ? err_errno(err, -errno, "machine %s", s->name)
			   : write_rehearsal(ms, dir_fd, err);

	if (r == 0)
		r = rehearse_container(shim, dir_fd, *s->tap, err);
	if (r == 0)
		r = let_rest(shim, &now, err);
	s->rehearsed = r == 0;
	return r;
}

/* Failures do not count: a start makes a layer where there is none. */
void spare_give_layer(struct machines *ms, const struct spare *s, int dir_fd)
{
	cleanup_free char *name = str_printf("%s/" SPARE_NEW_LAYER_FILE, s->name);

	if (!name || faccessat(dir_fd, LAYER_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	if (renameat(ms->dir_fd, name, dir_fd, LAYER_FILE) < 0)
		log_warning(LAYER_FILE ": %s", strerror(errno));
}

bool spare_is_done(const struct spare *s)
{
	return fd_wait(s->fd, POLLIN, 0) != 0;
}

static void reap_shim(pid_t pid)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || fd_wait(pidfd, POLLIN, GOODBYE_MSEC) <= 0)
		kill(pid, SIGKILL);
	(void)child_await(pid, NULL);
}

void spare_end(struct machines *ms, struct spare *s)
{
	fd_close(&s->fd);
	fd_close(&s->forks_fd);
	if (s->pid > 0)
		reap_shim(s->pid);
	machine_folder_remove(ms, s->name);
	taps_put_back(&ms->taps, s->tap);
	free(s);
}

void spare_forget(struct spare *s)
{
	fd_close(&s->fd);
	free(s);
}
