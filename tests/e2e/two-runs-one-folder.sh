#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two runs of one query into one folder: the second does not fetch what the first has still before it, says which job that is, and
# ends with 9; other studies it fetches; and when the first is gone, everything.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 3 --series 1 --images 4 --size 2000 --patients 3 >/dev/null
root=1.2.826.0.1.3680043.10.1338.9.2
start_badpacs "retrieve-stall-after 2 100 study $root.2 times 1" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

begin dicom-qr "$NODE" --auto --method c-get -o "$T/here" --stall-timeout 90 --first-timeout 90 --parallel 1 --study-uid "$root.2"
wait_for 30 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
before=$(grep -c '^sent ' "$T/badpacs.log")
run dicom-qr "$NODE" --auto --method c-get -o "$T/here"
expect_status 9
expect_err "job [0-9]+ is fetching studies of this plan into $T/here: wait until it has ended"
[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq "$before" ] || fail "something was sent"

run dicom-qr "$NODE" --auto --method c-get -o "$T/here" --study-uid "$root.1"		# another study
expect_status 0
run dicom-qr "$NODE" --auto --method c-get -o "$T/else" --study-uid "$root.2"		# another folder
expect_status 0
finish TERM
expect_status 143
run dicom-qr "$NODE" --auto --method c-get -o "$T/here"
expect_status 0
expect_same_objects "$T/data" "$T/here"
