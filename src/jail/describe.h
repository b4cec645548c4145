/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * jail_describe() - what a jail consists of on this host, in one line for people
 *
 * Return: owned by the caller; NULL when out of memory.
 */
char *jail_describe(void);
