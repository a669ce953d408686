/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_IDS_H
#define CT_BASE_IDS_H

/* User and group ids as text. */

#include <stdbool.h>
#include <stdint.h>

/* Digits only, and no more than a valid id: (uint32_t)-1 is none. NULL is no id. */
bool ct_id_parse(const char *text, uint32_t *ret);

#endif
