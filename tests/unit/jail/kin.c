/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program to be forked: it answers commands on descriptor 3, each with one packet of text.  As in
 * an engine, threads wait for each other, for a descriptor, or for what comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TALK_FD 3

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int event_fd;
static unsigned asked, by_condition, by_event;
static int kept; /* what the program has learned */

static void *wait_for_condition(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	for (;;) {
		while (by_condition == asked)
			pthread_cond_wait(&changed, &lock);
		by_condition = asked;
		pthread_cond_broadcast(&changed);
	}
	return NULL;
}

static void wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, -1) <= 0)
		continue;
}

static void *wait_for_event(void *arg)
{
	eventfd_t value;

	(void)arg;
	for (;;) {
		wait_for(event_fd);
		if (eventfd_read(event_fd, &value) < 0)
			continue;
		pthread_mutex_lock(&lock);
		by_event = asked;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* Has both threads do something. */
static void use_threads(void)
{
	pthread_mutex_lock(&lock);
	asked++;
	pthread_cond_broadcast(&changed);
	eventfd_write(event_fd, 1);
	while (by_condition != asked || by_event != asked)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int answer(char command)
{
	char *const argv[] = { (char *)(uintptr_t) "true", NULL };
	struct sched_param none = { 0 };

	switch (command) {
	case 'l': /* learn */
		return ++kept;
	case 'o': /* open what a library cannot know to be its own */
		return result(pipe2((int[2]){ -1, -1 }, O_CLOEXEC));
	case 't':
		return result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
	case 'w': /* work */
		use_threads();
		return kept;
	case 'p':
		return getpid();
	case 'u':
		return (int)getuid();
	case 'n':
		return result(syscall(SYS_setns, TALK_FD, 0));
	case 'r':
		return result(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &none));
	case 'x':
		return result(execve("/bin/true", argv, argv + 1));
	case 'k':
		return result(kill(1, SIGKILL));
	case 's':
		return result(syscall(SYS_setresuid, 0, 0, 0));
	default:
		return -1;
	}
}

/* Numbers of the open descriptors. */
static void list_descriptors(char *ret, size_t size)
{
	size_t n = 0;

	*ret = '\0';
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && fd != event_fd && n < size)
			n += (size_t)snprintf(ret + n, size - n, "%s%d", n > 0 ? " " : "", fd);
}

int main(void)
{
	pthread_t thread;
	char command, text[512];

	event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (event_fd < 0 || pthread_create(&thread, NULL, wait_for_condition, NULL) != 0 ||
	    pthread_create(&thread, NULL, wait_for_event, NULL) != 0)
		return EXIT_FAILURE;
	for (;;) {
		wait_for(TALK_FD);
		if (read(TALK_FD, &command, 1) != 1)
			return EXIT_SUCCESS;
		if (command == 'd')
			list_descriptors(text, sizeof(text));
		else
			snprintf(text, sizeof(text), "%d", answer(command));
		if (write(TALK_FD, text, strlen(text)) < 0)
			return EXIT_FAILURE;
	}
}
