/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry/transport.h"

#include <errno.h>

static int refuse_certificate(const char *host, const char *why, struct err *err)
{
	return err_set(err, -EPROTO,
		       "%s: put who vouches for it into ~/.config/moat or /etc/moat, as "
		       "certs.d/%s/ca.crt, or name it in "
		       "\"insecure-registries\" of moat's settings",
		       why, host);
}

int transport_error(CURLcode code, const char *text, const char *host, struct err *err)
{
	const char *why = *text ? text : curl_easy_strerror(code);

	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		return err_nomem(err);
	case CURLE_ABORTED_BY_CALLBACK:
		return err_set(err, -ECANCELED, "cancelled");
	case CURLE_COULDNT_CONNECT:
		return err_set(err, -ECONNREFUSED, "%s: is the registry running?", why);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(err, -EHOSTUNREACH, "%s: check the name and the network", why);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, -ETIMEDOUT, "%s", why);
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return err_set(err, -ECONNRESET, "the registry cut the connection: %s", why);
	case CURLE_SSL_CONNECT_ERROR:
		return err_set(err, -EPROTONOSUPPORT,
			       "%s: it may speak plain HTTP (\"scheme\" of moat's settings, or "
			       "--scheme http)",
			       why);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return err_set(err, -EPROTONOSUPPORT, "%s", why);
	case CURLE_PEER_FAILED_VERIFICATION:
		return refuse_certificate(host, why, err);
	default:
		return err_set(err, -EPROTO, "%s", why);
	}
}
