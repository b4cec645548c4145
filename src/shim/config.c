/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/config.h"

#include <errno.h>

#include "base/fd.h"
#include "control/names.h"
#include "seccomp/profile.h"

#define FILE_MAX_BYTES MIB(4)

void config_free(struct shim_config *c)
{
	if (!c)
		return;
	oci_runtime_free(c->runtime);
	machine_spec_reset(&c->machine);
	free(c);
}

static int load_runtime(int dir_fd, struct shim_config *c, struct err *err)
{
	cleanup(buf_reset) struct buf text = BUF_INIT;
	int r = file_read_at(dir_fd, CONFIG_FILE, FILE_MAX_BYTES, &text);

	if (r < 0)
		return err_errno(err, r, CONFIG_FILE);
	r = oci_runtime_parse(text.data, text.len, &c->runtime, err);
	if (r == 0 && c->runtime->seccomp)
		r = profile_compile(c->runtime->seccomp, &c->runtime->options.seccomp, err);
	return r < 0 ? err_wrap(err, CONFIG_FILE) : 0;
}

int config_load(int dir_fd, struct shim_config **ret, struct err *err)
{
	cleanup_config struct shim_config *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_errno(err, -ENOMEM, "read the container's configuration");
	r = load_runtime(dir_fd, c, err);
	if (r == 0)
		r = machine_spec_load(dir_fd, &c->machine, err);
	if (r < 0)
		return r;
	/* Files are the same without; and one that cannot be set must not keep them from anybody.
	 */
	if (c->machine.files_only)
		oci_options_reset(&c->runtime->options);
	*ret = take_ptr(c);
	return 0;
}
