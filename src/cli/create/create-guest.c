/* SPDX-License-Identifier: Apache-2.0 */
/* Options that change the surroundings of a container's processes. */
#include "cli/create/create-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cli/create/create-put.h"
#include "oci/paths.h"

#define PROFILE_MAX_BYTES MIB(1)

/* Reads a profile as text on one line, as moatd may not be able to read the file. */
static int read_profile(const char *path, char **ret, struct err *err)
{
	cleanup(buf_reset) struct buf b = BUF_INIT;
	cleanup_json json_t *profile = NULL;
	int r = file_read_at(AT_FDCWD, path, PROFILE_MAX_BYTES, &b);

	if (r < 0)
		return err_errno(err, r, "seccomp profile %s", path);
	r = json_read(b.data ? b.data : "", b.len, "the seccomp profile", &profile, err);
	if (r < 0)
		return err_wrap(err, "%s", path);
	*ret = json_write(profile);
	return *ret ? 0 : err_nomem(err);
}

/* @ret: the text to send, owned; NULL for "systempaths=unconfined", which is sent as two empty
 * lists of paths. */
static int security_opt(const char *text, char **ret, struct err *err)
{
	size_t len = strcspn(text, "=:");
	const char *value = text[len] ? text + len + 1 : "";
	cleanup_free char *profile = NULL;

	*ret = NULL;
	if (strncmp(text, "systempaths", len) == 0 && len == 11 && streq(value, "unconfined"))
		return 0;
	if (strncmp(text, "seccomp", len) == 0 && len == 7 && *value &&
	    !streq(value, "unconfined") && !streq(value, "builtin")) {
		int r = read_profile(value, &profile, err);

		if (r < 0)
			return r;
		*ret = str_printf("seccomp=%s", profile);
	} else {
		*ret = strdup(text);
	}
	return *ret ? 0 : err_nomem(err);
}

static int put_security(const struct options *o, json_t *host, struct err *err)
{
	cleanup_strv char **opts = NULL;
	const char *value;
	size_t cursor = 0;
	int r = 0;

	while (r == 0 && (value = options_next(o, "security-opt", &cursor))) {
		cleanup_free char *text = NULL;

		r = security_opt(value, &text, err);
		if (r == 0 && text && strv_add(&opts, text) < 0)
			return err_nomem(err);
		if (r < 0 || text)
			continue;
		r = create_put(host, "MaskedPaths", json_array(), err);
		if (r == 0)
			r = create_put(host, "ReadonlyPaths", json_array(), err);
	}
	return r == 0 ? create_put_strv(host, "SecurityOpt", opts, err) : r;
}

/* The paths given for --masked-path or --read-only-path, after the default ones. */
static int create_paths(const struct options *o, const char *option, const char *const *defaults,
			json_t **ret, struct err *err)
{
	cleanup_json json_t *list = json_array();
	const char *value;
	size_t cursor = 0;
	bool given = false;

	for (; list && *defaults; defaults++)
		if (json_array_append_new(list, json_string(*defaults)) < 0)
			return err_nomem(err);
	while (list && (value = options_next(o, option, &cursor))) {
		given = true;
		if (streq(value, "NONE"))
			json_array_clear(list);
		else if (*value != '/')
			return err_set(err, -EINVAL,
				       "--%s: \"%s\" is neither an absolute path nor NONE", option,
				       value);
		else if (json_array_append_new(list, json_string(value)) < 0)
			return err_set(err, -EINVAL, "--%s: \"%s\" is not UTF-8", option, value);
	}
	*ret = given ? take_ptr(list) : NULL;
	return 0;
}

static int put_paths(const struct options *o, json_t *host, struct err *err)
{
	json_t *list;
	int r = create_paths(o, "masked-path", oci_default_masked_paths, &list, err);

	if (r == 0 && list)
		r = create_put(host, "MaskedPaths", list, err);
	if (r == 0)
		r = create_paths(o, "read-only-path", oci_default_readonly_paths, &list, err);
	if (r == 0 && list)
		r = create_put(host, "ReadonlyPaths", list, err);
	return r;
}

