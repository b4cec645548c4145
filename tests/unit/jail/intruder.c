/* SPDX-License-Identifier: Apache-2.0 */
/* Runs in a jail and tries what its name says; the exit status is 0 where it worked, else errno. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int open_as(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	return fd < 0 ? errno : 0;
}

static int try_nothing(void)
{
	return 0;
}

static int try_secrets(void)
{
	return open_as("/etc/shadow", O_RDONLY);
}

static int try_write(void)
{
	return open_as("/usr/lib/moat-intruder", O_WRONLY | O_CREAT);
}

static int try_create(void)
{
	return open_as("/moat-intruder", O_WRONLY | O_CREAT);
}

static int try_reopen(void)
{
	char text[6] = "";
	int fd = open("/dev/fd/3", O_RDONLY);

	if (fd < 0 || read(fd, text, 5) != 5)
		return errno;
	return strcmp(text, "hello") == 0 ? 0 : EBADMSG;
}

static int try_reopen_for_writing(void)
{
	return open_as("/dev/fd/3", O_WRONLY);
}

static int try_device(void)
{
	return open_as("/dev/null", O_RDWR);
}

static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int try_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	return r == 0 ? pthread_join(thread, NULL) : r;
}

static int try_mount(void)
{
	return mount("none", "/usr", "tmpfs", 0, NULL) < 0 ? errno : 0;
}

static int try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int try_signal(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int try_signal_self(void)
{
	return kill(getpid(), 0) < 0 ? errno : 0;
}

static int try_setuid(void)
{
	return setresuid(0, 0, 0) < 0 ? errno : 0;
}

/* In a process namespace of its own 1 is the intruder itself, and this a process that is not there:
 * the filter does not look for it. */
#define ANOTHER 2

static int try_limits_of_another(void)
{
	struct rlimit limit = { 0, 0 };

	return prlimit(ANOTHER, RLIMIT_FSIZE, &limit, NULL) < 0 ? errno : 0;
}

static int try_read_limits_of_another(void)
{
	struct rlimit limit;

	return prlimit(ANOTHER, RLIMIT_FSIZE, NULL, &limit) < 0 ? errno : 0;
}

static int try_limits(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? errno : 0;
}

static int try_set_limits(void)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	return setrlimit(RLIMIT_FSIZE, &limit) < 0 ? errno : 0;
}

static int try_fcntls(void)
{
	int flags = fcntl(3, F_GETFL), copy = fcntl(3, F_DUPFD_CLOEXEC, 10);

	if (flags < 0 || copy < 0 || fcntl(3, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(copy, F_SETFD, FD_CLOEXEC) < 0)
		return errno;
	return 0;
}

static int try_owner(void)
{
	return fcntl(3, F_SETOWN, ANOTHER) < 0 ? errno : 0;
}

static int try_owner_ex(void)
{
	struct f_owner_ex owner = { F_OWNER_PID, ANOTHER };

	return fcntl(3, F_SETOWN_EX, &owner) < 0 ? errno : 0;
}

static int try_signal_of_file(void)
{
	return fcntl(3, F_SETSIG, SIGKILL) < 0 ? errno : 0;
}

static int try_async(void)
{
	return fcntl(3, F_SETFL, O_ASYNC) < 0 ? errno : 0;
}

static int try_ioctl_owner(void)
{
	int pid = ANOTHER;

	return ioctl(3, FIOSETOWN, &pid) < 0 ? errno : 0;
}

static int try_ioctl_async(void)
{
	int on = 1;

	return ioctl(3, FIOASYNC, &on) < 0 ? errno : 0;
}

static int try_terminal_input(void)
{
	return ioctl(3, TIOCSTI, "x") < 0 ? errno : 0;
}

static int try_kvm(void)
{
	return ioctl(3, KVM_CREATE_VM, 0) < 0 ? errno : 0;
}

static int try_listed_ioctl(void)
{
	return ioctl(3, KVM_GET_API_VERSION, 0) < 0 ? errno : 0;
}

static int try_memory_file(void)
{
	return memfd_create("intruder", MFD_CLOEXEC) < 0 ? errno : 0;
}

static int try_truncate(void)
{
	return ftruncate(3, (off_t)1 << 40) < 0 ? errno : 0;
}

static int try_alone(void)
{
	return getpid() == 1 && getppid() == 0 ? 0 : EEXIST;
}

static int try_abort(void)
{
	abort();
}

static int try_grow(void)
{
	if (pwrite(STDOUT_FILENO, "x", 1, 1000) != 1)
		return 201;
	return pwrite(STDOUT_FILENO, "x", 1, 2 << 20) < 0 ? errno : 0;
}

static int try_memory(void)
{
	return mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? errno
		       : 0;
}

static int try_shared_memory(void)
{
	return mmap(NULL, (size_t)1 << 40, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? errno
		       : 0;
}

static void *rest(void *arg)
{
	poll(NULL, 0, -1);
	return arg;
}

static int try_threads(void)
{
	pthread_t thread;
	int r = 0;

	for (int i = 0; r == 0 && i < 100; i++)
		r = pthread_create(&thread, NULL, rest, NULL);
	return r;
}

static int try_vfork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 ? errno : 0;
}

static int try_connect(void)
{
	return connect(3, NULL, 0) < 0 ? errno : 0;
}

static int try_queue_signal(void)
{
	return syscall(SYS_rt_sigqueueinfo, ANOTHER, SIGKILL, NULL) < 0 ? errno : 0;
}

/* Standard descriptors and the one of the test; nothing else came along. */
static int try_fds(void)
{
	for (int fd = 0; fd < 256; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd <= 3))
			return EBADF;
	return 0;
}

