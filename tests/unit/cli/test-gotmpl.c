/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/format/gotmpl-parse.h"
#include "cli/format/gotmpl-run.h"

static const char data_text[] =
	"{\"ID\": \"0123456789abcdef\", \"Names\": \"web\", \"Exit\": 0, \"Half\": 0.5,"
	" \"State\": {\"Running\": true, \"Status\": \"running\", \"Health\": null},"
	" \"Env\": [\"A=1\", \"B=2\"], \"None\": [], \"Ports\": {\"80/tcp\": [{\"HostPort\": "
	"\"8080\"}]},"
	" \"Networks\": {\"b\": {\"IP\": \"2\"}, \"a\": {\"IP\": \"1\"}}}";
static const char methods_text[] = "{\"Label\": {\"com.x.y\": \"z\"}}";

static int run(const char *text, bool headers, struct buf *out, struct err *err)
{
	cleanup_json json_t *dot = json_loads(data_text, 0, NULL);
	cleanup_json json_t *methods = json_loads(methods_text, 0, NULL);
	const struct gotmpl_data data = { .dot = dot, .methods = methods, .headers = headers };
	cleanup_gotmpl struct gotmpl *t = NULL;
	int r = gotmpl_parse(text, &t, err);

	return r < 0 ? r : gotmpl_run(t, &data, out, err);
}

static void check(const char *text, const char *expected)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	struct err err = { 0 };

	if (run(text, false, &out, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void check_error(const char *text, const char *part)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_int_equal(run(text, false, &out, &err), -EINVAL);
	if (!strstr(err.msg, part))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, err.msg, part);
}

static void test_fields(void **state)
{
	(void)state;
	check("", "");
	check("plain", "plain");
	check("{{.ID}} {{ .Names }}", "0123456789abcdef web");
	check("{{.State.Status}}/{{.State.Running}}/{{.Exit}}/{{.Half}}", "running/true/0/0.5");
	check("{{(.State).Status}}", "running");
	check("{{.Id}}", "0123456789abcdef");
	check("{{.Env}}", "[A=1 B=2]");
	check("{{.State.Health}}", "<nil>");
	check("{{.Label \"com.x.y\"}}{{.Label \"other\"}}", "z");
	check("a {{- .Names -}} b", "awebb");
	check("a{{/* a comment */}}b", "ab");
}

static void test_functions(void **state)
{
	(void)state;
	check("{{json .Names}} {{.Env | json}}", "\"web\" [\"A=1\",\"B=2\"]");
	check("{{join .Env \", \"}}", "A=1, B=2");
	check("{{upper .Names}} {{.Names | title}} {{\"ABC\" | lower}}", "WEB Web abc");
	check("{{println .Names .Exit}}", "web 0\n");
	check("{{printf \"%.4s|%-5s|%5v|%q|%%\" .ID .Names .Exit .Names}}",
	      "0123|web  |    0|\"web\"|%");
	check("{{printf \"%03d %+d %x %.1f\" 7 7 255 .Half}}{{printf \"%5d|\" -3}}",
	      "007 +7 ff 0.5   -3|");
	check("{{print .Exit 1 \"a\" \"b\"}}", "0 1ab");
	check("{{len .Env}} {{len .Names}} {{len .Networks}} {{len .None}}", "2 3 2 0");
	check("{{index .Env 1}} {{index .Networks \"a\" \"IP\"}} [{{index .Networks \"c\"}}]",
	      "B=2 1 []");
	check("{{(index (index .Ports \"80/tcp\") 0).HostPort}}", "8080");
	check("{{truncate .ID 4}} {{index (split .Names \"e\") 1}}", "0123 b");
	check("{{truncate \"h\xc3\xa9llo\" 2}}", "h");
	check("{{eq .Names \"x\" \"web\"}} {{ne .Exit 0}} {{lt 1 2}} {{ge \"a\" \"b\"}}",
	      "true false true false");
	check("{{and true .Exit}} {{or .Exit \"y\"}} {{not .Exit}}", "0 y true");
	check("{{\"a\\tb\\n\"}}{{`c\\t`}}", "a\tb\nc\\t");
}

static void test_escapes(void **state)
{
	(void)state;
	check("{{html \"<a b='c&d'>\"}}", "&lt;a b=&#39;c&amp;d&#39;&gt;");
	check("{{js \"a='b\\\"<\\n\"}}", "a\\u003D\\'b\\\"\\u003C\\u000A");
	check("{{urlquery \"a b/\xc3\xa9~\" 1 2}}", "a+b%2F%C3%A9~1+2");
	check("{{\"a&b\" | html}}", "a&amp;b");
}

