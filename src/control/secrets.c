/* SPDX-License-Identifier: Apache-2.0 */
#include "control/secrets.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define FILE_MAX (OCI_SECRETS_MAX * OCI_SECRET_MAX_BYTES)

/* Bytes of the binary form.  The buffer gets them at once: one that grows leaves old copies in
 * memory. */
static size_t bytes_of(const struct oci_secrets *s)
{
	size_t n = 4;

	for (size_t i = 0; i < s->n; i++)
		n += 32 + strlen(s->items[i].path) + s->items[i].data.len;
	return n;
}

int secrets_write(const struct oci_secrets *s, int *ret_fd)
{
	cleanup_close int fd = memfd_create("secrets", MFD_CLOEXEC);
	struct buf b = BUF_INIT;
	int r = fd < 0 ? -errno : buf_reserve(&b, bytes_of(s));

	if (r == 0)
		r = oci_secrets_put(&b, s);
	if (r == 0)
		r = fd_write_all(fd, b.data, b.len);
	buf_wipe(&b);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

int secrets_read(int fd, struct oci_secrets *ret)
{
	struct buf b = BUF_INIT;
	struct wire_view v;
	struct stat sb;
	int r = fstat(fd, &sb) < 0 ? -errno : 0;

	if (r == 0 && (!S_ISREG(sb.st_mode) || sb.st_size <= 0 || sb.st_size > FILE_MAX))
		return -EBADMSG;
	if (r == 0)
		r = buf_reserve(&b, (size_t)sb.st_size);
	if (r == 0)
		r = fd_pread_exact(fd, b.data, (size_t)sb.st_size, 0);
	v = (struct wire_view){ (const unsigned char *)b.data, r == 0 ? (size_t)sb.st_size : 0 };
	if (r == 0)
		r = oci_secrets_get(&v, ret);
	if (r == 0)
		r = wire_end(&v);
	buf_wipe(&b);
	return r;
}
