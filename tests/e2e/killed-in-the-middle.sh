#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kill -9 in the middle of a study: what was whole in the staging folder is taken in by the next run and not asked for again;
# what was cut is.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 2 --images 5 --size 20000 >/dev/null
LISTEN_PORT=$(free_port)
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-stall-mid 7 times 1" "$T/data"
NODE=pacs://127.0.0.1:$BAD_PORT

# At least six objects, and the first bytes of another.
seven() { [ "$(find "$out" -path '*/.dicom-qr/run-*' -type f -o -name 'CT.*' | grep -vc '/lock$')" -ge 7 ]; }

for method in c-get c-move; do
	out=$T/$method
	: >"$T/badpacs.log"
	kill -HUP "$BAD_PID"
	wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
	begin dicom-qr "$NODE" --auto --method $method --listen "$LISTEN_PORT" -o "$out" --save-state "$T/$method.state"
	wait_for 30 grep -q '^fault stall-mid' "$T/badpacs.log" || fail "no stall"
	wait_for 30 seven || fail "seven files never came"
	finish KILL
	expect_no_process getscu movescu storescp dcmdump
	[ -n "$(find "$out/.dicom-qr" -name 'run-*')" ] || fail "no staging folder was left"

	run dicom-qr resume --state "$T/$method.state" --retry-wait 0
	expect_status 0
	expect_same_objects "$T/data" "$out"
	[ -z "$(find "$out/.dicom-qr" -name 'run-*')" ] || fail "the staging folder is still there"
	twice=$(grep '^sent ' "$T/badpacs.log" | sort | uniq -d)
	[ -z "$twice" ] || fail "sent again: $twice"
	[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq 10 ] || fail "not each was sent once"
done
