/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "image/flatten/inflate-stream.h"
#include "image/flatten/unpack-jail.h"
#include "image/flatten/unpack.h"

/*
 * moat-unpack; its arguments are in unpack.h.  moatd starts it and is trusted; the layers are not.
 */

#define HELPERS_MAX 7

static int parse_fd(const char *text, int *ret)
{
	uint32_t fd;

	if (str_to_u32(text, &fd) < 0 || fd > INT_MAX)
		return -EINVAL;
	*ret = (int)fd;
	return 0;
}

/* @arg: "FD" or "FD,EVENT_FD,BYTES", either followed by ":DIFF_ID" or not */
static int parse_layer(char *arg, struct flatten_layer *ret)
{
	char *rest = arg, *fd, *event_fd;

	fd = strsep(&rest, ":");
	ret->diff_id = rest;
	rest = fd;
	fd = strsep(&rest, ",");
	if (parse_fd(fd, &ret->fd) < 0)
		return -EINVAL;
	if (!rest)
		return 0;
	ret->grows = true;
	event_fd = strsep(&rest, ",");
	if (!rest || parse_fd(event_fd, &ret->event_fd) < 0)
		return -EINVAL;
	return str_to_u64(rest, &ret->packed_bytes);
}

/* @arg: "BYTES,ENTRIES,MEMORY,RATIO" */
static int parse_limits(char *arg, struct flatten_limits *ret)
{
	char *rest = arg, *bytes = strsep(&rest, ","), *entries = rest ? strsep(&rest, ",") : NULL;
	char *memory = rest ? strsep(&rest, ",") : NULL;

	*ret = flatten_limits_usual();
	if (!rest || str_to_u64(bytes, &ret->max_bytes) < 0 ||
	    str_to_u32(entries, &ret->max_entries) < 0 ||
	    str_to_u64(memory, &ret->max_memory) < 0 || str_to_u32(rest, &ret->ratio_max) < 0 ||
	    ret->ratio_max == 0)
		return -EINVAL;
	return 0;
}

/* Counts helpers: as many threads as processors and layers, this one included. */
static size_t count_helpers(size_t n_layers)
{
	cpu_set_t cpus;
	size_t n = HELPERS_MAX;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && (size_t)CPU_COUNT(&cpus) - 1 < n)
		n = (size_t)CPU_COUNT(&cpus) - 1;
	return n_layers == 0 ? 0 : n < n_layers - 1 ? n : n_layers - 1;
}

static int tell_sizes(int status_fd, const struct flatten_input *in, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < in->n_layers && r == 0; i++)
		r = buf_addf(&text, "%llu ", (unsigned long long)in->layers[i].size_bytes);
	if (r == 0 && text.len > 0)
		r = fd_write_all(status_fd, text.data, text.len);
	return r < 0 ? err_errno(err, r, "telling sizes") : 0;
}

static int unpack_layers(int status_fd, int out_fd, char **args, size_t n_layers, struct err *err)
{
	char **layer_args = args + 1;
	cleanup_free struct flatten_layer *layers = calloc(n_layers + 1, sizeof(*layers));
	struct flatten_input in = { .layers = layers, .n_layers = n_layers };
	struct flatten_helpers *helpers = NULL;
	int r;

	if (!layers)
		return err_nomem(err);
	if (parse_limits(args[0], &in.limits) < 0)
		return err_set(err, -EINVAL, "bad limits: %s", args[0]);
	for (size_t i = 0; i < n_layers; i++) {
		if (parse_layer(layer_args[i], &layers[i]) < 0)
			return err_set(err, -EINVAL, "bad argument: %s", layer_args[i]);
	}
	/* One arena only: for a second one malloc(3) would read files. */
	mallopt(M_ARENA_MAX, 1);
	r = unpack_jail_enter(err);
	if (r == 0 && flatten_helpers_new(count_helpers(n_layers), &helpers) < 0)
		r = err_nomem(err);
	if (r == 0)
		r = unpack_jail_close(err);
	if (r == 0)
		r = flatten(&in, out_fd, helpers, err);
	flatten_helpers_free(helpers);
	return r == 0 ? tell_sizes(status_fd, &in, err) : r;
}

static void write_report(int status_fd, const struct err *err)
{
	char text[UNPACK_STATUS_MAX];
	int len = snprintf(text, sizeof(text), "%d %s", -err->code, err->msg);

	fd_write_all(status_fd, text, (size_t)len);
}

/* @args: UNPACK_INFLATE STATUS_FD OUT_FD IN_FD */
static int run_inflate(char **args)
{
	struct err err = { 0 };
	int status_fd, out_fd, in_fd, r;

	if (parse_fd(args[0], &status_fd) < 0 || parse_fd(args[1], &out_fd) < 0 ||
	    parse_fd(args[2], &in_fd) < 0)
		return EXIT_FAILURE;
	r = unpack_jail_enter(&err);
	if (r == 0)
		r = unpack_jail_close(&err);
	if (r == 0)
		r = inflate_stream(in_fd, out_fd, &err);
	if (r == 0)
		return EXIT_SUCCESS;
	write_report(status_fd, &err);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int status_fd, out_fd;

	if (fd_open_std() < 0)
		return EXIT_FAILURE;
	if (argc == 5 && streq(argv[1], UNPACK_INFLATE))
		return run_inflate(argv + 2);
	if (argc < 4 || parse_fd(argv[1], &status_fd) < 0 || parse_fd(argv[2], &out_fd) < 0) {
		fputs("usage: moat-unpack STATUS_FD OUT_FD LIMITS "
		      "LAYER_FD[,EVENT_FD,BYTES][:DIFF_ID]...\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if (unpack_layers(status_fd, out_fd, argv + 3, (size_t)argc - 4, &err) == 0)
		return EXIT_SUCCESS;
	write_report(status_fd, &err);
	return EXIT_FAILURE;
}
