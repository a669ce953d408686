/* SPDX-License-Identifier: MIT */

/* Plans written by hand: see build.h. */

#include "build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t pool_offset(const struct build *build)
{
        return (uint32_t)(sizeof(build->header) + sizeof(build->steps) + sizeof(build->slots)) +
               build->pool_size;
}

static uint32_t put(struct build *build, const void *bytes, size_t size)
{
        uint32_t offset;

        build->pool_size = (build->pool_size + 7) & ~7u;
        if (build->pool_size + size + 1 > sizeof(build->pool)) {
                (void)fprintf(stderr, "the plan of this test is too big\n");
                exit(1);
        }
        offset = pool_offset(build);
        memcpy(build->pool + build->pool_size, bytes, size);
        build->pool_size += (uint32_t)size;
        return offset;
}

void build_begin(struct build *build, uint32_t flags)
{
        memset(build, 0, sizeof(*build));
        build->header.flags = flags;
}

uint32_t build_text(struct build *build, const char *text)
{
        return text ? put(build, text, strlen(text) + 1) : 0;
}

int build_slot(struct build *build, enum plan_slot_kind kind, uint64_t number)
{
        build->slots[build->n_slots] = (struct plan_slot){ .kind = kind, .number = number };
        return (int)++build->n_slots;
}

void build_step(struct build *build, const struct build_step *step)
{
        struct plan_step *to = &build->steps[build->n_steps++];

        *to = (struct plan_step){ .op = (uint16_t)step->op, .slot = (uint16_t)(step->slot - 1) };
        to->at = build_text(build, step->at ? step->at : "/test");
        for (int i = 0; i < PLAN_STRINGS; i++)
                to->s[i] = build_text(build, step->s[i]);
        for (int i = 0; i < PLAN_NUMBERS; i++)
                to->n[i] = step->n[i];
        if (step->blob_size > 0) {
                to->blob = put(build, step->blob, step->blob_size);
                to->blob_size = (uint32_t)step->blob_size;
        }
}

void build_strings_step(struct build *build, const struct build_step *step, const char *const *strings)
{
        struct build_step with = *step;
        char table[8192];
        size_t size = 0;

        for (; *strings; strings++) {
                size_t length = strlen(*strings) + 1;

                memcpy(table + size, *strings, length);
                size += length;
        }
        with.blob = table;
        with.blob_size = size;
        build_step(build, &with);
}

size_t build_finish(struct build *build)
{
        struct plan_header *header = &build->header;
        char *bytes = (char *)build->bytes;

        header->magic = PLAN_MAGIC;
        header->version = PLAN_VERSION;
        header->steps = sizeof(*header);
        header->n_steps = build->n_steps;
        header->slots = header->steps + (uint32_t)sizeof(build->steps);
        header->n_slots = build->n_slots;
        header->pool = header->slots + (uint32_t)sizeof(build->slots);
        build->pool[build->pool_size++] = '\0';
        header->pool_size = build->pool_size;
        header->size = header->pool + header->pool_size;
        memcpy(bytes, header, sizeof(*header));
        memcpy(bytes + header->steps, build->steps, sizeof(build->steps));
        memcpy(bytes + header->slots, build->slots, sizeof(build->slots));
        memcpy(bytes + header->pool, build->pool, build->pool_size);
        return header->size;
}
