/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  The one program of the container that a spare machine runs before it is
 * given away (src/shim/machine/spare.c).  It only takes the ways through the guest's kernel that
 * most containers begin with: output, files of the image and of the writable layer, memory, another
 * process and thread.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"

#define SELF	  "/rehearsal"
#define SCRATCH	  "/scratch"
#define MAP_BYTES MIB(1)

static void read_folder(void)
{
	DIR *dir = opendir("/");

	while (dir && readdir(dir))
		continue;
	if (dir)
		closedir(dir);
}

static void use_files(void)
{
	char text[4096];
	struct stat sb;
	int fd = open(SCRATCH, O_RDWR | O_CREAT, 0644);

	if (fd < 0 || write(fd, SCRATCH, strlen(SCRATCH)) < 0 || fstat(fd, &sb) < 0)
		exit(EXIT_FAILURE);
	close(fd);
	rename(SCRATCH, SCRATCH "2");
	unlink(SCRATCH "2");
	fd = open("/proc/self/status", O_RDONLY);
	if (read(fd, text, sizeof(text)) < 0)
		exit(EXIT_FAILURE);
	close(fd);
	read_folder();
}

/* Makes the calls that most languages' run-time libraries make before main(); their results do not
 * matter. */
static void use_library_calls(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	struct termios tty;
	struct timespec ts;
	struct utsname name;
	unsigned char random[8];
	char cwd[64];
	void *heap = sbrk((intptr_t)MIB(1));
	struct stat sb;

	if (heap != (void *)-1)
		memset(heap, 1, MIB(1) / 2);
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)uname(&name);
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)!getrandom(random, sizeof(random), 0);
	(void)tcgetattr(STDOUT_FILENO, &tty);
	(void)stat("/etc/missing", &sb);
	(void)!getcwd(cwd, sizeof(cwd));
}

static void *be_a_thread(void *arg)
{
	return arg;
}

static void use_threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, be_a_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

/* Maps a file of the image as the dynamic linker does, and memory of its own. */
static void use_memory(void)
{
	int fd = open(SELF, O_RDONLY);
	char *file = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *own =
		mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (file == MAP_FAILED || own == MAP_FAILED)
		exit(EXIT_FAILURE);
	file[0] = 1;
	own[0] = file[1];
	mprotect(file, MAP_BYTES, PROT_READ);
	munmap(file, MAP_BYTES);
	munmap(own, MAP_BYTES);
	close(fd);
}

static void use_processes(void)
{
	char name[] = SELF, option[] = "again";
	char *argv[] = { name, option, NULL };
	int fds[2], status = 0;
	char c;

	if (pipe(fds) < 0)
		exit(EXIT_FAILURE);
	if (fork() == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(SELF, argv);
		_exit(EXIT_FAILURE);
	}
	close(fds[1]);
	while (read(fds[0], &c, 1) > 0)
		continue;
	close(fds[0]);
	if (wait(&status) < 0 || status != 0)
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	(void)argv;
	puts("rehearsal");
	if (argc > 1)
		return EXIT_SUCCESS;
	use_files();
	use_memory();
	use_library_calls();
	use_threads();
	use_processes();
	fputs("rehearsal\n", stderr);
	return EXIT_SUCCESS;
}
