/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * jail_describe() - say in one line, for people, which parts a jail has on this host
 *
 * Return: owned by the caller; NULL when out of memory.
 */
char *jail_describe(void);
