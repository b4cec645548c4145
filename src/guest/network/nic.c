/* SPDX-License-Identifier: Apache-2.0 */
#include "guest/network/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"

#define DRIVER_DIR "/sys/bus/virtio/drivers/virtio_net"

int nic_find(char ret[NIC_DEVICE_MAX])
{
	cleanup_dir DIR *dir = opendir(DRIVER_DIR);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (!str_starts(e->d_name, "virtio") || strlen(e->d_name) >= NIC_DEVICE_MAX)
			continue;
		memcpy(ret, e->d_name, strlen(e->d_name) + 1);
		return 0;
	}
	return -ENODEV;
}

int nic_reset(const char device[NIC_DEVICE_MAX])
{
	int r = file_set_at(AT_FDCWD, DRIVER_DIR "/unbind", device);

	if (r < 0 && r != -ENODEV) /* a container with the right to may have done this already */
		return r;
	return file_set_at(AT_FDCWD, DRIVER_DIR "/bind", device);
}

int nic_index(int fd, const char *name)
{
	struct ifreq req = { 0 };

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFINDEX, &req) < 0 ? -errno : req.ifr_ifindex;
}
