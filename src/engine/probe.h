/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "engine/engine.h"

/** KVM slower than this emulates its guest's instructions; one that works takes less than 2. */
#define KVM_NSEC_PER_INSTRUCTION_MAX 50.0

/**
 * kvm_probe() - does /dev/kvm run guests at the processor's speed?
 * @ret: filled in any case
 *
 * Runs a loop of known length in a small machine, in a child process, for at most some tens
 * of milliseconds.
 *
 * Return: 0; -errno when the probe itself could not be made.
 */
int kvm_probe(struct engine_probe *ret);
