/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/inside/packet.h"

#define ADDRESSES_4 10, 1, 0, 2, 192, 0, 2, 1
#define FROM_6	    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2
#define TO_6	    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

static void assert_is(const struct packet *p, const char *from, const char *to, int protocol,
		      uint16_t port)
{
	char text[IP_TEXT_MAX];

	ip_format(&p->from, text);
	assert_string_equal(text, from);
	ip_format(&p->to, text);
	assert_string_equal(text, to);
	assert_int_equal(p->protocol, protocol);
	assert_int_equal(p->port, port);
}

static void packets_say_who_and_where(void **state)
{
	static const unsigned char tcp4[] = { 0x45, 0, 0, 44,	       0,    0, 0, 0,	64,
					      6,    0, 0, ADDRESSES_4, 0x90, 0, 1, 0xbb };
	static const unsigned char icmp4[] = { 0x45, 0, 0, 28,		0, 0, 0, 0, 64,
					       1,    0, 0, ADDRESSES_4, 8, 0, 0, 0 };
	static const unsigned char udp6[] = { 0x60, 0,	    0,	  0,	0, 8, 17,
					      64,   FROM_6, TO_6, 0x90, 0, 0, 53 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(tcp4, sizeof(tcp4), &p), 0);
	assert_is(&p, "10.1.0.2", "192.0.2.1", IPPROTO_TCP, 443);
	assert_int_equal(packet_parse(icmp4, sizeof(icmp4), &p), 0);
	assert_is(&p, "10.1.0.2", "192.0.2.1", IPPROTO_ICMP, 0);
	assert_int_equal(packet_parse(udp6, sizeof(udp6), &p), 0);
	assert_is(&p, "fd00::2", "2001:db8::1", IPPROTO_UDP, 53);
}

static void options_and_extensions_are_gone_over(void **state)
{
	static const unsigned char options[] = { 0x46, 0,	    0, 48, 0, 0, 0, 0, 64, 17, 0,
						 0,    ADDRESSES_4, 1, 1,  1, 1, 0, 1, 0,  53 };
	static const unsigned char hops[] = { 0x60, 0, 0, 0, 0, 16, 0, 64, FROM_6, TO_6, 6,
					      0,    1, 4, 0, 0, 0,  0, 0,  1,	   0,	 80 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(options, sizeof(options), &p), 0);
	assert_is(&p, "10.1.0.2", "192.0.2.1", IPPROTO_UDP, 53);
	assert_int_equal(packet_parse(hops, sizeof(hops), &p), 0);
	assert_is(&p, "fd00::2", "2001:db8::1", IPPROTO_TCP, 80);
}

static void a_later_fragment_has_no_port(void **state)
{
	static const unsigned char later4[] = { 0x45, 0, 0, 44,		 0, 0, 0, 100, 64,
						6,    0, 0, ADDRESSES_4, 0, 1, 0, 80 };
	static const unsigned char later6[] = { 0x60, 0, 0, 0, 0, 16, 44, 64, FROM_6, TO_6, 6,
						0,    1, 0, 0, 0, 0,  0,  0,  1,      0,    80 };
	struct packet p;

	(void)state;
	assert_int_equal(packet_parse(later4, sizeof(later4), &p), 0);
	assert_int_equal(p.port, 0);
	assert_int_equal(packet_parse(later6, sizeof(later6), &p), 0);
	assert_is(&p, "fd00::2", "2001:db8::1", IPPROTO_FRAGMENT, 0);
}

static void what_is_cut_off_is_refused_or_has_no_port(void **state)
{
	static const unsigned char tcp4[] = { 0x45, 0, 0, 44,	       0, 0, 0, 0, 64,
					      6,    0, 0, ADDRESSES_4, 0, 1, 0, 80 };
	struct packet p = { .port = 7 };

	(void)state;
	assert_int_equal(packet_parse(tcp4, 0, &p), -EBADMSG);
	for (size_t len = 1; len < 20; len++)
		assert_int_equal(packet_parse(tcp4, len, &p), -EBADMSG);
	assert_int_equal(p.port, 7);
	for (size_t len = 20; len < 24; len++) {
		assert_int_equal(packet_parse(tcp4, len, &p), 0);
		assert_int_equal(p.port, 0);
	}
	assert_int_equal(packet_parse((const unsigned char *)"\x44"
							     "0123456789012345678",
				      20, &p),
			 -EBADMSG);
	assert_int_equal(packet_parse((const unsigned char *)"\x70", 1, &p), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_say_who_and_where),
		cmocka_unit_test(options_and_extensions_are_gone_over),
		cmocka_unit_test(a_later_fragment_has_no_port),
		cmocka_unit_test(what_is_cut_off_is_refused_or_has_no_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
