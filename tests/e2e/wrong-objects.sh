#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# An object of another study, and one that is cut, are quarantined with the reason and the sender; neither counts, and the
# damaged one is asked for again.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 4 --size 20000 >/dev/null
"$BULK" "$T/other" --studies 1 --series 1 --images 1 --size 20000 --prefix 1.2.3.4 >/dev/null
foreign=$(basename "$T/other"/*)
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1.2
LISTEN_PORT=$(free_port)
rules="destination DICOMQR 127.0.0.1 $LISTEN_PORT
retrieve-foreign $T/other/$foreign times 1
retrieve-truncate $sop times 1"

# wrong METHOD SENDER
wrong() {
	local out=$T/$1 quarantine=$T/$1/.dicom-qr/quarantine
	rm -f "$T/badpacs.log" "$T/badpacs.port"
	start_badpacs "$rules" "$T/data"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method "$1" -o "$out" --retry-wait 0
	expect_status 0
	expect_err "complete .* 4 objects"
	expect_err "; 1 damaged file; 1 object nobody asked for"
	expect_same_objects "$T/data" "$out"
	[ "$(grep -c "^sent $sop " "$T/badpacs.log")" -ge 2 ] || fail "not asked for again"
	[ "$(find "$quarantine" -name '*.reason' | wc -l)" -eq 2 ] || fail "not two in quarantine"
	grep -q '"reason":"not asked for"' "$quarantine"/1.2.3.4.*.reason || fail "no reason for the foreign one"
	grep -q '"reason":"' "$quarantine/$sop.reason" || fail "no reason for the cut one"
	[ "$(cat "$quarantine"/*.reason | grep -c "\"from\":\"$2\"")" -eq 2 ] || fail "the sender is not named"
	stop_peer "$BAD_PID"
}
wrong c-get "ANY-SCP@127.0.0.1:[0-9]* by C-GET"
wrong c-move "ANY-SCP at 127.0.0.1"
