/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levelled lines, each with the tag of its job.  Only what is set up by src/cli is written: below it, nobody prints.
 * Control characters, and characters that nobody sees, are replaced before a line is written. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_VERBOSE, LOG_DEBUG };

/* Lines up to level go to stderr through the hook (or plainly when NULL); file_path may be NULL: all lines up to
 * LOG_VERBOSE (or level if higher) are appended there with time and level, 0600. */
int log_setup(enum log_level level, const char *file_path, struct err *);
/* Of paths below this folder lines show the folder alone, for layouts name folders by patients; the last folder given counts, NULL is
 * none.  Our own house in it (.dicom-qr) is shown.  log_show_all(true) switches that off, for --log-phi. */
void log_hide_below(const char *folder);
void log_show_all(bool all);
void log_set_hook(void (*show)(enum log_level, const char *line));
void log_line(enum log_level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_verbose(...) log_line(LOG_VERBOSE, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
/* Replaces what a reader does not see (buf_is_unseen) and invalid UTF-8 by '?', in place; for anything shown on a terminal. */
char *log_clean(char *text);
