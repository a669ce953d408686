/* SPDX-License-Identifier: MIT */
#ifndef HARNESS_CONFIG_H
#define HARNESS_CONFIG_H

/* Configurations of tests: a small one to start from, changed by JSON pointer. */

#include <json-c/json_object.h>

/*
 * A configuration that runs @script with busybox sh: new pid, mount, ipc, uts, network and cgroup namespaces,
 * /proc and a /dev, all capabilities that tests need, PATH. For callers other than root in a user namespace
 * of its own, whose root they are, with the ids that are theirs. Never NULL: a test without memory ends.
 */
struct json_object *config_new(const char *rootfs, const char *script);

/*
 * Sets the value at @pointer ("/linux/seccomp"), making the objects on the way; the last part may be "-": one
 * more element of a list.
 * @format makes JSON text, printf(3)-like, in which ' stands for ", as in "{'type': 'tmpfs'}".
 */
void config_set(struct json_object *config, const char *pointer, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

void config_remove(struct json_object *config, const char *pointer);

/* One more mount: shorthand for config_set() of "/mounts/-". @options is a list of words, separated by
 * commas. */
void config_mount(struct json_object *config, const char *destination, const char *type, const char *source,
                  const char *options);

/* Without the namespace of @type, and then with one at @path when that is not NULL. */
void config_namespace(struct json_object *config, const char *type, const char *path);

#endif
