/* SPDX-License-Identifier: Apache-2.0 */
/* moat system info */
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/format.h"
#include "cli/format/shape.h"

static void print_engine(const json_t *engine)
{
	double nsec = json_number_value(json_object_get(engine, "nsec_per_instruction"));

	if (!*cli_str(engine, "name")) {
		printf("Engine:          none usable: %s\n", cli_str(engine, "reason"));
		return;
	}
	printf("Engine:          %s\n", cli_str(engine, "name"));
	printf("  Why:           %s\n", cli_str(engine, "reason"));
	if (nsec > 0)
		printf("  Probe:         %.3g ns per guest instruction\n", nsec);
	printf("  Jail:          %s\n", cli_str(engine, "jail"));
	if (str_ends(cli_str(engine, "name"), "tcg"))
		puts("  Security:      QEMU does not promise that its software emulation is a "
		     "security boundary;\n"
		     "                 the jail carries the weight (docs/SECURITY.md)");
}

static void print_kernel(const json_t *kernel)
{
	if (!json_is_object(kernel)) {
		puts("Kernel:          none yet; the first run sets the recommended one");
		return;
	}
	printf("Kernel:          %s\n  File:          %s\n", cli_str(kernel, "version"),
	       cli_str(kernel, "kernel"));
}

static void print_network(const json_t *network)
{
	if (*cli_str(network, "warning"))
		printf("Network:         %s\n", cli_str(network, "warning"));
}

static void print_info(const json_t *info, const json_t *counts)
{
	char memory[FORMAT_MAX];

	format_binary_size((uint64_t)cli_int(counts, "MemTotal"), memory);
	printf("Version:         %s\n", cli_str(info, "version"));
	print_engine(json_object_get(info, "engine"));
	print_kernel(json_object_get(info, "kernel"));
	print_network(json_object_get(info, "network"));
	printf("Data root:       %s\n", cli_str(info, "root"));
	printf("Socket:          %s\n", cli_str(info, "socket"));
	if (*cli_str(info, "owners"))
		printf("Files' owners:   %s\n", cli_str(info, "owners"));
	printf("Containers:      %lld (%lld running)\n", (long long)cli_int(counts, "Containers"),
	       (long long)cli_int(counts, "ContainersRunning"));
	printf("Images:          %lld\n", (long long)cli_int(counts, "Images"));
	printf("Host:            %lld CPUs, %s of memory, Linux %s\n",
	       (long long)cli_int(info, "cpus"), memory, cli_str(counts, "KernelVersion"));
}

/* Prints what docker's info has, and under other names what only moat has. */
int command_system_info(struct cli *c, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup_json json_t *info = NULL, *counts = NULL;
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = cli_get(c, "/moat/info", JSON_OBJECT, &info, err);
	if (r == 0)
		r = cli_get(c, API_BASE "/info", JSON_OBJECT, &counts, err);
	if (r == 0 && shape.kind == SHAPE_TABLE) {
		print_info(info, counts);
	} else if (r == 0) {
		r = json_object_update(counts, info) < 0 ? err_nomem(err)
							 : shape_print(&shape, counts, err);
	}
	return r;
}
