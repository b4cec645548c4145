/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: prints everything that no two machines may have in common, a "NAME VALUE" a
 * line: what the kernel's generator and the processor's own give on each processor and by each way
 * to them, the host name, and where the kernel put things in this process's memory.  Then "ready";
 * from then on each line that comes is answered with the time of day in nanoseconds, until there
 * are no more.
 *
 * Static, so that any image can hold it, and position-independent, so that its own place varies
 * too.
 */
#include <cpuid.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define RANDOM_BYTES 32

static void print_hex(const char *name, const unsigned char *bytes, size_t n)
{
	printf("%s ", name);
	for (size_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void print_file(const char *name, const char *path)
{
	char text[256];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		printf("%s %s\n", name, strtok(text, "\n"));
	}
	if (fd >= 0)
		close(fd);
}

static void print_urandom(const char *name)
{
	unsigned char bytes[RANDOM_BYTES];
	int fd = open("/dev/urandom", O_RDONLY);

	if (fd >= 0 && read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes))
		print_hex(name, bytes, sizeof(bytes));
	if (fd >= 0)
		close(fd);
}

static bool has_rdrand(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}

/* What the processor says of its own accord; a program may go by that alone. */
static void print_rdrand(const char *name)
{
	unsigned long long words[RANDOM_BYTES / sizeof(unsigned long long)];
	unsigned char given = 1;

	for (size_t i = 0; given && i < sizeof(words) / sizeof(words[0]); i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(words[i]), "=qm"(given) : : "cc");
	if (given)
		print_hex(name, (const unsigned char *)words, sizeof(words));
}

/* Each processor has a generator of its own, fed from the common one. */
static void print_processor(int cpu)
{
	unsigned char bytes[RANDOM_BYTES];
	char name[64];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		return;
	snprintf(name, sizeof(name), "getrandom-cpu%d", cpu);
	if (getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes))
		print_hex(name, bytes, sizeof(bytes));
	snprintf(name, sizeof(name), "urandom-cpu%d", cpu);
	print_urandom(name);
	snprintf(name, sizeof(name), "rdrand-cpu%d", cpu);
	if (has_rdrand())
		print_rdrand(name);
	snprintf(name, sizeof(name), "uuid-cpu%d", cpu);
	print_file(name, "/proc/sys/kernel/random/uuid");
}

static void print_processors(void)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all))
			print_processor(cpu);
}

static void print_memory(void)
{
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	uintptr_t canary;
	int local;

	__asm__("mov %%fs:0x28, %0" : "=r"(canary));
	print_hex("at-random", random, 16);
	printf("canary %lx\n", (unsigned long)canary);
	printf("stack %p\nstrings %p\n", (void *)&local, (const void *)random);
	printf("program %p\nheap %p\n", (void *)&print_memory, sbrk(0));
	printf("mapping %p\n", mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	printf("vdso %lx\n", getauxval(AT_SYSINFO_EHDR));
}

static void answer_with_time(void)
{
	struct timespec now;
	char line[256];

	while (read(STDIN_FILENO, line, sizeof(line)) > 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		printf("%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
		fflush(stdout);
	}
}

int main(void)
{
	char host[65] = "";

	print_processors();
	print_memory();
	gethostname(host, sizeof(host) - 1);
	printf("hostname %s\n", host);
	print_file("boot_id", "/proc/sys/kernel/random/boot_id");
	print_file("machine-id", "/etc/machine-id");
	puts("ready");
	fflush(stdout);
	answer_with_time();
	return 0;
}