/* Options "KEY@VALUE", and the object they make. */
struct pairs {
	const char *option, *key;
	char separator;
	bool optional; /* may the separator be missing? */
};

static int put_pairs(const struct options *o, const struct pairs *what, json_t *host,
		     struct err *err)
{
	json_t *map = json_object();
	const char *text;
	size_t cursor = 0;
	int r = create_put(host, what->key, map, err);

	while (r == 0 && (text = options_next(o, what->option, &cursor))) {
		const char *value = strchr(text, what->separator);
		size_t len = value ? (size_t)(value - text) : strlen(text);
		cleanup_free char *key = strndup(text, len);

		if (!key)
			return err_nomem(err);
		if (len == 0 || (!value && !what->optional))
			return err_set(err, -EINVAL, "invalid --%s \"%s\"; write KEY%cVALUE",
				       what->option, text, what->separator);
		r = create_put(map, key, json_string(value ? value + 1 : ""), err);
	}
	return r;
}

/* docker takes NAME=ADDRESS as well, and sends NAME:ADDRESS. */
static int put_hosts(const struct options *o, json_t *host, struct err *err)
{
	cleanup_strv char **list = NULL;
	const char *text;
	size_t cursor = 0;

	while ((text = options_next(o, "add-host", &cursor))) {
		size_t len = strcspn(text, "=:");

		if (!text[len] || len == 0)
			return err_set(err, -EINVAL,
				       "invalid --add-host \"%s\"; write NAME:ADDRESS", text);
		if (strv_addf(&list, "%.*s:%s", (int)len, text, text + len + 1) < 0)
			return err_nomem(err);
	}
	return create_put_strv(host, "ExtraHosts", list, err);
}

static int put_numbers(const struct options *o, json_t *host, struct err *err)
{
	const char *shm = options_value(o, "shm-size"), *score = options_value(o, "oom-score-adj");
	const char *digits = score && *score == '-' ? score + 1 : score;
	uint64_t bytes;
	uint32_t n;
	int r = 0;

	if (shm) {
		if (str_to_size(shm, &bytes) < 0 || bytes > INT64_MAX)
			return err_set(err, -EINVAL, "invalid size \"%s\"; write 512m or 2g", shm);
		r = create_put(host, "ShmSize", json_integer((json_int_t)bytes), err);
	}
	if (r == 0 && score) {
		if (str_to_u32(digits, &n) < 0 || n > 1000)
			return err_set(err, -EINVAL,
				       "invalid --oom-score-adj \"%s\"; it is -1000 to 1000",
				       score);
		r = create_put(host, "OomScoreAdj",
			       json_integer(*score == '-' ? -(json_int_t)n : (json_int_t)n), err);
	}
	return r;
}

int create_put_guest(const struct options *o, json_t *host, struct err *err)
{
	static const struct create_text lists[] = { { "group-add", "GroupAdd" },
						    { "dns", "Dns" },
						    { "dns-search", "DnsSearch" },
						    { "dns-option", "DnsOptions" },
						    { 0 } };
	static const struct pairs pairs[] = { { "sysctl", "Sysctls", '=', false },
					      { "tmpfs", "Tmpfs", ':', true },
					      { "storage-opt", "StorageOpt", '=', false } };
	int r = create_put_lists(o, lists, host, err);

	if (r == 0 && options_flag(o, "init"))
		r = create_put(host, "Init", json_true(), err);
	if (r == 0 && options_flag(o, "privileged"))
		r = create_put(host, "Privileged", json_true(), err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(pairs); i++)
		r = put_pairs(o, &pairs[i], host, err);
	if (r == 0)
		r = put_hosts(o, host, err);
	if (r == 0)
		r = put_numbers(o, host, err);
	if (r == 0)
		r = put_security(o, host, err);
	return r == 0 ? put_paths(o, host, err) : r;
}
