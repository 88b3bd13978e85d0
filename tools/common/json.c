// SPDX-License-Identifier: MIT
/*
 * Writing JSON.  Bytes that are no UTF-8 become U+FFFD, so that a hostile
 * name cannot make the document invalid, nor rule a terminal that shows it.
 */
#include <inttypes.h>

#include "common/json.h"
#include "common/text.h"

static void json_quote(FILE *out, const char *text)
{
	size_t len;

	putc('"', out);
	for (; *text; text += len ? len : 1) {
		len = text_char_len(text);
		if (!len)
			fputs("\\ufffd", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (text_obeyed(text))
			fprintf(out, "\\u%04" PRIx32, text_obeyed(text));
		else
			fwrite(text, 1, len, out);
	}
	putc('"', out);
}

static void json_key(struct json *json, const char *key)
{
	if (json->comma)
		putc(',', json->out);
	if (key) {
		json_quote(json->out, key);
		putc(':', json->out);
	}
	json->comma = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
	json_key(json, key);
	putc(bracket, json->out);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	putc(bracket, json->out);
	json->comma = true;
}

void json_unsigned(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	json_key(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_micros(struct json *json, const char *key, uint64_t ns)
{
	json_key(json, key);
	fprintf(json->out, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
}

void json_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_string(struct json *json, const char *key, const char *value)
{
	json_key(json, key);
	json_quote(json->out, value);
}

void json_unsigned_array(struct json *json, const char *key,
			 const uint64_t *values, size_t count)
{
	json_open(json, key, '[');
	for (size_t i = 0; i < count; i++)
		json_unsigned(json, NULL, values[i]);
	json_close(json, ']');
}
