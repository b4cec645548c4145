/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/** errand_is() - do these arguments send a moat-fs on an errand (fs/errand.h)? */
bool errand_is(int argc, char *const *argv);

/** errand_run() - run the errand.  After errand_is().  Return: the program's exit status. */
int errand_run(char *const *argv);
