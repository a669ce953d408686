/* SPDX-License-Identifier: MIT */

/* Pressure stall information (kernel documentation, accounting/psi): for how long something was waited for.
 */

#include "cgroup/stats/stats.h"

#include <string.h>

/* "0.00", as JSON has it too: no sign, no exponent, no zero in front. */
static bool is_share(const char *word)
{
        size_t whole = strspn(word, "0123456789"), part;

        if (whole == 0 || whole > 9 || (word[0] == '0' && whole > 1))
                return false;
        if (word[whole] == '\0')
                return true;
        part = strspn(word + whole + 1, "0123456789");
        return word[whole] == '.' && part > 0 && part <= 9 && word[whole + 1 + part] == '\0';
}

/* "avg10=0.00 avg60=0.00 avg300=0.00 total=0" */
static void put_line(char *rest, struct ct_buf *buf)
{
        char *word;

        while ((word = ct_stats_word(&rest))) {
                char *equals = strchr(word, '=');
                uint64_t total;

                if (!equals)
                        continue;
                *equals = '\0';
                if (strcmp(word, "total") == 0 && ct_stats_number(equals + 1, &total)) {
                        ct_stats_put(buf, word, total);
                } else if (strncmp(word, "avg", 3) == 0 && is_share(equals + 1)) {
                        ct_stats_key(buf, word);
                        (void)ct_buf_puts(buf, equals + 1);
                }
        }
}

void ct_stats_pressure(const struct ct_cgroup_stats *stats, const char *file, struct ct_buf *buf)
{
        /* Without CONFIG_PSI there is no such file; with "psi=0" it cannot be read. */
        _cleanup_free_ char *text = ct_stats_read(ct_stats_v2(stats), file, buf);
        char *rest = text, *line;
        size_t psi;

        if (!text)
                return;
        psi = ct_stats_open(buf, "psi", '{');
        while ((line = ct_stats_line(&rest))) {
                const char *kind = ct_stats_word(&line);
                size_t begin;

                if (!kind || (strcmp(kind, "some") != 0 && strcmp(kind, "full") != 0))
                        continue;
                begin = ct_stats_open(buf, kind, '{');
                put_line(line, buf);
                ct_stats_close_or_drop(buf, begin, '}');
        }
        ct_stats_close_or_drop(buf, psi, '}');
}
