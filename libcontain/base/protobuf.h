/* SPDX-License-Identifier: MIT */
#ifndef CT_BASE_PROTOBUF_H
#define CT_BASE_PROTOBUF_H

/*
 * The wire format of protocol buffers, as far as messages of numbers, strings and messages need it: no
 * schema, no allocation but the buffer's. Errors of writing stick to the buffer.
 */

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Append field @number. Negative numbers of the types int32 and int64 are given sign-extended. */
void ct_pb_put_uint(struct ct_buf *buf, unsigned number, uint64_t value);
void ct_pb_put_bytes(struct ct_buf *buf, unsigned number, const void *bytes, size_t size);
/* Nothing for NULL. */
void ct_pb_put_string(struct ct_buf *buf, unsigned number, const char *text);
/* @message may be empty; one that has failed makes @buf fail. */
void ct_pb_put_message(struct ct_buf *buf, unsigned number, const struct ct_buf *message);

/* A message that is being read; all borrowed. */
struct ct_pb_reader {
        const unsigned char *next, *end;
};

struct ct_pb_field {
        unsigned number;
        bool is_bytes;              /* a string or a message: @bytes; else a number: @value */
        uint64_t value;             /* of fixed-width fields, too */
        const unsigned char *bytes; /* not ended by a NUL */
        size_t size;
};

struct ct_pb_reader ct_pb_reader(const void *bytes, size_t size);
/* Of a field that is_bytes, as the message in it. */
struct ct_pb_reader ct_pb_message(const struct ct_pb_field *field);

/* 1: the next field; 0: there is none; -EBADMSG: this is no message. */
int ct_pb_next(struct ct_pb_reader *reader, struct ct_pb_field *ret);

/* Copies a field's bytes as a string, cut to what @size has room for. -EBADMSG: with a NUL in it. */
int ct_pb_copy_string(const struct ct_pb_field *field, char *ret, size_t size);

#endif
