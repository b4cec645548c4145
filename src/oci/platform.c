/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* People's and uname(2)'s names of CPUs, and Go's words for them. */
static const struct alias {
	const char *name, *arch, *variant;
} aliases[] = {
	{ "x86_64", "amd64", "" }, { "x86-64", "amd64", "" }, { "aarch64", "arm64", "" },
	{ "armhf", "arm", "v7" },  { "armel", "arm", "v6" },  { "i386", "386", "" },
	{ "i686", "386", "" },
};

static const char *host_arch(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__riscv)
	return "riscv64";
#else
#error "name this CPU as Go does"
#endif
}

struct platform platform_host(void)
{
	struct platform p = { .os = "linux" };

	snprintf(p.arch, sizeof(p.arch), "%s", host_arch());
	return p;
}

static bool word_valid(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < sizeof(((struct platform *)0)->os) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n;
}

static int malformed_platform(const char *text, struct err *err)
{
	return err_set(
		err, -EINVAL,
		"invalid platform \"%.64s\": write it as os/architecture[/variant], for example "
		"linux/amd64",
		text);
}

void platform_normalize(struct platform *p)
{
	const struct alias *alias;

	str_lower(p->os);
	str_lower(p->arch);
	str_lower(p->variant);
	alias = STR_FIND(aliases, p->arch);
	if (!alias)
		return;
	snprintf(p->arch, sizeof(p->arch), "%s", alias->arch);
	if (!*p->variant)
		snprintf(p->variant, sizeof(p->variant), "%s", alias->variant);
}

void platform_complete(struct platform *p, const struct platform *other)
{
	if (!*p->os)
		memcpy(p->os, other->os, sizeof(p->os));
	if (*p->arch)
		return;
	memcpy(p->arch, other->arch, sizeof(p->arch));
	if (!*p->variant)
		memcpy(p->variant, other->variant, sizeof(p->variant));
}

int platform_parse(const char *text, struct platform *ret, struct err *err)
{
	struct platform p = platform_host();
	cleanup_free char *copy = strdup(text);
	char *part[3] = { NULL };
	char *rest = copy;

	if (!copy)
		return err_nomem(err);
	str_lower(copy);
	for (size_t n = 0; rest && n < ARRAY_SIZE(part); n++) {
		part[n] = strsep(&rest, "/");
		if (!word_valid(part[n]))
			return malformed_platform(text, err);
	}
	if (rest)
		return malformed_platform(text, err);
	if (part[1])
		snprintf(p.os, sizeof(p.os), "%s", part[0]);
	if (part[1] || !streq(part[0], p.os))
		snprintf(p.arch, sizeof(p.arch), "%s", part[part[1] ? 1 : 0]);
	if (part[2])
		snprintf(p.variant, sizeof(p.variant), "%s", part[2]);
	platform_normalize(&p);
	*ret = p;
	return 0;
}

bool platform_matches(const struct platform *have, const struct platform *want)
{
	return streq(have->os, want->os) && streq(have->arch, want->arch) &&
	       (!*have->variant || !*want->variant || streq(have->variant, want->variant));
}

void platform_format(const struct platform *p, char ret[64])
{
	snprintf(ret, 64, "%s/%s%s%s", p->os, p->arch, *p->variant ? "/" : "", p->variant);
}
