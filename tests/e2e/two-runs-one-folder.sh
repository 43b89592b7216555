#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two runs of one query into one folder: the second does not fetch what the first has still before it, says which job that is, and
# ends with 9, or waits until it has ended; other studies it fetches; and when the first is gone, everything.
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

# One waits; another waits no longer than it is given; a third is interrupted.
waiting() { grep -q "job [0-9]* is fetching studies of this plan into $T/here: waiting until it has ended" "$1"; }
dicom-qr "$NODE" --auto --method c-get -o "$T/here" --wait-for-others >"$T/patient" 2>&1 &
patient=$!
wait_for 30 waiting "$T/patient" || fail "it does not wait: $(cat "$T/patient")"
before=$(grep -c '^sent ' "$T/badpacs.log")
run dicom-qr "$NODE" --auto --method c-get -o "$T/here" --wait-for-others --max-duration 2s
expect_status 8
waiting "$T/err" || fail "it did not wait"
dicom-qr "$NODE" --auto --method c-get -o "$T/here" --wait-for-others >"$T/third" 2>&1 &
third=$!
wait_for 30 waiting "$T/third" || fail "it does not wait: $(cat "$T/third")"
kill -TERM "$third"
wait "$third" && fail "interrupted, and status 0" || [ $? -eq 143 ] || fail "not 143"
[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq "$before" ] || fail "something was sent"
finish TERM
expect_status 143
wait "$patient" || fail "the one that waited: status $?: $(cat "$T/patient")"
expect_same_objects "$T/data" "$T/here"
[ $(($(grep -c '^sent ' "$T/badpacs.log") - before)) -eq 6 ] || fail "what the others had fetched was sent again"

# By C-MOVE the second says so too, not that the port is in use.
LISTEN_PORT=$(free_port)
stop_peer "$BAD_PID"
: >"$T/badpacs.log"
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-stall-after 2 100 study $root.2 times 1" "$T/data"
begin dicom-qr "$NODE" --auto --listen "$LISTEN_PORT" -o "$T/moved" --stall-timeout 90 --first-timeout 90 --study-uid "$root.2"
wait_for 30 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
run dicom-qr "$NODE" --auto --listen "$LISTEN_PORT" -o "$T/moved"
expect_status 9
expect_err "job [0-9]+ is fetching studies of this plan into $T/moved: wait until it has ended"
finish TERM
expect_status 143
