/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  pthread_create() is answered here, so that each thread is in a table from
 * before it is made until the kernel knows it no more.  To park them, each gets a signal, whose
 * handler saves where it stands and waits; the kernel has saved the rest, signal mask and all, on
 * the thread's stack.  A new process has the same memory: there a thread is made with the thread
 * pointer, and so the stack and the variables, of the old one, and goes to where the handler saved
 * its place.  The handler returns, and the thread goes on as after any signal: what it waited for
 * in the kernel is waited for again.
 *
 * The C library keeps a thread's number in its own description of it, and the kernel clears it
 * there when the thread has ended.  That place is found by looking for the number in two threads.
 *
 * A thread may hold locks that remember its number, and be in the middle of anything, except where
 * it waits for others or for something to read.  So it is parked only there, and elsewhere asked
 * again later.
 */
#include "jail/zygote/threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/macro.h"

#define THREADS_MAX	  384  /* a jail's are fewer */
#define DESCRIPTION_BYTES 2048 /* how far a thread's number is looked for */
#define TEMPORARY_BYTES	  65536
#define PARK_STEP_NSEC	  5000000
#define PARK_STEPS	  12000 /* whoever asks may give up before */

typedef int (*create_fn)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

enum state {
	STATE_FREE,
	STATE_BEGINNING, /* in the C library, before it has entered the table */
	STATE_RUNNING,
	STATE_ENDING, /* in the C library, or ended */
};

struct thread {
	enum state state;
	atomic_bool signalled, parked;
	pthread_t self;
	int tid;
	void *pointer; /* of its thread-local variables */
	ucontext_t place;
};

struct beginning {
	struct thread *place;
	void *(*fn)(void *arg);
	void *arg;
};

