/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation.  Docker's driver makes the mount that "type", "device" and "o" describe, as
 * mount(8) would.  moat only takes what needs no mount: "o=bind", a folder of the host in the
 * volume's place.  Everything else is refused here, where the message can say what to do instead.
 *
 * The options are a client's.
 */
#include "daemon/volume/driver-options.h"

#include <errno.h>

#include "base/str.h"
#include "storage/ext4.h"

static const char *const known[] = { "size", "type", "o", "device" };

static int check_names(const json_t *options, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)options, name, value) {
		if (!STR_FIND(known, name))
			return err_set(err, -EINVAL, "invalid option: \"%s\"", name);
		if (!json_is_string(value))
			return err_set(err, -EBADMSG, "option \"%s\" must be a string", name);
	}
	return 0;
}

/* @ret: "" where it is missing */
static const char *text_of(const json_t *options, const char *name)
{
	const char *text = json_string_value(json_object_get(options, name));

	return text ? text : "";
}

/* Flags of a bind that others know, and that change nothing here. */
static bool is_harmless(const char *flag)
{
	static const char *const flags[] = { "bind",	"rbind",    "rw",    "defaults",
					     "private", "rprivate", "slave", "rslave" };

	return STR_FIND(flags, flag);
}

/* "bind,ro" */
static int read_flags(const char *text, bool *ret_bind, bool *ret_read_only, struct err *err)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *flag;

	if (!copy)
		return err_nomem(err);
	while ((flag = strsep(&rest, ","))) {
		*ret_bind |= streq(flag, "bind") || streq(flag, "rbind");
		*ret_read_only |= streq(flag, "ro");
		if (*flag && !streq(flag, "ro") && !is_harmless(flag))
			return err_set(err, -EOPNOTSUPP,
				       "moat does not support option \"%s\" of a volume", flag);
	}
	return 0;
}

static int refuse_type(const char *type, struct err *err)
{
	return err_set(err, -EOPNOTSUPP,
		       "moat does not mount file systems of type \"%s\" for volumes: for memory "
		       "use --tmpfs; mount another on the host and name its folder with the "
		       "options type=none, o=bind, device=/PATH",
		       type);
}

static int read_device(const json_t *options, struct driver_options *ret, struct err *err)
{
	const char *type = text_of(options, "type"), *device = text_of(options, "device");
	bool bind = false;
	int r;

	if (!*type && !*device && !*text_of(options, "o"))
		return 0;
	if (*type && !streq(type, "none") && !streq(type, "bind"))
		return refuse_type(type, err);
	r = read_flags(text_of(options, "o"), &bind, &ret->read_only, err);
	if (r < 0)
		return r;
	if (!*device)
		return err_set(err, -EINVAL, "missing required option: \"device\"");
	if (!bind && !streq(type, "bind"))
		return err_set(err, -EINVAL,
			       "option \"device\" is for a folder of the host, with \"o=bind\"");
	if (*device != '/')
		return err_set(err, -EINVAL, "device \"%s\" is no absolute path", device);
	ret->device = device;
	return 0;
}

static int read_size(const json_t *options, struct driver_options *ret, struct err *err)
{
	const char *text = text_of(options, "size");

	if (!*text)
		return 0;
	if (str_to_size(text, &ret->size_bytes) < 0)
		return err_set(err, -EINVAL, "invalid size: '%s'", text);
	if (ret->size_bytes < EXT4_SIZE_MIN || ret->size_bytes > EXT4_SIZE_MAX)
		return err_set(err, -EINVAL,
			       "a volume of %s: its size must be from 16 MiB to 8 TiB", text);
	if (ret->device)
		return err_set(err, -EINVAL,
			       "\"size\" is for volumes of moat's own, not for a folder of the "
			       "host's");
	return 0;
}

int driver_options_read(const json_t *options, struct driver_options *ret, struct err *err)
{
	struct driver_options o = { 0 };
	int r = check_names(options, err);

	if (r == 0)
		r = read_device(options, &o, err);
	if (r == 0)
		r = read_size(options, &o, err);
	if (r == 0)
		*ret = o;
	return r;
}
