/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON: always valid, whatever the strings hold; no floating point.
 * Knows nothing of what is written.
 */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma;
};

/* @key is NULL inside an array and at the top; @bracket is '{' or '['. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
/* Nanoseconds as microseconds, exact: "1.234"; for formats that want it so. */
void json_micros(struct json *json, const char *key, uint64_t ns);
void json_bool(struct json *json, const char *key, bool value);
void json_string(struct json *json, const char *key, const char *value);
void json_unsigned_array(struct json *json, const char *key,
			 const uint64_t *values, size_t count);

#endif /* TOOL_JSON_H */
