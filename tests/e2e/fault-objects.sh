#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS sends what it should not, cuts objects, sends nothing yet, or sends late.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
"$BULK" "$T/foreign" --studies 1 --series 1 --images 1 --size 2000 --prefix 1.2.3 >/dev/null
fault "objects sent twice" "get move" again "retrieve-duplicate $STUDY"
fault "foreign object" "get move" all "retrieve-foreign $(find "$T/foreign" -type f) times 1"
[ "$(find "$T"/*/out/.dicom-qr/quarantine -name '*.reason' | wc -l)" -eq 2 ] || fail "the foreign object is not in quarantine"
fault "object truncated, once" "get move" again "retrieve-truncate $OBJECT times 1"
fault "object truncated, always" "get move" "damaged 1 1 of 8 objects missing: it came damaged" "retrieve-truncate $OBJECT"
fault "every object truncated" "get move" "damaged 24 3 failed" "retrieve-truncate all" --retries 1
