/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  moatd stays in the foreground; whoever wants it in the background puts it
 * there.  It takes its socket from systemd (LISTEN_FDS) or makes it, locks the data root, finds
 * out what happened while it was away, and only then accepts.  SIGTERM and SIGINT end it;
 * containers go on, and the next moatd finds them.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/locate.h"
#include "base/log.h"
#include "base/path.h"
#include "base/private.h"
#include "base/str.h"
#include "base/unix.h"
#include "daemon/api/api.h"
#include "daemon/container/kernels.h"
#include "daemon/container/recover.h"
#include "daemon/daemon.h"
#include "daemon/http/server.h"
#include "daemon/lock.h"
#include "daemon/machine/spares.h"
#include "jail/group.h"
#include "kernel/tidy.h"
#include "settings/file.h"

#define SYSTEMD_FIRST_FD 3
#define EXIT_USAGE	 2

struct options {
	char *root;
	char *socket;
	char *config; /* NULL: the usual one */
	int ready_fd; /* -1: nobody waits */
	struct spare_bounds spares;
};

static void print_help(void)
{
	puts("Usage: moatd [--root DIR] [--socket unix:///PATH] [--config FILE] [--ready-fd N]\n"
	     "             [--spares N[-M]] [--debug]\n"
	     "\n"
	     "Runs OCI containers, each in a virtual machine of its own, and serves the Docker\n"
	     "Engine API for them on a unix socket.\n"
	     "\n"
	     "  --root DIR      data root (MOAT_ROOT)\n"
	     "  --socket ADDR   socket to listen on (MOAT_HOST); by default moat.sock in DIR\n"
	     "                  where --root is given\n"
	     "  --config FILE   settings (MOAT_CONFIG); by default /etc/moat/moat.json for root,\n"
	     "                  ~/.config/moat/moat.json for others\n"
	     "  --ready-fd N    write a byte to this descriptor and close it when listening\n"
	     "  --spares N[-M]  machines to have ready for the next starts (MOAT_SPARES), up to M\n"
	     "                  after starts in a row; at most 64\n"
	     "  --debug         log more\n"
	     "  --version       print the version");
}

static int set_root(struct options *o, const char *text, struct err *err)
{
	if (text[0] != '/')
		return err_set(err, -EINVAL, "--root must be an absolute path, not \"%s\"", text);
	free(o->root);
	o->root = strdup(text);
	return o->root ? 0 : err_nomem(err);
}

static int set_ready_fd(struct options *o, const char *text, struct err *err)
{
	uint32_t fd;
	int r;

	if (str_to_u32(text, &fd) < 0 || fd > 65535 || fcntl((int)fd, F_GETFD) < 0)
		return err_set(err, -EINVAL, "--ready-fd %s is no open descriptor", text);
	o->ready_fd = (int)fd;
	r = fd_set_cloexec(o->ready_fd);
	return r < 0 ? err_errno(err, r, "--ready-fd %s", text) : 0;
}

/* @name: of the option, as in parse_options(), whose result this returns. */
static int set_option(int name, struct options *o, struct err *err)
{
	switch (name) {
	case 'r':
		return set_root(o, optarg, err);
	case 's':
		free(take_ptr(o->socket));
		return locate_socket_parse(optarg, "--socket", &o->socket, err);
	case 'c':
		free(o->config);
		o->config = strdup(optarg);
		return o->config ? 0 : err_nomem(err);
	case 'f':
		return set_ready_fd(o, optarg, err);
	case 'n':
		return spare_bounds_parse(optarg, "--spares", &o->spares, err);
	case 'F':
		return 0;
	case 'd':
		log_set_level(LOG_DEBUG);
		return 0;
	case 'v':
		puts("moatd " MOAT_VERSION);
		return 1;
	case 'h':
		print_help();
		return 1;
	default:
		return err_set(err, -EINVAL, "see moatd --help");
	}
}

/* Return: 0 to go on; 1 when all is done; -EINVAL with a message. */
static int parse_options(int argc, char **argv, struct options *o, struct err *err)
{
	static const struct option longs[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "socket", required_argument, NULL, 's' },
		{ "config", required_argument, NULL, 'c' },
		{ "ready-fd", required_argument, NULL, 'f' },
		{ "spares", required_argument, NULL, 'n' },
		{ "foreground", no_argument, NULL, 'F' },
		{ "debug", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *spares = getenv("MOAT_SPARES");
	int name, r = 0;

	if (spares && *spares)
		r = spare_bounds_parse(spares, "MOAT_SPARES", &o->spares, err);
	while (r == 0 && (name = getopt_long(argc, argv, "", longs, NULL)) != -1)
		r = set_option(name, o, err);
	if (r == 0 && optind < argc)
		return err_set(err, -EINVAL, "unexpected argument \"%s\"", argv[optind]);
	return r;
}

static int fill_options(struct options *o, struct err *err)
{
	int r = 0;

	if (o->root && !o->socket) {
		o->socket = str_printf("%s/moat.sock", o->root);
		return o->socket ? 0 : err_nomem(err);
	}
	if (!o->root)
		r = locate_root(&o->root, err);
	if (r == 0 && !o->socket)
		r = locate_socket(&o->socket, err);
	return r;
}

/* sd_listen_fds(3): the descriptors are ours if LISTEN_PID says so. */
static int inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t p, n;

	if (!pid || !fds || str_to_u32(pid, &p) < 0 || str_to_u32(fds, &n) < 0 ||
	    p != (uint32_t)getpid() || n < 1)
		return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	fd_set_cloexec(SYSTEMD_FIRST_FD);
	return SYSTEMD_FIRST_FD;
}

