#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two runs with one state file, or of one job: the second says who works with it, and changes nothing.  A port that is taken is named.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 4 --size 2000 >/dev/null
start_badpacs "get-stall-after 2 600 times 1" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

begin dicom-qr "$NODE" --auto --method c-get -o "$T/files" --save-state "$T/a.state"
wait_for 30 grep -q '^fault stall-after' "$T/badpacs.log" || fail "no stall"
first=$running

# The second has an AE title of its own, by which the PACS's log tells them apart: the first may still ask for its list.
said() { [ "$(cat "$T/second")" = "dicom-qr: error: another run works with $T/a.state: $T/.a.state.lock: held by process $first" ]; }
held() { grep -q '^dicom-qr: error: job 1 is still being worked on, by job 1' "$T/second"; }

# refused CHECK COMMAND…: is the state file as it was before?  The first run may just have written it: then once more.
refused() {
	cp "$T/a.state" "$T/before"
	"${@:2}" --aet SECOND >"$T/second" 2>&1 && status=0 || status=$?
	[ $status -eq 9 ] || fail "exit status $status instead of 9: $(cat "$T/second")"
	"$1" || fail "it said: $(cat "$T/second")"
	cmp -s "$T/a.state" "$T/before"
}
wait_for 30 refused said dicom-qr resume --state "$T/a.state" || fail "the state file was changed"
wait_for 30 refused said dicom-qr "$NODE" --auto --method c-get -o "$T/files" --save-state "$T/a.state" || fail "the state file was changed"
wait_for 30 refused held dicom-qr resume 1 || fail "the state file was changed"
! grep '^association requested SECOND' "$T/badpacs.log" || fail "the PACS was asked"
finish INT
expect_status 130

run dicom-qr resume --state "$T/a.state"
expect_status 0
expect_same_objects "$T/data" "$T/files"

run dicom-qr "$NODE" --auto --method c-move --listen "$BAD_PORT" -o "$T/other"
expect_status 7
expect_only_err "port $BAD_PORT is in use by another program"
expect_files "$T/other" 0
