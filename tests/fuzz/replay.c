/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a fuzz target each input of its corpus once, where no fuzzer is linked. */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each input is in a block of its own size, so that a sanitizer sees what reads past it. */
static void replay(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
		err(1, "%s", path);
	rewind(f);
	data = malloc((size_t)size + (size == 0));
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		err(1, "%s", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

/* replay [CORPUS]: without a corpus, the empty input alone. */
int main(int argc, char **argv)
{
	struct dirent *entry;
	char path[4096];
	DIR *corpus;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	if (argc < 2)
		return 0;
	corpus = opendir(argv[1]);
	if (!corpus)
		err(1, "%s", argv[1]);
	while ((entry = readdir(corpus))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		replay(path);
	}
	closedir(corpus);
	return 0;
}
