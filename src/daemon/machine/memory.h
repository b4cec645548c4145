/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/** memory_of_process() - bytes of host memory that a process takes, with its share of what it has
 * in common with others (PSS); 0 where that cannot be told */
int64_t memory_of_process(pid_t pid);

/** memory_given_back() - bytes of host memory that a process once had and has given back; 0 where
 * that cannot be told */
int64_t memory_given_back(pid_t pid);

/**
 * memory_of_machine() - bytes of host memory a container's virtual machine takes
 * @engine: process id of the engine, or 0
 *
 * The sum over the shim, which leads the engine's session, and all processes below it.  Return: 0
 * where that cannot be told.
 */
int64_t memory_of_machine(pid_t engine);
