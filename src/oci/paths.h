/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* docker's defaults for what a container must not see, and what it must not write to; each ends
 * with NULL. */
extern const char *const oci_default_masked_paths[];
extern const char *const oci_default_readonly_paths[];
