/* SPDX-License-Identifier: Apache-2.0 */
#include "net/common/program.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static const struct package {
	const char *program, *package;
} packages[] = {
	{ "nft", "nftables" },
	{ "dnsmasq", "dnsmasq-base" },
};

static const char *package_of(const char *name)
{
	const struct package *p = STR_FIND(packages, name);

	return p ? p->package : name;
}

int program_find(const char *name, char **ret, struct err *err)
{
	static const char *const folders[] = { "/usr/local/sbin", "/usr/sbin", "/sbin",
					       "/usr/local/bin",  "/usr/bin",  "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = str_printf("%s/%s", folders[i], name);

		if (!path)
			return err_nomem(err);
		if (access(path, X_OK) == 0) {
			*ret = take_ptr(path);
			return 0;
		}
	}
	return err_set(err, -ENOENT, "the program %s is missing: install the package %s", name,
		       package_of(name));
}