static void test_slices(void **state)
{
	(void)state;
	check("{{slice .ID 0 4}}|{{slice .ID 12}}|{{slice .Names}}|{{slice .Names 3}}",
	      "0123|cdef|web|");
	check("{{slice .Env 1}} {{slice .Env 0 1}} {{slice .Env 0 1 2}} {{slice .None}}",
	      "[B=2] [A=1] [A=1] []");
	check("{{slice \"h\xc3\xa9llo\" 3}}", "llo");
	check_error("{{slice \"h\xc3\xa9llo\" 2}}", "slice: this would cut a character");
	check_error("{{slice .Names 4}}", "slice: takes numbers that rise");
	check_error("{{slice .Names 2 1}}", "slice: takes numbers that rise");
	check_error("{{slice .Names -1}}", "slice: takes numbers that rise");
	check_error("{{slice .Names 0 1 2}}", "slice: takes no third number");
	check_error("{{slice .Env 0 2 1}}", "slice: takes numbers that rise");
	check_error("{{slice .Exit 0}}", "slice: takes a string or a list");
	check("[{{pad .Names 1 2}}] [{{pad \"\" 1 2}}]", "[ web  ] []");
	check_error("{{pad .Names 5000 0}}", "pad: takes");
	check_error("{{pad .Names 1}}", "pad: wrong number");
}

static void test_blocks(void **state)
{
	(void)state;
	check("{{if .Exit}}a{{else}}b{{end}}", "b");
	check("{{if .Exit}}a{{else if .Names}}c{{else}}b{{end}}!", "c!");
	check("{{if .State.Health}}{{.State.Health.Status}}{{end}}", "");
	check("{{if .Nothing.There}}a{{else}}b{{end}}", "b");
	check("{{if and .State.Running (eq .Names \"web\")}}yes{{end}}", "yes");
	check("{{range .Env}}<{{.}}>{{end}}", "<A=1><B=2>");
	check("{{range .None}}a{{else}}none{{end}}", "none");
	check("{{range $i, $e := .Env}}{{$i}}={{$e}} {{$.Names}};{{end}}", "0=A=1 web;1=B=2 web;");
	check("{{range $name, $n := .Networks}}{{$name}}:{{$n.IP}} {{end}}", "a:1 b:2 ");
	check("{{with .State}}{{.Status}}{{end}}", "running");
	check("{{$x := .Names}}{{$x}}{{$x | upper}}", "webWEB");
	check("{{if true}}{{range .Env}}{{if eq . \"A=1\"}}one{{end}}{{end}}{{end}}", "one");
}

static void test_headers(void **state)
{
	cleanup(buf_reset) struct buf out = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(run("{{.ID}}\t{{upper .Names}}\t{{.Label \"a.b\"}}\t{{json .Exit}}", true,
			     &out, &err),
			 0);
	assert_string_equal(out.data, "0123456789abcdef\tweb\ta.b\t0");
}

static void test_errors(void **state)
{
	(void)state;
	check_error("{{.Nmae}}", "no field \"Nmae\"; there are ID, Names");
	check_error("{{.Names.More}}", ".More");
	check_error("{{.ID", "}}");
	check_error("{{end}}", "{{end}} without");
	check_error("{{else}}", "{{else}} without");
	check_error("{{if .ID}}", "{{end}} is missing");
	check_error("{{if .ID}}{{else}}{{else}}{{end}}", "{{else}}");
	check_error("{{if}}{{end}}", "empty");
	check_error("{{}}", "empty");
	check_error("{{.ID | }}", "empty");
	check_error("{{frob .ID}}", "no function \"frob\"");
	check_error("{{$y}}", "no variable $y");
	check_error("{{(.ID}}", "parenthesis");
	check_error("{{.ID)}}", "unexpected");
	check_error("{{.ID @}}", "unexpected \"@\"");
	check_error("{{\"open}}", "}}");
	check_error("{{join .ID}}", "join: wrong number");
	check_error("{{join .ID \",\"}}", "join: takes a list");
	check_error("{{index .Env 7}}", "not as long");
	check_error("{{range .ID}}{{end}}", "no list");
	check_error("{{lt .ID 1}}", "lt: takes two");
	check_error("{{.ID 5}}", "no argument");
	check_error("{{12x}}", "");
	check_error("{{printf \"%s\"}}", "more verbs");
	check_error("{{printf \"\" 1}}", "more values");
	check_error("{{printf \"%d\" .ID}}", "take a number");
	check_error("{{printf \"%y\" .ID}}", "it knows");
	check_error("{{printf \"%\" .ID}}", "it knows");
}

/* Neither deep nesting nor many variables are more than an error. */
static void test_bounds(void **state)
{
	static const char *const parts[] = { "{{if .ID}}", "{{(", "{{$x := 1}}", "(" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		cleanup(buf_reset) struct buf text = BUF_INIT, out = BUF_INIT;
		struct err err;

		assert_int_equal(buf_adds(&text, i == 3 ? "{{" : ""), 0);
		for (size_t n = 0; n < 5000; n++)
			assert_int_equal(buf_adds(&text, parts[i]), 0);
		assert_int_equal(run(text.data, false, &out, &err), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_functions),
		cmocka_unit_test(test_slices), cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_blocks), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
