/* SPDX-License-Identifier: MIT */

/*
 * docker-daemon:NAME: an image that a docker or podman daemon on this machine has. It writes the same archive
 * as `docker save` to its socket; no container is made, and nothing of the image is run.
 */

#include "image/http.h"
#include "image/spool.h"

#include <string.h>
#include <sys/stat.h>

/* The daemon may put the archive together first. */
enum { PATIENCE_MSEC = 600000, MAX_NAME = 512 };

static const char *socket_of(const char *variable, contain_error_t **err, int *r)
{
        const char *host = getenv(variable);

        if (!host || !*host)
                return NULL;
        if (strncmp(host, "unix:///", 8) == 0)
                return host + strlen("unix://");
        *r = ct_fail(err, CONTAIN_E_REGISTRY, ENOTSUP, NULL,
                     "%s is '%s': only a daemon at a socket of this machine is asked", variable, host);
        ct_error_set_hint(err, "such as unix:///run/docker.sock");
        return NULL;
}

/* Where the first daemon is that there is. */
static int find_socket(struct ct_arena *arena, const char **ret, contain_error_t **err)
{
        const char *runtime = getenv("XDG_RUNTIME_DIR"), *path;
        int r = 0;

        path = socket_of("DOCKER_HOST", err, &r);
        if (!path && r == 0)
                path = socket_of("CONTAINER_HOST", err, &r);
        if (r < 0)
                return r;
        if (!path) {
                const char *const places[] = {
                        "/run/docker.sock",
                        "/var/run/docker.sock",
                        ct_arena_printf(arena, "%s/podman/podman.sock", runtime ? runtime : "/run"),
                        "/run/podman/podman.sock",
                };
                struct stat status;

                for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !path; i++)
                        if (places[i] && stat(places[i], &status) == 0 && S_ISSOCK(status.st_mode))
                                path = places[i];
        }
        if (!path) {
                r = ct_fail(err, CONTAIN_E_REGISTRY, ENOENT, NULL, "no docker or podman daemon is there");
                ct_error_set_hint(err, "DOCKER_HOST=unix:///… says where its socket is");
                return r;
        }
        *ret = path;
        return 0;
}

/* What a daemon takes for a name, and what may stand in a URL as it is. */
static int check_name(const char *name, contain_error_t **err)
{
        size_t length = strlen(name);

        if (length == 0 || length > MAX_NAME || strstr(name, "..") ||
            strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@") != length)
                return ct_fail(err, CONTAIN_E_ARGUMENT, EINVAL, NULL, "'%.*s' is not the name of an image",
                               (int)MAX_NAME, name);
        return 0;
}

static int fetch(struct ct_arena *arena, const char *name, const struct ct_source_options *options,
                 int *ret_fd, contain_error_t **err)
{
        struct ct_http_server *server = ct_arena_alloc(arena, sizeof(*server));
        const struct ct_http_request request = {
                .url = ct_arena_printf(arena, "http://localhost/images/%s/get", name),
        };
        _cleanup_http_response_ struct ct_http_response response = { 0 };
        _cleanup_(ct_stream_freep) struct ct_stream *body = NULL;
        int r;

        if (!server || !request.url)
                return ct_fail_memory(err);
        server->stall_ms = options->stall_ms ? options->stall_ms : PATIENCE_MSEC;
        server->job = options->job;
        r = find_socket(arena, &server->unix_socket, err);
        if (r >= 0)
                r = ct_http_open(server, &request, &response, &body, err);
        if (r < 0)
                return r;
        if (response.status == 404)
                return ct_fail(err, CONTAIN_E_SOURCE, ENOENT, NULL, "the daemon at '%s' has no image '%s'",
                               server->unix_socket, name);
        if (response.status != 200)
                return ct_fail(err, CONTAIN_E_REGISTRY, EREMOTEIO, NULL,
                               "the daemon at '%s' answers with status %d for image '%s'",
                               server->unix_socket, response.status, name);
        return ct_spool(ct_take(body), options, ret_fd, err);
}

static int open_daemon(struct ct_arena *arena, const char *rest, const struct ct_source_options *options,
                       struct ct_image *ret, contain_error_t **err)
{
        struct ct_source_options as_archive = *options;
        int fd = -EBADF, r;

        r = check_name(rest, err);
        if (r >= 0)
                r = fetch(arena, rest, options, &fd, err);
        if (r < 0)
                return r;
        if (lseek(fd, 0, SEEK_SET) < 0) {
                r = errno;
                (void)ct_close(fd);
                return ct_fail(err, CONTAIN_E_SYSTEM, r, NULL, "cannot read the spooled image '%s'", rest);
        }
        as_archive.stdin_fd = fd;
        r = ct_source_docker_archive.open(arena, "-", &as_archive, ret, err);
        (void)ct_close(fd);
        return r;
}

const struct ct_source_type ct_source_docker_daemon = {
        .name = "docker-daemon",
        .open = open_daemon,
};
