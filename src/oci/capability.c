/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/capability.h"

#include <errno.h>
#include <linux/capability.h>
#include <strings.h>

#include "base/str.h"

static const char *const names[] = {
	[CAP_CHOWN] = "CAP_CHOWN",
	[CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
	[CAP_FOWNER] = "CAP_FOWNER",
	[CAP_FSETID] = "CAP_FSETID",
	[CAP_KILL] = "CAP_KILL",
	[CAP_SETGID] = "CAP_SETGID",
	[CAP_SETUID] = "CAP_SETUID",
	[CAP_SETPCAP] = "CAP_SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "CAP_LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "CAP_NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "CAP_NET_BROADCAST",
	[CAP_NET_ADMIN] = "CAP_NET_ADMIN",
	[CAP_NET_RAW] = "CAP_NET_RAW",
	[CAP_IPC_LOCK] = "CAP_IPC_LOCK",
	[CAP_IPC_OWNER] = "CAP_IPC_OWNER",
	[CAP_SYS_MODULE] = "CAP_SYS_MODULE",
	[CAP_SYS_RAWIO] = "CAP_SYS_RAWIO",
	[CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",
	[CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_SYS_PACCT] = "CAP_SYS_PACCT",
	[CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
	[CAP_SYS_BOOT] = "CAP_SYS_BOOT",
	[CAP_SYS_NICE] = "CAP_SYS_NICE",
	[CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
	[CAP_SYS_TIME] = "CAP_SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "CAP_SYS_TTY_CONFIG",
	[CAP_MKNOD] = "CAP_MKNOD",
	[CAP_LEASE] = "CAP_LEASE",
	[CAP_AUDIT_WRITE] = "CAP_AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "CAP_AUDIT_CONTROL",
	[CAP_SETFCAP] = "CAP_SETFCAP",
	[CAP_MAC_OVERRIDE] = "CAP_MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "CAP_MAC_ADMIN",
	[CAP_SYSLOG] = "CAP_SYSLOG",
	[CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "CAP_BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "CAP_AUDIT_READ",
	[CAP_PERFMON] = "CAP_PERFMON",
	[CAP_BPF] = "CAP_BPF",
	[CAP_CHECKPOINT_RESTORE] = "CAP_CHECKPOINT_RESTORE",
};

int oci_capability_parse(const char *name)
{
	const size_t prefix = strlen("CAP_");

	if (strncasecmp(name, "CAP_", prefix) == 0)
		name += prefix;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcasecmp(names[i] + prefix, name) == 0)
			return (int)i;
	return -EINVAL;
}

uint64_t oci_default_capabilities(void)
{
	static const unsigned char defaults[] = {
		CAP_CHOWN,	 CAP_DAC_OVERRIDE, CAP_FOWNER,
		CAP_FSETID,	 CAP_KILL,	   CAP_SETGID,
		CAP_SETUID,	 CAP_SETPCAP,	   CAP_NET_BIND_SERVICE,
		CAP_NET_RAW,	 CAP_SYS_CHROOT,   CAP_MKNOD,
		CAP_AUDIT_WRITE, CAP_SETFCAP,
	};
	uint64_t mask = 0;

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		mask |= 1ULL << defaults[i];
	return mask;
}

int oci_capabilities_read(const json_t *array, uint64_t *ret, struct err *err)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));
		int n = name ? oci_capability_parse(name) : -EINVAL;

		if (n < 0)
			return err_set(err, -EBADMSG, "unknown capability \"%.64s\"",
				       name ? name : "");
		mask |= 1ULL << n;
	}
	*ret = mask;
	return 0;
}

json_t *oci_capabilities_write(uint64_t mask)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < ARRAY_SIZE(names); i++) {
		if (!(mask & 1ULL << i))
			continue;
		if (json_array_append_new(array, json_string(names[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
