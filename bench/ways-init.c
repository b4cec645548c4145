/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: process 1 of the machine bench/ways measures. It answers each line of its
 * console with "done", after it has done what the line says: "use N" fills N MiB of memory, "free"
 * gives them back to the kernel, anything else is nothing to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

int main(void)
{
	size_t size = 0;
	char *memory = NULL, line[64];
	struct termios raw;

	if (tcgetattr(0, &raw) == 0) {
		cfmakeraw(&raw);
		tcsetattr(0, TCSANOW, &raw);
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, "use ", 4) == 0) {
			size = (size_t)atoi(line + 4) << 20;
			memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			for (size_t i = 0; memory != MAP_FAILED && i < size; i += 4096)
				memory[i] = 1;
		} else if (strcmp(line, "free\n") == 0) {
			munmap(memory, size);
		}
		printf("done\n");
		fflush(stdout);
	}
	for (;;)
		pause();
}