static struct thread threads[THREADS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the table */
/* Loaded with the program, so it has a place of its own in every thread from the start. */
static __thread struct thread *this_thread __attribute__((tls_model("initial-exec")));

static bool active;
static int park_signal;
static size_t number_offset;
static create_fn real_create;

static atomic_int hold = 1; /* parked threads wait for this, for ever */
static bool is_new_process;
static atomic_int revived;

static void wait_for_change(atomic_int *word, int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/*
 * Was the thread in a system call that waits, when the signal came?  The kernel has either let the
 * call fail with EINTR, or stepped back to make it once more.  Only futex(2) is made once more of
 * those that wait for long without a time.
 */
static bool is_waiting(const ucontext_t *interrupted)
{
	static const unsigned char instruction[] = { 0x0f, 0x05 }; /* syscall */
	const greg_t *regs = interrupted->uc_mcontext.gregs;
	const unsigned char *at = (const unsigned char *)regs[REG_RIP];

	if (regs[REG_RAX] == -EINTR)
		return memcmp(at - sizeof(instruction), instruction, sizeof(instruction)) == 0;
	return regs[REG_RAX] == SYS_futex && memcmp(at, instruction, sizeof(instruction)) == 0;
}

/* Stands still in the zygote; in a new process, begins anew from the saved place. */
static void on_park(int signo, siginfo_t *info, void *interrupted)
{
	int error = errno;
	struct thread *t = this_thread;

	(void)signo;
	(void)info;
	if (!t)
		return;
	if (!is_waiting(interrupted) || getcontext(&t->place) < 0) {
		atomic_store(&t->signalled, false);
		return;
	}
	if (!is_new_process) {
		atomic_store(&t->parked, true);
		for (;;)
			wait_for_change(&hold, 1);
	}
	atomic_fetch_add(&revived, 1);
	syscall(SYS_futex, &revived, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	errno = error;
}

/* Frees a thread's entry when the kernel knows the thread no more.  Return: was it freed? */
static bool free_if_gone(struct thread *t)
{
	if (t->state == STATE_ENDING && syscall(SYS_tgkill, getpid(), t->tid, 0) < 0 &&
	    errno == ESRCH)
		t->state = STATE_FREE;
	return t->state == STATE_FREE;
}

/* Reserves an entry for a thread that is about to be made.  Return: NULL where there is none. */
static struct thread *reserve_place(void)
{
	struct thread *t = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; !t && i < THREADS_MAX; i++)
		if (free_if_gone(&threads[i]))
			t = &threads[i];
	if (t)
		t->state = STATE_BEGINNING;
	pthread_mutex_unlock(&lock);
	return t;
}

static void release_place(struct thread *t)
{
	pthread_mutex_lock(&lock);
	t->state = STATE_FREE;
	pthread_mutex_unlock(&lock);
}

/* Frees the entry of an ended thread that had the same number. */
static void free_number(int tid)
{
	for (size_t i = 0; i < THREADS_MAX; i++)
		if (threads[i].state == STATE_ENDING && threads[i].tid == tid)
			threads[i].state = STATE_FREE;
}

static void enter_table(struct thread *t)
{
	sigset_t set;

	pthread_mutex_lock(&lock);
	free_number(gettid());
	*t = (struct thread){ .state = STATE_RUNNING,
			      .self = pthread_self(),
			      .pointer = __builtin_thread_pointer() };
	this_thread = t;
	pthread_mutex_unlock(&lock);
	sigemptyset(&set);
	sigaddset(&set, park_signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void leave_table(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	this_thread->state = STATE_ENDING;
	this_thread->tid = gettid();
	this_thread = NULL;
	pthread_mutex_unlock(&lock);
}

static void *run_thread(void *arg)
{
	struct beginning b = *(struct beginning *)arg;
	void *result;

	free(arg);
	enter_table(b.place);
	pthread_cleanup_push(leave_table, NULL);
	result = b.fn(b.arg);
	pthread_cleanup_pop(1);
	return result;
}

/* The program's calls of pthread_create() come here. */
int pthread_create(pthread_t *ret, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	struct beginning *b;
	struct thread *place;
	int r = EAGAIN;

	if (!real_create)
		real_create = (create_fn)dlsym(RTLD_NEXT, "pthread_create");
	if (!active)
		return real_create(ret, attr, fn, arg);
	b = malloc(sizeof(*b));
	place = b ? reserve_place() : NULL;
	if (place) {
		*b = (struct beginning){ place, fn, arg };
		r = real_create(ret, attr, run_thread, b);
	}
	if (place && r != 0)
		release_place(place);
	if (r != 0)
		free(b);
	return r;
}

/* Half of a pointer may look like the number, but not in two threads at the same place. */
static void *look_for_number(void *arg)
{
	const char *description = (const char *)pthread_self();
	bool *is_there = arg;
	int tid = gettid();

	for (size_t i = 0; i < DESCRIPTION_BYTES / sizeof(tid); i++)
		if (*(const int *)(const void *)(description + i * sizeof(tid)) != tid)
			is_there[i] = false;
	return NULL;
}

static bool find_number(void)
{
	bool is_there[DESCRIPTION_BYTES / sizeof(int)];
	pthread_t other;
	size_t n = 0;

	memset(is_there, true, sizeof(is_there));
	look_for_number(is_there);
	if (real_create(&other, NULL, look_for_number, is_there) != 0 ||
	    pthread_join(other, NULL) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(is_there); i++)
		if (is_there[i]) {
			number_offset = i * sizeof(int);
			n++;
		}
	return n == 1;
}

int threads_begin(void)
{
	struct sigaction action = { .sa_sigaction = on_park, .sa_flags = SA_RESTART | SA_SIGINFO };

	park_signal = SIGRTMAX;
	sigfillset(&action.sa_mask);
	real_create = (create_fn)dlsym(RTLD_NEXT, "pthread_create");
	if (!real_create || !find_number() || sigaction(park_signal, &action, NULL) < 0)
		return -ENOTSUP;
	enter_table(&threads[0]);
	active = true;
	return 0;
}

int threads_start_hidden(void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = real_create(&thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

/* Signals all threads that do not stand still.  Return: how many there are; at 0 nobody is left to
 * make another. */
static unsigned signal_threads(void)
{
	unsigned n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		struct thread *t = &threads[i];

		if (free_if_gone(t) || atomic_load(&t->parked))
			continue;
		n++;
		if (t->state == STATE_RUNNING && !atomic_exchange(&t->signalled, true))
			(void)pthread_kill(t->self, park_signal);
	}
	pthread_mutex_unlock(&lock);
	return n;
}

int threads_park(void)
{
	const struct timespec step = { .tv_nsec = PARK_STEP_NSEC };

	for (unsigned i = 0; i < PARK_STEPS; i++) {
		if (signal_threads() == 0)
			return 0;
		nanosleep(&step, NULL);
	}
	return -ETIMEDOUT;
}

static int go_to_place(void *arg)
{
	const struct thread *t = arg;

	setcontext(&t->place);
	abort();
}

#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)

/* Makes one thread at a time: all begin on the same temporary stack. */
static int revive_thread(struct thread *t)
{
	static _Alignas(64) char temporary[TEMPORARY_BYTES];
	int before = atomic_load(&revived);
	void *number = (char *)t->self + number_offset;

	if (clone(go_to_place, temporary + sizeof(temporary), THREAD_FLAGS, t, NULL, t->pointer,
		  number) < 0)
		return -errno;
	while (atomic_load(&revived) == before)
		wait_for_change(&revived, before);
	return 0;
}

/* Threads that are back may make new ones meanwhile, which were never parked. */
int threads_revive(void)
{
	int r = 0;

	is_new_process = true;
	*(int *)(void *)((char *)pthread_self() + number_offset) = gettid();
	for (size_t i = 0; r == 0 && i < THREADS_MAX; i++)
		if (atomic_load(&threads[i].parked))
			r = revive_thread(&threads[i]);
	return r;
}
