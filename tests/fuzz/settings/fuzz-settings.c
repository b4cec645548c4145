/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "settings/read.h"
#include "settings/settings.h"

/* The input is the settings' file; what it says is asked as moatd asks. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct settings *s;

	if (settings_parse((const char *)data, len, &s, NULL) < 0)
		return 0;
	(void)settings_registry(s, "registry.dev.example:5000");
	(void)settings_is_insecure(s, "[fd00::1]:5000");
	(void)settings_is_insecure(s, "10.1.2.3");
	settings_unref(s);
	return 0;
}
