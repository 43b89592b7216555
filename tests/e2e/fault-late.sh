#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS says success and sends nothing, yet; or must recall from its archive.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

need sqlite3
make_data
fault "success and nothing, at first" "get move" all "retrieve-empty-first 2 study $STUDY"
fault "success and nothing, always" "get move" "lacks 8 empty .*the PACS says success and sends no object" \
	"retrieve-empty study $STUDY" --retries 2
fault "nearline, comes later" "get move" all "retrieve-nearline $STUDY 4 a702"
fault "nearline, empty at first" "get move" all "retrieve-nearline $STUDY 4 empty"
fault "nearline, does not come" "get move" "lacks 8 parked .*recalled and has not come yet" \
	"retrieve-nearline $STUDY 600 a702" --retries 0
fault "last object of each request late" move all "move-late 1 1" --stall-timeout 60
fault "queued, sent later" move all "move-late 7 24" --first-timeout 60
# That is known from now on; and when it sends at once three times in a row, it is forgotten.
sends() { sqlite3 "$DICOM_QR_LEDGER" "select value from learned where what = 'sends'"; }
[ "$(sends)" = later ] || fail "not learned: $(sends)"
start_bad ""
for expected in "later 1" "later 2" ""; do
	OUT=$ROW/$expected fetch
	expect_status 0
	[ "$(sends)" = "$expected" ] || fail "'$(sends)' instead of '$expected'"
done
stop_peer "$BAD_PID"
