/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_TEXT_H
#define CT_INIT_TEXT_H

/* Strings, as far as contain-init has to do with them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_DECIMAL 24 /* bytes for any number */

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
/* The first @byte in @text, or NULL. */
const char *text_find(const char *text, char byte);
/* Copies @size bytes. Returns the end of the copy. */
char *text_copy(char *to, const char *from, size_t size);
/* Writes @number and NUL. Returns where the NUL is. */
char *text_decimal(char to[TEXT_DECIMAL], uint64_t number);
/* Adds @text, cut where @to ends at @end, and NUL. Returns where the NUL is. */
char *text_add(char *to, const char *end, const char *text);

#endif
