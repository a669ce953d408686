/* SPDX-License-Identifier: MIT */
#ifndef CONTAIN_CONTAIN_H
#define CONTAIN_CONTAIN_H

/* All of the public API. Begin with container.h; base.h has the rules that hold everywhere. */

#include <contain/base.h>
#include <contain/checkpoint.h>
#include <contain/container.h>
#include <contain/context.h>
#include <contain/deploy.h>
#include <contain/error.h>
#include <contain/image.h>
#include <contain/image-store.h>
#include <contain/keeper.h>
#include <contain/mount.h>
#include <contain/place.h>
#include <contain/process.h>
#include <contain/request.h>
#include <contain/resources.h>
#include <contain/run.h>

#endif
