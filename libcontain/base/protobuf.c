/* SPDX-License-Identifier: MIT */

/* Protocol buffers' wire format: a key of field number and kind, then a number or a counted run of bytes. */

#include "base/protobuf.h"

#include <string.h>

/* Kinds of fields. The two for groups were never ours to meet. */
enum { KIND_VARINT = 0, KIND_FIXED64 = 1, KIND_BYTES = 2, KIND_FIXED32 = 5 };

#define MAX_NUMBER 0x1fffffff
#define MAX_VARINT 10 /* bytes: 64 bits by sevens */
#define MORE       0x80

/* --- writing -------------------------------------------------------------------------------- */

static void put_varint(struct ct_buf *buf, uint64_t value)
{
        unsigned char bytes[MAX_VARINT];
        size_t n = 0;

        do {
                bytes[n] = (unsigned char)(value & 0x7f);
                value >>= 7;
                if (value > 0)
                        bytes[n] |= MORE;
                n++;
        } while (value > 0);
        (void)ct_buf_append(buf, bytes, n);
}

static void put_key(struct ct_buf *buf, unsigned number, unsigned kind)
{
        put_varint(buf, (uint64_t)number << 3 | kind);
}

void ct_pb_put_uint(struct ct_buf *buf, unsigned number, uint64_t value)
{
        put_key(buf, number, KIND_VARINT);
        put_varint(buf, value);
}

void ct_pb_put_bytes(struct ct_buf *buf, unsigned number, const void *bytes, size_t size)
{
        put_key(buf, number, KIND_BYTES);
        put_varint(buf, size);
        if (size > 0)
                (void)ct_buf_append(buf, bytes, size);
}

void ct_pb_put_string(struct ct_buf *buf, unsigned number, const char *text)
{
        if (text)
                ct_pb_put_bytes(buf, number, text, strlen(text));
}

void ct_pb_put_message(struct ct_buf *buf, unsigned number, const struct ct_buf *message)
{
        ct_pb_put_bytes(buf, number, message->data, message->size);
        if (message->failed)
                buf->failed = true;
}

/* --- reading -------------------------------------------------------------------------------- */

struct ct_pb_reader ct_pb_reader(const void *bytes, size_t size)
{
        const unsigned char *begin = bytes;

        return (struct ct_pb_reader){ .next = begin, .end = size > 0 ? begin + size : begin };
}

struct ct_pb_reader ct_pb_message(const struct ct_pb_field *field)
{
        return ct_pb_reader(field->bytes, field->size);
}

static int get_varint(struct ct_pb_reader *reader, uint64_t *ret)
{
        uint64_t value = 0;

        for (unsigned shift = 0; shift < 7 * MAX_VARINT; shift += 7) {
                unsigned char byte;

                if (reader->next == reader->end)
                        return -EBADMSG;
                byte = *reader->next++;
                /* The tenth byte has room for one bit. */
                if (shift == 63 && byte > 1)
                        return -EBADMSG;
                value |= (uint64_t)(byte & 0x7f) << shift;
                if (!(byte & MORE)) {
                        *ret = value;
                        return 0;
                }
        }
        return -EBADMSG;
}

/* Little-endian on every machine. */
static int get_fixed(struct ct_pb_reader *reader, size_t size, uint64_t *ret)
{
        uint64_t value = 0;

        if ((size_t)(reader->end - reader->next) < size)
                return -EBADMSG;
        for (size_t i = 0; i < size; i++)
                value |= (uint64_t)reader->next[i] << (8 * i);
        reader->next += size;
        *ret = value;
        return 0;
}

static int get_bytes(struct ct_pb_reader *reader, struct ct_pb_field *field)
{
        uint64_t size;
        int r = get_varint(reader, &size);

        if (r < 0)
                return r;
        if (size > (uint64_t)(reader->end - reader->next))
                return -EBADMSG;
        field->is_bytes = true;
        field->bytes = reader->next;
        field->size = (size_t)size;
        reader->next += size;
        return 0;
}

int ct_pb_next(struct ct_pb_reader *reader, struct ct_pb_field *ret)
{
        struct ct_pb_field field = { 0 };
        uint64_t key;
        int r;

        if (reader->next == reader->end)
                return 0;
        r = get_varint(reader, &key);
        if (r < 0)
                return r;
        if (key >> 3 == 0 || key >> 3 > MAX_NUMBER)
                return -EBADMSG;
        field.number = (unsigned)(key >> 3);
        switch (key & 7) {
        case KIND_VARINT:
                r = get_varint(reader, &field.value);
                break;
        case KIND_FIXED64:
                r = get_fixed(reader, 8, &field.value);
                break;
        case KIND_FIXED32:
                r = get_fixed(reader, 4, &field.value);
                break;
        case KIND_BYTES:
                r = get_bytes(reader, &field);
                break;
        default:
                r = -EBADMSG;
                break;
        }
        if (r < 0)
                return r;
        *ret = field;
        return 1;
}

int ct_pb_copy_string(const struct ct_pb_field *field, char *ret, size_t size)
{
        size_t n = field->size < size ? field->size : size - 1;

        if (!field->is_bytes || (field->size > 0 && memchr(field->bytes, '\0', field->size)))
                return -EBADMSG;
        if (n > 0)
                memcpy(ret, field->bytes, n);
        ret[n] = '\0';
        return 0;
}
