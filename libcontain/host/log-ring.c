/* SPDX-License-Identifier: MIT */

/* A ring that its keeper goes on writing to: read first, then see whether that was still there. */

#include "host/log-source.h"
#include "plan/keeper.h"

#include <errno.h>
#include <unistd.h>

/* Two that are the same: none was read while it was written. */
static int read_header(int fd, struct keeper_ring *ret)
{
        struct keeper_ring other;

        do {
                ssize_t n = pread(fd, ret, sizeof(*ret), 0);

                if (n >= 0 && n < (ssize_t)sizeof(*ret))
                        return -EIO;
                if (n < 0 || pread(fd, &other, sizeof(other), 0) < 0)
                        return -errno;
        } while (ret->begin != other.begin || ret->end != other.end);
        return 0;
}

ssize_t ct_log_ring_read(struct ct_log_ring *ring, char *bytes, size_t size, enum ct_log_break *ret)
{
        *ret = CT_LOG_ON;
        for (;;) {
                struct keeper_ring header;
                uint64_t offset, n;
                ssize_t got;
                int r = read_header(ring->fd, &header);

                if (r < 0)
                        return r;
                if (ring->at < header.begin) {
                        ring->at = header.begin;
                        *ret = CT_LOG_TORN;
                }
                if (ring->at >= header.end)
                        return 0;
                n = header.end - ring->at;
                offset = ring->at % ring->size;
                if (n > size)
                        n = size;
                if (n > ring->size - offset)
                        n = ring->size - offset;
                got = pread(ring->fd, bytes, (size_t)n, (off_t)(KEEPER_RING_START + offset));
                if (got <= 0)
                        return got < 0 ? -errno : -EIO;
                r = read_header(ring->fd, &header);
                if (r < 0)
                        return r;
                if (ring->at < header.begin)
                        continue;
                ring->at += (uint64_t)got;
                return got;
        }
}
