/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Specific Character Set (PS3.3 C.12.1.1.2): bytes of a value to UTF-8 and back, ISO 2022 escapes included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* declared: the value of (0008,0005), may be NULL or empty (then fallback, which may be NULL = ISO_IR 6).  Undecodable
 * bytes come out as <XX> hexadecimal, visible as such; nothing is lost and nothing fails.  is_pn: the delimiters ^ and =
 * reset the designated sets.  Undeclared bytes that are valid UTF-8 are taken as UTF-8. */
void charset_to_utf8(struct buf *out, const char *bytes, size_t len, const char *declared, const char *fallback, bool is_pn);
/* text is UTF-8; charset one defined term ("ISO_IR 100", "ISO_IR 192", "GB18030", "ISO 2022 IR 87" ...).  ERR_USAGE when a
 * character does not exist there. */
int charset_from_utf8(struct buf *out, const char *text, const char *charset, struct err *);
bool charset_is_known(const char *defined_term);
bool charset_is_ascii(const char *text);
