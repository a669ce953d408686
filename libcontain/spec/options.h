/* SPDX-License-Identifier: MIT */
#ifndef CT_SPEC_OPTIONS_H
#define CT_SPEC_OPTIONS_H

/* The table of mount option words, as `features` lists them. */

#include <stdbool.h>
#include <stddef.h>

/* Name number @i of every option word this library understands, sorted; NULL past the end. */
const char *ct_mount_option_name(size_t i);

/* Does @name change attributes of a mount and of all below it? */
bool ct_mount_option_is_recursive(const char *name);

#endif
