/* SPDX-License-Identifier: MIT */

/* Stands in for a fuzzer: gives each file that is named, or that is in a folder that is named, to the target
 * once. */

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned passed, failed;

static void give_file(const char *path)
{
        FILE *file = fopen(path, "rbe");
        uint8_t *data = NULL;
        size_t size = 0, n;

        if (!file) {
                printf("FAIL %s: cannot be opened\n", path);
                failed++;
                return;
        }
        do {
                uint8_t *larger = realloc(data, size + 65536);

                if (!larger)
                        abort();
                data = larger;
                n = fread(data + size, 1, 65536, file);
                size += n;
        } while (n > 0);
        (void)fclose(file);

        /* Shrunk to its size, so that sanitizers see a read beyond the end. */
        if (size > 0) {
                uint8_t *exact = realloc(data, size);

                data = exact ? exact : data;
        }
        (void)LLVMFuzzerTestOneInput(data, size);
        free(data);
        passed++;
}

int main(int argc, char **argv)
{
        char path[PATH_MAX];
        int i;

        for (i = 1; i < argc; i++) {
                DIR *folder = opendir(argv[i]);
                struct dirent *entry;

                if (!folder) {
                        give_file(argv[i]);
                        continue;
                }
                while ((entry = readdir(folder))) {
                        (void)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
                        if (entry->d_name[0] != '.')
                                give_file(path);
                }
                (void)closedir(folder);
        }
        printf("%u passed, %u failed, 0 skipped\n", passed, failed);
        return failed > 0 || passed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
