/* SPDX-License-Identifier: Apache-2.0 */
/* moat system kernel set, show */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/locate.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/format/shape.h"
#include "cli/kernel-source.h"

/* Beside the program when it runs from a build folder, else installed. */
static int locate_fetch(char **ret, struct err *err)
{
	cleanup_free char *dir = path_self_dir();
	char *path = dir ? str_printf("%s/../tools/fetch-kernel", dir) : NULL;

	if (path && access(path, X_OK) == 0) {
		*ret = path;
		return 0;
	}
	free(path);
	return locate_program("fetch-kernel", ret, err);
}

static int fetch_recommended(char **ret_dir, struct err *err)
{
	cleanup_free char *program = NULL, *root = NULL, *dir = NULL;
	int status, r = locate_fetch(&program, err);
	pid_t pid;

	if (r == 0)
		r = locate_root(&root, err);
	if (r < 0)
		return r;
	dir = str_printf("%s/cache/kernel", root);
	if (!dir)
		return err_nomem(err);
	r = path_mkdir_p(dir, 0700);
	if (r < 0)
		return err_errno(err, r, "make %s", dir);
	fflush(stdout);
	r = spawn_start(
		&(struct spawn){ .program = program,
				 .argv = (const char *const[]){ program, dir, NULL },
				 .fds = (int[]){ STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
				 .n_fds = 3 },
		&pid);
	if (r < 0)
		return err_errno(err, r, "start %s", program);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, -errno, "wait for %s", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, -EIO, "%s could not fetch a kernel", program);
	*ret_dir = take_ptr(dir);
	return 0;
}

/* moat's own kernel, where `make kernel` has built it.  Return: 1 when there is one; 0; -errno. */
static int find_built(char **ret_dir, struct err *err)
{
	cleanup_free char *dir = NULL, *version = NULL;

	if (locate_program("kernel", &dir, NULL) < 0)
		return 0;
	version = str_printf("%s/VERSION", dir);
	if (!version)
		return err_nomem(err);
	if (access(version, R_OK) < 0)
		return 0;
	*ret_dir = take_ptr(dir);
	return 1;
}

static int find_recommended(char **ret_dir, struct err *err)
{
	int r = find_built(ret_dir, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return fetch_recommended(ret_dir, err);
}

static int find_source(struct cli *c, struct kernel_source *ret, struct err *err)
{
	const char *modules = options_value(&c->opt, "modules"), *path = c->opt.args[0];
	bool recommended = options_flag(&c->opt, "recommended");
	cleanup_free char *fetched = NULL;
	int r = 0;

	if (recommended == (path != NULL))
		return err_set(err, -EINVAL,
			       "name a kernel, or use --recommended; see 'moat system "
			       "kernel set --help'");
	if (recommended) {
		r = find_recommended(&fetched, err);
		path = fetched;
	}
	return r < 0 ? r : kernel_source_find(path, modules, ret, err);
}

int command_kernel_set(struct cli *c)
{
	cleanup(kernel_source_reset) struct kernel_source source = { 0 };
	cleanup_json json_t *body = NULL, *answer = NULL;
	struct err err = { 0 };
	int r = find_source(c, &source, &err);

	if (r == 0) {
		body = json_pack("{s:s, s:s}", "kernel", source.kernel, "modules",
				 source.modules ? source.modules : "");
		r = body ? cli_request(c, "POST", "/moat/kernel", body, &answer, &err)
			 : err_nomem(&err);
	}
	if (r < 0)
		return cli_fail(c, &err);
	if (*cli_str(answer, "version"))
		puts(cli_str(answer, "version"));
	return cli_flush(c, 0);
}

int command_kernel_show(struct cli *c)
{
	cleanup(shape_reset) struct shape shape = { 0 };
	cleanup_json json_t *answer = NULL;
	struct err err = { 0 };
	int r = shape_option(c, &shape, &err);

	if (r == 0)
		r = cli_get(c, "/moat/kernel", JSON_OBJECT, &answer, &err);
	if (r == 0 && shape.kind != SHAPE_TABLE)
		r = shape_print(&shape, answer, &err);
	if (r < 0)
		return cli_fail(c, &err);
	if (shape.kind == SHAPE_TABLE)
		printf("Kernel:    %s\nRelease:   %s\nInitramfs: %s\n", cli_str(answer, "kernel"),
		       cli_str(answer, "version"), cli_str(answer, "initrd"));
	return cli_flush(c, 0);
}
