/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For so long a test waits for what always comes, on the slowest host too.  It can still say what
 * did not come before meson ends it (tests/meson.build). */
#define HANG_SEC  200
#define HANG_MSEC (HANG_SEC * 1000)
