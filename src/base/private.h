/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** private_memory() - keep memory of this process, and of those it starts, out of core dumps.
 * Where the kernel refuses, nothing is changed. */
void private_memory(void);

/**
 * private_bind() - find all functions of all libraries before a secret can come
 * @argv: of main(), which calls this first; on success it begins anew with them
 *
 * So do programs that get this one's environment.  Where that is not possible, nothing is changed.
 */
void private_bind(char **argv);
