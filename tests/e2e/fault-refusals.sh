#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS refuses: for now, for good, a study, an object, or a form of request.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "refused for now" "get move" all "retrieve-first-fails 2 a700"
for status in A700 A701 A702 C000 0122; do
	fault "study refused, $status" "get move" "lacks 8 failed .*0x$status" "retrieve-refuse $status study $STUDY" --retries 1
done
fault "bad object fails its whole list" "get move" "lacks 1 1 of 8 objects missing: 0xC000.*out of order" \
	"retrieve-deny $OBJECT c000 out of order"
