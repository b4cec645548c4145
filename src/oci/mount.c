/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Options come from a user, by way of docker's API or a runtime-spec.  Those
 * that are flags of mount(2) become bits, those that are tmpfs's own are handed on as text; a name
 * that is neither is refused here, where the message can say which.  Written back, a flag has the
 * name that sets it.
 */
#include "oci/mount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "oci/mounts.h"

static const struct flag {
	const char *name;
	uint64_t set, clear;
} names[] = {
	{ "defaults", 0, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "ro", MS_RDONLY, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nosuid", MS_NOSUID, 0 },
	{ "dev", 0, MS_NODEV },
	{ "nodev", MS_NODEV, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "noexec", MS_NOEXEC, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "mand", MS_MANDLOCK, 0 },
	{ "nomand", 0, MS_MANDLOCK },
	{ "atime", 0, MS_NOATIME },
	{ "noatime", MS_NOATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 },
	{ "norelatime", 0, MS_RELATIME },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "nostrictatime", 0, MS_STRICTATIME },
	/* Propagation makes no difference: nothing is ever mounted into a machine from outside. */
	{ "private", 0, 0 },
	{ "rprivate", 0, 0 },
	{ "shared", 0, 0 },
	{ "rshared", 0, 0 },
	{ "slave", 0, 0 },
	{ "rslave", 0, 0 },
	{ "bind", 0, 0 },
	{ "rbind", 0, 0 },
};

static const char *const values[] = { "gid",	   "huge",	"mode", "mpol",
				      "nr_blocks", "nr_inodes", "size", "uid" };

static bool apply_flag(const char *option, uint64_t *bits)
{
	const struct flag *f = STR_FIND(names, option);

	if (f)
		*bits = (*bits & ~f->clear) | f->set;
	return f;
}

static bool is_value(const char *option)
{
	size_t len = strcspn(option, "=");

	for (size_t i = 0; option[len] == '=' && i < ARRAY_SIZE(values); i++)
		if (strlen(values[i]) == len && strncmp(option, values[i], len) == 0)
			return option[len + 1] != '\0' && !strchr(option, ',');
	return false;
}

/* Converts options for mount(2).  @ret_data: owned; the file system's own, joined by commas */
static int read_options(char *const *options, uint64_t *ret_flags, char **ret_data, struct err *err)
{
	cleanup(buf_reset) struct buf data = BUF_INIT;
	uint64_t bits = 0;

	for (; options && *options; options++) {
		if (apply_flag(*options, &bits))
			continue;
		if (!is_value(*options))
			return err_set(err, -EINVAL, "invalid tmpfs option \"%s\"", *options);
		if (buf_addf(&data, "%s%s", data.len > 0 ? "," : "", *options) < 0)
			return err_nomem(err);
	}
	*ret_data = buf_take(&data);
	if (!*ret_data)
		return err_nomem(err);
	*ret_flags = bits;
	return 0;
}

int oci_tmpfs_add(struct oci_options *o, const char *path, char *const *options, struct err *err)
{
	struct oci_tmpfs t = { 0 }, *grown = reallocarray(o->tmpfs, o->n_tmpfs + 1, sizeof(*grown));
	int r;

	if (!grown)
		return err_nomem(err);
	o->tmpfs = grown;
	r = read_options(options, &t.flags, &t.data, err);
	if (r < 0)
		return r;
	t.path = strdup(path);
	grown[o->n_tmpfs++] = t;
	return t.path ? 0 : err_nomem(err);
}

int oci_bind_options(char *const *options, uint64_t *ret_flags, struct err *err)
{
	uint64_t bits = 0;

	for (; options && *options; options++)
		if (!apply_flag(*options, &bits) || (bits & ~(uint64_t)OCI_MOUNT_FLAGS))
			return err_set(err, -EINVAL, "invalid bind option \"%s\"", *options);
	*ret_flags = bits;
	return 0;
}

const char *oci_mount_flag_next(uint64_t *flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i].set || (*flags & names[i].set) != names[i].set)
			continue;
		*flags &= ~names[i].set;
		return names[i].name;
	}
	return NULL;
}
