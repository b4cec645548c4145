/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Options that several commands share. */

#define DETACH_KEYS_OPTION                                                                         \
	{                                                                                          \
		0, "detach-keys", "KEYS",                                                          \
			"Keys that leave the container running, e.g. ctrl-a,d; ctrl-p,ctrl-q"      \
	}

#define FILTER_OPTION                                                                              \
	{                                                                                          \
		'f', "filter", "KEY=VALUE", "Show only what matches; may be repeated"              \
	}

#define PRUNE_FILTER_OPTION                                                                        \
	{                                                                                          \
		0, "filter", "KEY=VALUE", "Remove only what matches: until=24h, label=KEY"         \
	}

#define FORCE_OPTION                                                                               \
	{                                                                                          \
		'f', "force", NULL, "Do not ask"                                                   \
	}

/* @letter: 0, or 'f' where docker has it */
#define FORMAT_OPTION_(letter)                                                                     \
	{                                                                                          \
		letter, "format", "FORMAT",                                                        \
			"table, json, yaml, or a template: '{{.ID}} {{.Name}}'"                    \
	}
#define FORMAT_OPTION FORMAT_OPTION_(0)

#define NO_TRUNC_OPTION                                                                            \
	{                                                                                          \
		0, "no-trunc", NULL, "Show ids and texts in full"                                  \
	}

#define PROGRESS_OPTION                                                                            \
	{                                                                                          \
		0, "progress", "STYLE", "How progress is shown: auto, plain, json or none"         \
	}

#define SCHEME_OPTION                                                                              \
	{                                                                                          \
		0, "scheme", "SCHEME", "How to speak to the registry: http, https or auto"         \
	}

#define SIG_PROXY_OPTION                                                                           \
	{                                                                                          \
		0, "sig-proxy", NULL, "Pass signals on to the command; on unless =false"           \
	}
