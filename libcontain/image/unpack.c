/* SPDX-License-Identifier: MIT */

/* All layers of an image, in their order, onto each other. */

#include "image/tree.h"

#include "image/job.h"

#include <stdio.h>

/* Layers are decompressed beside each other: this many, each this far ahead of what is being written. */
#define LAYERS_AHEAD 4
#define BYTES_AHEAD  (2 * 1024 * 1024)

struct queue {
        const struct ct_image *image;
        struct ct_stream *streams[LAYERS_AHEAD]; /* of layer i at i % LAYERS_AHEAD */
        size_t next;                             /* the first layer that was not opened yet */
};

static void end_queue(struct queue *queue)
{
        size_t i;

        for (i = 0; i < LAYERS_AHEAD; i++)
                queue->streams[i] = ct_stream_free(queue->streams[i]);
}

/* Opens as many layers behind @current as are to be decompressed meanwhile. */
static int open_ahead(struct queue *queue, size_t current, contain_error_t **err)
{
        const struct ct_image *image = queue->image;
        int r;

        for (; queue->next < image->n_layers && queue->next < current + LAYERS_AHEAD; queue->next++) {
                struct ct_stream *stream;

                r = ct_source_layer_ahead(image->source, &image->layers[queue->next], BYTES_AHEAD, &stream,
                                          err);
                if (r < 0)
                        return r;
                queue->streams[queue->next % LAYERS_AHEAD] = stream;
        }
        return 0;
}

static int apply_layers(const struct ct_image *image, int root_fd, const struct ct_unpack *how,
                        const struct ct_job *job, struct ct_unpack_counts *counts, contain_error_t **err)
{
        _cleanup_(end_queue) struct queue queue = { .image = image };
        size_t i;
        int r;

        for (i = 0; i < image->n_layers; i++) {
                struct ct_stream **stream = &queue.streams[i % LAYERS_AHEAD];

                r = open_ahead(&queue, i, err);
                if (r == 0)
                        r = ct_unpack_layer(*stream, root_fd, how, job, counts, err);
                *stream = ct_stream_free(*stream);
                if (r < 0)
                        return r;
        }
        return 0;
}

int ct_unpack_image(const struct ct_image *image, int root_fd, const struct ct_unpack *how,
                    const struct ct_job *job, struct ct_unpack_counts *ret, contain_error_t **err)
{
        struct ct_unpack_counts counts = { 0 };
        int r;

        r = ct_tree_is_empty(root_fd);
        if (r == 0)
                return ct_fail(err, CONTAIN_E_UNPACK, ENOTEMPTY, NULL,
                               "the folder to unpack to is not empty");
        if (r < 0)
                return ct_fail(err, CONTAIN_E_UNPACK, -r, NULL, "cannot read the folder to unpack to");
        r = apply_layers(image, root_fd, how, job, &counts, err);
        if (r < 0) {
                (void)ct_tree_empty(root_fd);
                return r;
        }
        *ret = counts;
        return 0;
}
