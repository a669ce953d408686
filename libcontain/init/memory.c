/* SPDX-License-Identifier: MIT */

/* Memory for tables whose size only the plan knows. */

#include "init/init.h"

#include <linux/mman.h>

#define ALIGNMENT 16

/* What has been handed out stays so until execve: there is nothing to free. */
void *init_alloc(struct init *in, size_t size)
{
        char *p = in->arena;
        long address;

        size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        if (size <= in->arena_left) {
                in->arena += size;
                in->arena_left -= size;
                return p;
        }
        address = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        return address < 0 && address > -4096 ? NULL : (void *)address;
}
