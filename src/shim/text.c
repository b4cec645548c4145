/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/text.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

/* How many bytes the valid UTF-8 sequence at @s has (RFC 3629); 0 where there is none. */
static size_t utf8_length(const unsigned char *s)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc0 || s[0] > 0xf7)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	point = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3fu);
	}
	if (point < smallest[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return len;
}

void text_clean(char *s)
{
	while (*s) {
		size_t len = utf8_length((unsigned char *)s);

		if (len == 0)
			*s = '?';
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
		s += len ? len : 1;
	}
}

void text_tail(int dir_fd, const char *name, off_t from, char *ret, size_t size)
{
	cleanup_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	off_t room = (off_t)size - 1;
	struct stat sb;
	size_t len;

	ret[0] = '\0';
	if (fd < 0 || fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode) || sb.st_size <= from)
		return;
	if (sb.st_size - from > room)
		from = sb.st_size - room;
	len = (size_t)(sb.st_size - from);
	if (fd_pread_exact(fd, ret, len, (uint64_t)from) < 0)
		len = 0;
	while (len > 0 && ret[len - 1] == '\n')
		len--;
	ret[len] = '\0';
	text_clean(ret);
}
