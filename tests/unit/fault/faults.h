/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Calls that fail when told to, in turn: whoever allocates memory or writes a file is run again and
 * again, and each time the next of its calls fails.  The linker puts these in the place of
 * the library's (see meson.build).
 */

enum fault_kind { FAULT_MEMORY, FAULT_FILES };

/** faults_arm() - the @nth call of a kind from now on fails, counted from 1, and only that one.
 * Memory fails with ENOMEM, files with ENOSPC; a write is cut short first. */
void faults_arm(enum fault_kind kind, unsigned nth);

/** faults_disarm() - Return: did a call fail? */
bool faults_disarm(void);

/**
 * faults_each() - run @fn until none of its calls of a kind is left to fail
 *
 * While one fails, @fn must return a negative errno; when none does, 0.
 *
 * Return: how many calls there were.
 */
unsigned faults_each(enum fault_kind kind, int (*fn)(void *arg), void *arg);