/* Explains a failure: in a session that is not the user's own, as after su(1), the folder may be
 * another user's, or missing. */
static int listen_failed(const char *path, int r, struct err *err)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	bool denied = r == -EACCES || r == -EPERM || r == -EROFS;

	if (!denied || !dir || !*dir || !str_starts(path, dir))
		return err_errno(err, r, "cannot listen on %s", path);
	return err_set(err, r,
		       "cannot listen on %s: %s: XDG_RUNTIME_DIR is no folder of this user's; set "
		       "it to one, or unset it",
		       path, strerror(-r));
}

static int listen_on(const char *path, int *ret_fd, struct err *err)
{
	cleanup_free char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	cleanup_close int dir_fd = -1;
	int r;

	if (!slash)
		return err_nomem(err);
	*slash = '\0';
	r = path_mkdir_p(*dir ? dir : "/", 0700);
	if (r == 0) {
		dir_fd = open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = dir_fd < 0 ? -errno : 0;
	}
	if (r == 0)
		r = unix_listen_at(dir_fd, slash + 1, SOCK_STREAM, 0600, ret_fd);
	return r < 0 ? listen_failed(path, r, err) : 0;
}

static int on_signal(struct source *s, int signo, void *arg)
{
	struct daemon *d = arg;

	(void)s;
	log_info("ending on signal %d; containers go on", signo);
	loop_quit(d->loop, 0);
	return 0;
}

/* To be called before there are threads: they inherit the blocked signals, so that the loop alone
 * gets them. */
static int prepare_process(struct err *err)
{
	struct rlimit files;
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	if (sigprocmask(SIG_BLOCK, &ours, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_errno(err, -errno, "signals");
	/* A connection, a watch and a container's other files take a few descriptors each. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Keeps glibc from an arena for each connection's thread, and from keeping a heap that a
	 * large body needed. */
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
	return 0;
}

/* Where it is not known which kernels containers use, none is removed. */
static void tidy_kernels(struct daemon *d)
{
	cleanup_strv char **used = NULL;

	if (containers_kernels(&d->containers, &used, NULL) == 0)
		kernel_tidy(d->machines->kernels, used);
}

static int serve_api(struct daemon *d, const struct options *o, struct err *err)
{
	cleanup_close int listen_fd = inherited_socket();
	const struct service service = { api_routes, &d->api };
	bool own = listen_fd < 0;
	struct server *server;
	int r = loop_add_signal(d->loop, SIGTERM, on_signal, d, NULL);

	if (r == 0)
		r = loop_add_signal(d->loop, SIGINT, on_signal, d, NULL);
	if (r < 0)
		return err_errno(err, r, "signals");
	r = containers_recover(&d->containers, err);
	if (r == 0)
		tidy_kernels(d);
	if (r == 0)
		group_sweep();
	if (r == 0 && own)
		r = listen_on(o->socket, &listen_fd, err);
	if (r == 0)
		r = server_new(d->loop, listen_fd, &service, &server, err);
	if (r < 0)
		return r;
	log_info("moatd %s serves %s on %s", MOAT_VERSION, d->root, o->socket);
	if (o->ready_fd >= 0) {
		(void)fd_write_all(o->ready_fd, "1", 1);
		close(o->ready_fd);
	}
	r = loop_run(d->loop);
	if (r < 0)
		err_errno(err, r, "moatd's event loop");
	server_stop(server);
	if (own)
		unlink(o->socket);
	networks_leave(d->networks);
	return r;
}

static int run_daemon(struct options *o, struct err *err)
{
	static struct settings_file settings; /* as long as the process lives */
	struct daemon *d;
	int r = fill_options(o, err);

	umask(077);
	if (r == 0)
		r = settings_file_open(o->config, &settings, err);
	if (r == 0)
		r = lock_root(o->root, o->socket, err);
	if (r == 0)
		r = prepare_process(err);
	if (r == 0)
		r = daemon_open(o->root, o->spares, &settings, &d, err);
	if (r < 0)
		return r;
	d->api.socket = o->socket;
	return serve_api(d, o, err);
}

int main(int argc, char **argv)
{
	struct options o = { .ready_fd = -1, .spares = spare_bounds_default() };
	struct err err = { 0 };
	int r;

	private_bind(argv);
	if (fd_open_std() < 0)
		return EXIT_FAILURE;
	private_memory();
	r = parse_options(argc, argv, &o, &err);
	if (r > 0)
		return EXIT_SUCCESS;
	if (r < 0) {
		fprintf(stderr, "moatd: %s\n", err.msg);
		return EXIT_USAGE;
	}
	r = run_daemon(&o, &err);
	if (r < 0)
		fprintf(stderr, "moatd: %s\n", err.msg);
	/* Handlers may still run, so nothing of theirs is freed; all that counts is on the disk. */
	fflush(NULL);
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
