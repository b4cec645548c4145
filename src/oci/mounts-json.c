/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the runtime-spec's "mounts" of type "bind" (config.md, "Mounts").  moat's
 * own option, "moat.copy", has an empty volume filled with the image's content.
 *
 * moatd writes it for moat-shim; later also podman and containerd, on behalf of their user.
 */
#include "oci/mounts-json.h"

#include <errno.h>

#include "base/json-object.h"
#include "base/str.h"
#include "oci/mount.h"

#define COPY_OPTION "moat.copy"

static int read_options(const json_t *mount, uint64_t *ret_flags, bool *ret_copy, struct err *err)
{
	cleanup_strv char **options = NULL;
	int r = json_get_strv(mount, "options", &options, err);

	if (r < 0)
		return r;
	*ret_copy = strv_has(options, COPY_OPTION);
	strv_remove(options, COPY_OPTION);
	return oci_bind_options(options, ret_flags, err);
}

static int refuse_mount(int code, const char *destination, struct err *err)
{
	if (code == -E2BIG)
		return err_set(err, -EINVAL, "a container can have %u mounts of the host's files",
			       OCI_MOUNTS_MAX);
	if (code == -EINVAL)
		return err_set(err, -EINVAL,
			       "\"source\" and \"destination\" must be absolute paths of less "
			       "than %u bytes without \"..\", not \"%s\"",
			       OCI_MOUNT_PATH_MAX, destination);
	return err_nomem(err);
}

int oci_mounts_read(const json_t *mount, struct oci_mounts *m, struct err *err)
{
	const char *source, *destination;
	uint64_t flags;
	bool copy;
	int r = json_get_str(mount, "source", &source, err);

	if (r == 0)
		r = json_get_str(mount, "destination", &destination, err);
	if (r < 0)
		return r;
	if (!source || !*source || !destination)
		return err_set(err, -EBADMSG,
			       "a mount of type \"bind\" must have \"source\" and \"destination\"");
	r = read_options(mount, &flags, &copy, err);
	if (r < 0)
		return err_wrap(err, "mount at \"%s\"", destination);
	r = oci_mounts_add(m, source, destination, flags, copy);
	return r < 0 ? refuse_mount(r, destination, err) : 0;
}

static json_t *write_options(const struct oci_mount *mount)
{
	cleanup_json json_t *options = json_array();
	uint64_t flags = mount->flags;
	const char *name;
	int r = json_array_append_new(options, json_string("rbind"));

	while (r == 0 && (name = oci_mount_flag_next(&flags)))
		r = json_array_append_new(options, json_string(name));
	if (r == 0 && mount->copy)
		r = json_array_append_new(options, json_string(COPY_OPTION));
	return r == 0 ? take_ptr(options) : NULL;
}

int oci_mounts_write(const struct oci_mounts *m, json_t *list)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct oci_mount *one = &m->list[i];
		json_t *obj =
			JSON_OBJECT(member_text("destination", one->destination),
				    member_text("type", "bind"), member_text("source", one->source),
				    member_json("options", write_options(one)));

		if (json_array_append_new(list, obj) < 0)
			return -ENOMEM;
	}
	return 0;
}
