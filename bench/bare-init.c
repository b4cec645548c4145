/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: process 1 of the bare machine that moat is measured against. It does the
 * least that leads to the same workload: load the modules, mount the same EROFS file, run the
 * command, reset the machine. With "up" for a command it says so and resets at once. Static, no
 * shell, no library beyond libc. On the host, where it is not process 1, it prints the rate of the
 * time stamp counter in kHz, which the machine's kernel is told, since it cannot measure it on a
 * busy host.
 *
 * Input is the initramfs that bench/run makes: /modules holds the modules' paths in order, a line
 * each; the workload's words come from the kernel's command line as workload=WORD,WORD, which is in
 * the environment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static void die(const char *what)
{
	fprintf(stderr, "bare-init: %s: %s\n", what, strerror(errno));
	reboot(RB_AUTOBOOT);
	_exit(1);
}

static void load_modules(void)
{
	char path[256];
	FILE *list = fopen("/modules", "re");

	if (!list)
		die("/modules");
	while (fgets(path, sizeof(path), list)) {
		int fd;

		path[strcspn(path, "\n")] = '\0';
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
			die(path);
		close(fd);
	}
	fclose(list);
}

static void enter_root(void)
{
	if (mkdir("/dev", 0755) < 0 && errno != EEXIST)
		die("mkdir /dev");
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0 && errno != EBUSY)
		die("mount /dev");
	if (mkdir("/root", 0755) < 0 && errno != EEXIST)
		die("mkdir /root");
	if (mount("/dev/vda", "/root", "erofs", MS_RDONLY, NULL) < 0)
		die("mount /dev/vda");
	if (chdir("/root") < 0 || chroot(".") < 0)
		die("chroot");
}

static double elapsed_nsec(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)(now.tv_sec - since->tv_sec) * 1e9 + (double)(now.tv_nsec - since->tv_nsec);
}

static int print_tsc_khz(void)
{
	struct timespec begin;
	unsigned long long ticks;
	double nsec;

	clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
	ticks = __rdtsc();
	do
		nsec = elapsed_nsec(&begin);
	while (nsec < 2e7);
	return printf("%.0f\n", (double)(__rdtsc() - ticks) / nsec * 1e6) < 0;
}

int main(void)
{
	char *const env[] = { "PATH=/bin:/usr/bin", NULL };
	char *words[16] = { NULL }, *rest = getenv("workload");
	pid_t pid;

	if (getpid() != 1)
		return print_tsc_khz();
	for (int i = 0; i < 15 && rest; i++)
		words[i] = strsep(&rest, ",");
	if (!words[0])
		die("no workload");
	if (strcmp(words[0], "up") == 0) {
		if (write(STDOUT_FILENO, "up\n", 3) != 3)
			die("write");
		reboot(RB_AUTOBOOT);
	}
	load_modules();
	enter_root();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execvpe(words[0], words, env);
		die(words[0]);
	}
	waitpid(pid, NULL, 0);
	reboot(RB_AUTOBOOT);
	return 1;
}
