/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/container/names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define BLANKS " \t"

/* Is @name a host's name in a line of /etc/hosts, behind the address? */
static bool has_name(const char *line, const char *name)
{
	size_t len = strlen(name);
	const char *word = line + strcspn(line, BLANKS);

	while (*(word += strspn(word, BLANKS))) {
		size_t n = strcspn(word, BLANKS);

		if (n == len && memcmp(word, name, len) == 0)
			return true;
		word += n;
	}
	return false;
}

static bool is_named(const struct names *n)
{
	for (char *const *line = n->hosts; line && *line; line++)
		if (has_name(*line, n->hostname))
			return true;
	return false;
}

int names_hosts(struct buf *b, const struct names *n)
{
	const char *domain = n->domainname ? n->domainname : "";
	int r = buf_adds(b, "127.0.0.1\tlocalhost\n"
			    "::1\tlocalhost ip6-localhost ip6-loopback\n");

	if (r == 0 && !is_named(n) && *domain)
		r = buf_addf(b, "127.0.1.1\t%s.%s %s\n", n->hostname, domain, n->hostname);
	else if (r == 0 && !is_named(n))
		r = buf_addf(b, "127.0.1.1\t%s\n", n->hostname);
	for (char *const *line = n->hosts; r == 0 && line && *line; line++)
		r = buf_addf(b, "%s\n", *line);
	return r;
}

static int overwrite_text(const char *name, const char *text)
{
	return file_overwrite(AT_FDCWD, name, text, strlen(text), 0644);
}

/* A new file has no rest to cut off: ftruncate(2) is much code that a start would have an emulator
 * translate for nothing else. */
static int write_new_text(const char *name, const char *text)
{
	cleanup_close int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

int names_change(const struct names *n, struct err *err)
{
	cleanup(buf_reset) struct buf hosts = BUF_INIT;
	int r = names_hosts(&hosts, n);

	if (r == 0)
		r = overwrite_text(HOSTS_FILE, hosts.data);
	if (r == 0 && n->resolv_conf && *n->resolv_conf)
		r = overwrite_text(RESOLV_FILE, n->resolv_conf);
	return r < 0 ? err_errno(err, r, "write /etc/hosts and /etc/resolv.conf") : 0;
}

int names_write(const struct names *n, struct err *err)
{
	cleanup(buf_reset) struct buf hosts = BUF_INIT;
	cleanup_free char *hostname = str_printf("%s\n", n->hostname);
	int r = hostname ? write_new_text(HOSTNAME_FILE, hostname) : -ENOMEM;

	if (r == 0)
		r = names_hosts(&hosts, n);
	if (r == 0)
		r = write_new_text(HOSTS_FILE, hosts.data);
	if (r == 0)
		r = write_new_text(RESOLV_FILE, n->resolv_conf ? n->resolv_conf : "");
	return r < 0 ? err_errno(err, r, "write the container's host name files") : 0;
}
