// SPDX-License-Identifier: MIT
/*
 * Text on a terminal.  UTF-8 is decoded here and not by the C library: names
 * come from elsewhere and must be handled alike in every locale.
 */
#include <langinfo.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

bool text_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static size_t text_lead_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates and what is beyond Unicode are no characters. */
static bool text_is_character(uint32_t code, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code >= least[len] && code <= 0x10ffff &&
	       (code < 0xd800 || code > 0xdfff);
}

static size_t text_decode(const char *text, uint32_t *ret_code)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t len = text_lead_len(*byte);
	uint32_t code = len > 1 ? *byte & (0x7fU >> len) : *byte;

	for (size_t i = 1; i < len; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	*ret_code = code;
	return len && text_is_character(code, len) ? len : 0;
}

size_t text_char_len(const char *text)
{
	uint32_t code;

	return text_decode(text, &code);
}

uint32_t text_obeyed(const char *text)
{
	static const struct {
		uint32_t first, last;
	} obeyed[] = {
		{ 0x01, 0x1f }, { 0x7f, 0x9f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	};
	uint32_t code;

	if (!text_decode(text, &code))
		return 0;
	for (size_t i = 0; i < sizeof(obeyed) / sizeof(*obeyed); i++)
		if (code >= obeyed[i].first && code <= obeyed[i].last)
			return code;
	return 0;
}

static size_t text_step(const char *text)
{
	size_t len = text_char_len(text);

	return len ? len : 1;
}

size_t text_width(const char *text)
{
	size_t columns = 0;

	for (; *text; text += text_step(text))
		columns++;
	return columns;
}

size_t text_fit(const char *text, size_t columns)
{
	const char *end = text;

	for (; *end && columns; columns--)
		end += text_step(end);
	return (size_t)(end - text);
}

void text_clean(char *out, size_t size, const char *text)
{
	size_t used = 0, len;

	for (; *text && used + 4 < size; text += text_step(text)) {
		len = text_char_len(text);
		if (!len || text_obeyed(text) || (len > 1 && !text_is_utf8())) {
			out[used++] = '?';
			continue;
		}
		memcpy(out + used, text, len);
		used += len;
	}
	out[used] = '\0';
}
