/* SPDX-License-Identifier: MIT */
#ifndef CT_IMAGE_FOLDER_TAR_H
#define CT_IMAGE_FOLDER_TAR_H

#include "image/stream.h"

/*
 * A tar of what is in the folder @fd (borrowed, has to stay open), made while it is read: names in order,
 * with owners, times, attributes, devices and hard links. Other file systems that are mounted in it are left
 * out but for the folder that they are mounted on, as are sockets.
 */
int ct_folder_tar(int fd, const char *name, struct ct_stream **ret, contain_error_t **err);

#endif
