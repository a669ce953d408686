/* SPDX-License-Identifier: MIT */
#ifndef CT_INIT_POISON_H
#define CT_INIT_POISON_H

/*
 * Names of a C library that have no business in here: using one does not compile, also in the hosted build
 * and in unit tests, where it would link. Included last.
 */

#pragma GCC poison malloc calloc realloc free alloca strdup asprintf
#pragma GCC poison printf fprintf dprintf sprintf snprintf vsnprintf perror strerror puts
#pragma GCC poison memcpy memmove memset memcmp memchr
#pragma GCC poison strlen strnlen strcpy strncpy strcat strncat strcmp strncmp strchr strrchr strstr strtok  \
        strtol strtoul atoi
#pragma GCC poison errno environ getenv setenv
#pragma GCC poison abort atexit _exit
#pragma GCC poison fork vfork execv execvp execve system popen waitpid
#pragma GCC poison fopen fclose fread fwrite fgets opendir readdir
#pragma GCC poison setuid setgid setreuid setregid initgroups getpwuid getpwnam
#pragma GCC poison syscall pthread_create

#endif
