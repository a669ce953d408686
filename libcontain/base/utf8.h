/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_UTF8_H
#define CT_BASE_UTF8_H

#include <stddef.h>

/* Length of the well-formed UTF-8 sequence that the @size bytes at @text begin with, 0 when there is none. */
size_t ct_utf8_length(const char *text, size_t size);

#endif
