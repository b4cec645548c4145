/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/registry-auth.h"

#include "base/str.h"
#include "cli/cli.h"
#include "secret/registries.h"

static void warn_user(const char *why)
{
	cleanup_free char *message = str_printf("warning: going on without a login: %s", why);

	if (message)
		cli_print_error(message);
}

int registry_auth_header(const char *registry, char **ret, struct err *err)
{
	cleanup(credentials_reset) struct credentials c = { 0 };
	cleanup_free char *warning = NULL;
	int r = registry_credentials(registry, &c, &warning, err);

	if (r < 0)
		return r;
	if (warning)
		warn_user(warning);
	*ret = NULL;
	return credentials_are_set(&c)
		       ? credentials_header(&c, registry_address(registry), ret, err)
		       : 0;
}
