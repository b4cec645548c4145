/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/hash.h"
#include "kernel/store.h"

/*
 * Making pairs of kernel and initramfs.  Call all this with the store's lock held, or before there
 * are other threads.
 */

#define KERNEL_VERSION_MAX  128
#define KERNEL_UPGRADES_MAX 64u /* upgrades of moat-init, each of which makes a newer pair */
#define KERNEL_PARAMETERS   "device-parameters" /* a file beside kernels that need no ACPI */

/**
 * kernel_stage() - copy a kernel in and build its initramfs
 * @kernel, @modules: as kernel_set() has them
 * @ret_hash:         of the pair, by which kernel_publish() names it
 *
 * Return: 0; -errno with a message, and then kernel_unstage().
 */
int kernel_stage(struct kernel_store *ks, const char *kernel, const char *modules,
		 char ret_hash[SHA256_HEX_LEN + 1], struct err *err);

/** kernel_stage_update() - as kernel_stage(), from the pair @hash, with the moat-init that is
 * installed now */
int kernel_stage_update(struct kernel_store *ks, const char *hash,
			char ret_hash[SHA256_HEX_LEN + 1], struct err *err);

/** kernel_publish() - give the staged pair its name, durably.  Return: 0; -errno with a message. */
int kernel_publish(struct kernel_store *ks, const char *hash, struct err *err);

/** kernel_unstage() - remove the staged pair */
void kernel_unstage(struct kernel_store *ks);

/** kernel_is_outdated() - has a pair another moat-init than the installed one? */
bool kernel_is_outdated(struct kernel_store *ks, const char *hash);
