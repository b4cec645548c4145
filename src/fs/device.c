/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/device.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/macro.h"
#include "base/mutex.h"

/* Not in every <linux/magic.h>. */
#define MAGIC_CIFS 0xff534d42
#define MAGIC_SMB2 0xfe534d42
#define MAGIC_FUSE 0x65735546
#define MAGIC_CEPH 0x00c36400

void devices_init(struct devices *t)
{
	pthread_mutex_init(&t->lock, NULL);
	t->n = 0;
}

/* Under the lock.  The last entry stands for all devices beyond the table. */
static struct device *find_device(struct devices *t, uint64_t dev)
{
	uint32_t i = 0;

	while (i < t->n && t->list[i].dev != dev)
		i++;
	if (i == DEVICES_MAX)
		return &t->list[DEVICES_MAX - 1];
	if (i == t->n) {
		t->list[i] = (struct device){ .dev = dev, .number = i };
		t->n++;
	}
	return &t->list[i];
}

uint32_t devices_number(struct devices *t, uint64_t dev)
{
	mutex_hold(&t->lock);
	return find_device(t, dev)->number;
}

static bool is_remote(unsigned long type)
{
	static const unsigned long types[] = { NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  V9FS_MAGIC,
					       AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, MAGIC_CIFS,
					       MAGIC_SMB2,	MAGIC_FUSE,	  MAGIC_CEPH };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (type == types[i])
			return true;
	return false;
}

int devices_get(struct devices *t, uint64_t dev, int fd, struct device *ret)
{
	struct device *d;
	struct statfs sf;
	bool known;

	pthread_mutex_lock(&t->lock);
	*ret = *find_device(t, dev);
	pthread_mutex_unlock(&t->lock);
	known = ret->has_fsid && ret->dev == dev;
	if (known)
		return 0;
	if (fstatfs(fd, &sf) < 0)
		return -errno;
	memcpy(&ret->fsid, &sf.f_fsid, sizeof(ret->fsid));
	ret->has_fsid = true;
	ret->is_remote = is_remote((unsigned long)sf.f_type);
	pthread_mutex_lock(&t->lock);
	d = find_device(t, dev);
	if (d->dev == dev)
		*d = *ret;
	pthread_mutex_unlock(&t->lock);
	return 0;
}