static int try_environment(void)
{
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "PATH=", 5) != 0 && strncmp(*e, "LC_ALL=", 7) != 0)
			return E2BIG;
	return 0;
}

/* Of the two that define it the one that was given comes first. */
static int try_library(void)
{
	void *call = dlsym(RTLD_DEFAULT, "fallocate64");
	Dl_info info;

	return call && dladdr(call, &info) && strcmp(info.dli_fname, "/dev/fd/4") == 0 ? 0 : ENOENT;
}

static int try_log(void)
{
	return puts("said") < 0 || fflush(stdout) != 0 ? errno : 0;
}

static int try_wait(void)
{
	return poll(NULL, 0, -1);
}

static const struct {
	const char *name;
	int (*fn)(void);
} attempts[] = {
	{ "nothing", try_nothing },
	{ "secrets", try_secrets },
	{ "write", try_write },
	{ "create", try_create },
	{ "reopen", try_reopen },
	{ "reopen-for-writing", try_reopen_for_writing },
	{ "device", try_device },
	{ "socket", try_socket },
	{ "fork", try_fork },
	{ "thread", try_thread },
	{ "mount", try_mount },
	{ "ptrace", try_ptrace },
	{ "signal", try_signal },
	{ "signal-self", try_signal_self },
	{ "setuid", try_setuid },
	{ "limits-of-another", try_limits_of_another },
	{ "read-limits-of-another", try_read_limits_of_another },
	{ "limits", try_limits },
	{ "set-limits", try_set_limits },
	{ "fcntls", try_fcntls },
	{ "owner", try_owner },
	{ "owner-ex", try_owner_ex },
	{ "signal-of-file", try_signal_of_file },
	{ "async", try_async },
	{ "ioctl-owner", try_ioctl_owner },
	{ "ioctl-async", try_ioctl_async },
	{ "terminal-input", try_terminal_input },
	{ "kvm", try_kvm },
	{ "listed-ioctl", try_listed_ioctl },
	{ "memory-file", try_memory_file },
	{ "truncate", try_truncate },
	{ "vfork", try_vfork },
	{ "alone", try_alone },
	{ "abort", try_abort },
	{ "grow", try_grow },
	{ "memory", try_memory },
	{ "shared-memory", try_shared_memory },
	{ "threads", try_threads },
	{ "connect", try_connect },
	{ "queue-signal", try_queue_signal },
	{ "fds", try_fds },
	{ "environment", try_environment },
	{ "library", try_library },
	{ "log", try_log },
	{ "wait", try_wait },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(attempts[i].name, argv[1]) == 0)
			return attempts[i].fn();
	return 200;
}
