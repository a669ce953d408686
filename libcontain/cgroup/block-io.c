/* SPDX-License-Identifier: MIT */

/*
 * linux.resources.blockIO. Weights belong to a scheduler or policy, throttles to the block layer: BFQ has
 * weight files of its own, v2's cost model the plain ones, and it depends on the disk who is at work. Both
 * are told, where they are there. A weight of 0 says as little as none.
 */

#include "cgroup/controllers.h"

#include <inttypes.h>

#define AT "/linux/resources/blockIO"

static const struct {
        const char *name; /* in the configuration */
        const char *v1_file;
        const char *v2_key; /* in io.max */
} throttles[CT_THROTTLE_N] = {
        [CT_THROTTLE_READ_BPS] = { "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps" },
        [CT_THROTTLE_WRITE_BPS] = { "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps" },
        [CT_THROTTLE_READ_IOPS] = { "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops" },
        [CT_THROTTLE_WRITE_IOPS] = { "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops" },
};

static bool is_set(const struct ct_optional_uint *weight)
{
        return weight->has && weight->value > 0;
}

uint64_t ct_io_weight(uint64_t weight)
{
        if (weight <= 10)
                return 1;
        return weight >= 1000 ? 10000 : 1 + (weight - 10) * 9999 / 990;
}

static const char *block_io_asked(const struct ct_spec_resources *resources)
{
        const struct ct_spec_block_io *io = &resources->block_io;

        if (is_set(&io->weight))
                return AT "/weight";
        if (is_set(&io->leaf_weight))
                return AT "/leafWeight";
        for (size_t i = 0; i < io->n_weight_devices; i++)
                if (is_set(&io->weight_devices[i].weight) || is_set(&io->weight_devices[i].leaf_weight))
                        return AT "/weightDevice";
        for (size_t kind = 0; kind < CT_THROTTLE_N; kind++)
                if (io->throttle[kind].n > 0)
                        return AT;
        return NULL;
}

static const char *at_weight_device(struct ct_cgroup_writes *writes, size_t i)
{
        return ct_writes_text(writes, AT "/weightDevice/%zu", i);
}

static const char *at_throttle(struct ct_cgroup_writes *writes, size_t kind, size_t i)
{
        return ct_writes_text(writes, AT "/%s/%zu", throttles[kind].name, i);
}

static int block_io_v1(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                       contain_error_t **err)
{
        const struct ct_spec_block_io *io = &resources->block_io;

        (void)err;
        if (is_set(&io->weight)) {
                ct_writes_add(writes, CT_WRITE_OR_NEXT, AT "/weight", "blkio.bfq.weight", "%" PRIu64,
                              io->weight.value);
                ct_writes_add(writes, 0, AT "/weight", "blkio.weight", "%" PRIu64, io->weight.value);
        }
        if (is_set(&io->leaf_weight))
                ct_writes_add(writes, 0, AT "/leafWeight", "blkio.leaf_weight", "%" PRIu64,
                              io->leaf_weight.value);
        for (size_t i = 0; i < io->n_weight_devices; i++) {
                const struct ct_spec_weight_device *device = &io->weight_devices[i];
                const char *at = at_weight_device(writes, i);
                const char *value = ct_writes_text(writes, "%" PRId64 ":%" PRId64 " %" PRIu64, device->major,
                                                   device->minor, device->weight.value);

                if (is_set(&device->weight)) {
                        ct_writes_add(writes, CT_WRITE_OR_NEXT, at, "blkio.bfq.weight_device", "%s", value);
                        ct_writes_add(writes, 0, at, "blkio.weight_device", "%s", value);
                }
                if (is_set(&device->leaf_weight))
                        ct_writes_add(writes, 0, at, "blkio.leaf_weight_device",
                                      "%" PRId64 ":%" PRId64 " %" PRIu64, device->major, device->minor,
                                      device->leaf_weight.value);
        }
        for (size_t kind = 0; kind < CT_THROTTLE_N; kind++)
                for (size_t i = 0; i < io->throttle[kind].n; i++) {
                        const struct ct_spec_throttle_device *device = &io->throttle[kind].items[i];

                        ct_writes_add(writes, 0, at_throttle(writes, kind, i), throttles[kind].v1_file,
                                      "%" PRId64 ":%" PRId64 " %" PRIu64, device->major, device->minor,
                                      device->rate);
                }
        return 0;
}

static int weights_v2(const struct ct_spec_block_io *io, struct ct_cgroup_writes *writes,
                      contain_error_t **err)
{
        if (is_set(&io->leaf_weight))
                return ct_fail_v1_only(err, AT "/leafWeight", "weight of leaves");
        if (is_set(&io->weight)) {
                ct_writes_add(writes, CT_WRITE_OR_NEXT, AT "/weight", "io.bfq.weight", "%" PRIu64,
                              io->weight.value);
                ct_writes_add(writes, 0, AT "/weight", "io.weight", "%" PRIu64,
                              ct_io_weight(io->weight.value));
        }
        for (size_t i = 0; i < io->n_weight_devices; i++) {
                const struct ct_spec_weight_device *device = &io->weight_devices[i];
                const char *at = at_weight_device(writes, i);

                if (is_set(&device->leaf_weight))
                        return ct_fail_v1_only(err, at, "weight of leaves");
                if (!is_set(&device->weight))
                        continue;
                ct_writes_add(writes, CT_WRITE_OR_NEXT, at, "io.bfq.weight",
                              "%" PRId64 ":%" PRId64 " %" PRIu64, device->major, device->minor,
                              device->weight.value);
                ct_writes_add(writes, 0, at, "io.weight", "%" PRId64 ":%" PRId64 " %" PRIu64, device->major,
                              device->minor, ct_io_weight(device->weight.value));
        }
        return 0;
}

static int block_io_v2(const struct ct_spec_resources *resources, struct ct_cgroup_writes *writes,
                       contain_error_t **err)
{
        const struct ct_spec_block_io *io = &resources->block_io;
        int r;

        r = weights_v2(io, writes, err);
        if (r < 0)
                return r;
        for (size_t kind = 0; kind < CT_THROTTLE_N; kind++)
                for (size_t i = 0; i < io->throttle[kind].n; i++) {
                        const struct ct_spec_throttle_device *device = &io->throttle[kind].items[i];
                        const char *rate = "max"; /* 0 takes a v1 throttle away, and is an error here */

                        if (device->rate > 0)
                                rate = ct_writes_text(writes, "%" PRIu64, device->rate);
                        ct_writes_add(writes, 0, at_throttle(writes, kind, i), "io.max",
                                      "%" PRId64 ":%" PRId64 " %s=%s", device->major, device->minor,
                                      throttles[kind].v2_key, rate);
                }
        return 0;
}

const struct ct_controller ct_controller_block_io = {
        .v1_name = "blkio",
        .v2_name = "io",
        .asked = block_io_asked,
        .write_v1 = block_io_v1,
        .write_v2 = block_io_v2,
};
