/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* docker's default paths that a container must not see, and those it must not write to; each list
 * ends with NULL. */
extern const char *const oci_default_masked_paths[];
extern const char *const oci_default_readonly_paths[];
