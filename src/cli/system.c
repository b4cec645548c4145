/* SPDX-License-Identifier: Apache-2.0 */
/* moat system start, stop, status; moat version */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/locate.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/daemon.h"
#include "cli/format/shape.h"

#define STOP_TIMEOUT_USEC (30 * USEC_PER_SEC)

static int get_version(struct cli *c, json_t **ret, struct err *err)
{
	return cli_get(c, API_BASE "/version", JSON_OBJECT, ret, err);
}

int command_system_start(struct cli *c, struct err *err)
{
	cleanup_json json_t *version = NULL;
	cleanup_free char *socket = NULL;
	struct err ignored;

	if (locate_socket(&socket, err) < 0 || get_version(c, &version, err) < 0)
		return err->code;
	/* A template is made in the background, so that the first container is restored from it.
	 * Where no kernel is set yet that fails, which is no error here. */
	(void)cli_request(c, "POST", "/moat/templates?background=1", NULL, NULL, &ignored);
	printf("moatd %s runs on %s\n", cli_str(version, "Version"), socket);
	return 0;
}

int command_system_status(struct cli *c, struct err *err)
{
	cleanup_json json_t *version = NULL;
	cleanup_free char *socket = NULL;
	int r = locate_socket(&socket, err);

	if (r == 0)
		r = get_version(c, &version, err);
	if (r == -ECONNREFUSED) {
		printf("moatd does not run on %s\n", socket);
		return 1;
	}
	if (r < 0)
		return r;
	printf("moatd %s runs on %s\n", cli_str(version, "Version"), socket);
	return 0;
}

/* Waits until nobody accepts on moatd's socket any more. */
static int await_end(struct err *err)
{
	uint64_t deadline = clock_mono_usec() + STOP_TIMEOUT_USEC;
	const struct timespec delay = { .tv_nsec = 5 * 1000 * 1000 };

	for (;;) {
		cleanup_close int fd = -1;
		int r = daemon_dial(NULL, &fd, err);

		if (r == -ECONNREFUSED)
			return 0;
		if (clock_mono_usec() > deadline)
			return err_set(err, -ETIMEDOUT, "moatd still runs after %llu s",
				       STOP_TIMEOUT_USEC / USEC_PER_SEC);
		nanosleep(&delay, NULL);
	}
}

int command_system_stop(struct cli *c, struct err *err)
{
	int r = cli_request(c, "POST", "/moat/stop", NULL, NULL, err);

	if (r == -ECONNREFUSED) {
		puts("moatd does not run");
		return 0;
	}
	/* moatd may end before its answer is sent. */
	if (r < 0 && r != -ECONNRESET)
		return err->code;
	api_disconnect(c->api);
	if (await_end(err) < 0)
		return err->code;
	puts("moatd stopped");
	return 0;
}

static void print_version(const json_t *server)
{
	puts("Client:\n Version:      " MOAT_VERSION);
	printf(" API version:  %s\n", &API_BASE[2]);
	if (!server) {
		puts("\nServer:        moatd does not run");
		return;
	}
	printf("\nServer:\n Version:      %s\n", cli_str(server, "Version"));
	printf(" API version:  %s (minimum version %s)\n", cli_str(server, "ApiVersion"),
	       cli_str(server, "MinAPIVersion"));
	printf(" OS/Arch:      %s/%s\n", cli_str(server, "Os"), cli_str(server, "Arch"));
}

int command_version(struct cli *c, struct err *err)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup_json json_t *server = NULL, *out = NULL;
	int r = shape_option(c, &shape, err);

	if (r == 0)
		r = get_version(c, &server, err);
	if (r < 0 && r != -ECONNREFUSED)
		return err->code;
	if (shape.kind == SHAPE_TABLE) {
		print_version(server);
		return 0;
	}
	out = json_pack("{s:{s:s, s:s}, s:O?}", "Client", "Version", MOAT_VERSION, "ApiVersion",
			&API_BASE[2], "Server", server);
	r = out ? shape_print(&shape, out, err) : err_nomem(err);
	return r;
}
