/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/machine.h"

#include "engine/engine.h"

void machine_add_devices(struct machine *m, uint64_t image_bytes, uint64_t layer_bytes)
{
	for (size_t slot = 0; slot < MACHINE_SLOTS; slot++) {
		m->disks[MACHINE_IMAGE_DISK(slot)] = (struct machine_disk){
			.fd = -1, .read_only = true, .size_bytes = image_bytes
		};
		m->disks[MACHINE_LAYER_DISK(slot)] =
			(struct machine_disk){ .fd = -1, .size_bytes = layer_bytes };
	}
	m->n_disks = MACHINE_DISKS_MAX;
	m->nics[0].tap_fd = -1;
	m->n_nics = 1;
	for (size_t slot = 0; slot < MACHINE_SHARES_MAX; slot++)
		m->shares[slot].fd = -1;
	m->n_shares = MACHINE_SHARES_MAX;
}
