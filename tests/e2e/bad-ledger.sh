#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A ledger that is damaged, newer or another program's is named and left alone; nothing is retrieved without one.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need /usr/bin/python3
"$BULK" "$T/data" --studies 1 --series 1 --images 3 --size 2000 >/dev/null
start_badpacs "" "$T/data"
sql() { /usr/bin/python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' "$@"; }

# refused STATUS PATTERN
refused() {
	local before
	before=$(cksum <"$DICOM_QR_LEDGER")
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
	expect_status "$1"
	expect_only_err "^dicom-qr: error: .*$DICOM_QR_LEDGER.*$2"
	[ "$(cksum <"$DICOM_QR_LEDGER")" = "$before" ] || fail "the ledger was changed"
	expect_files "$T/files" 0
}

head -c 70000 "$DICOM_QR" >"$DICOM_QR_LEDGER"
refused 2 "is damaged .*: move it aside"
rm "$DICOM_QR_LEDGER"
sql "$DICOM_QR_LEDGER" "CREATE TABLE x(y)"
refused 2 "is the database of another program: give another path in DICOM_QR_LEDGER"
rm "$DICOM_QR_LEDGER"

run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/other"
expect_status 0
expect_files "$T/other" 3
cp "$DICOM_QR_LEDGER" "$T/kept"
sql "$DICOM_QR_LEDGER" "PRAGMA user_version = 99"
refused 2 "was written by a newer dicom-qr \(schema 99"

# Damaged inside: found out at the first use.
cp "$T/kept" "$DICOM_QR_LEDGER"
head -c 60000 /dev/zero | tr '\0' x | dd of="$DICOM_QR_LEDGER" bs=4096 seek=1 conv=notrunc status=none
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
expect_status 2
expect_err "is damaged .*: move it aside, and a new one is made; files that were retrieved stay"
expect_files "$T/files" 0

# Moved aside as advised: the manifest beside the files still knows them.
rm "$DICOM_QR_LEDGER"*
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/other"
expect_status 0
[ "$(grep -c '^get ' "$T/badpacs.log")" -eq 1 ] || fail "asked again for what is there"
expect_same_objects "$T/data" "$T/other"

mkdir "$T/folder"
DICOM_QR_LEDGER=$T/folder run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
expect_status 7
expect_only_err "the ledger $T/folder: .*Is a directory"
