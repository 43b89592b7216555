#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# SOP Instance UIDs that are none, in the command that sends an object and inside of it: empty, of 65 characters, a path, with a NUL.
# What cannot be had is told with its reason, nothing is written outside its place, and the neighbours arrive.
. "${srcdir:-.}/tests/lib.sh" || exit 1

mkdir "$T/house"
"$BULK" "$T/data" --studies 1 --series 1 --images 9 --size 2000 >/dev/null
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1
long=1.2.826.0.1.3680043.10.1338.123456789.123456789.123456789.1234567
[ ${#long} -eq 65 ]
LISTEN_PORT=$(free_port)

# retrieved METHOD MISSING WORDS RULE...
retrieved() {
	local method=$1 missing=$2 words=$3 out=$T/house/files
	shift 3
	rm -rf "$out" "$T/badpacs.log" "$DICOM_QR_LEDGER"*
	start_badpacs "$(printf '%s\n' "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$@")" "$T/data"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" -o "$out" --retry-wait 0 --stall-timeout 2 --method "$method"
	stop_peer "$BAD_PID"
	grep -q '^fault uid' "$T/badpacs.log" || fail "no such object was sent"
	expect_status $((missing ? 3 : 0))
	[ "$missing" -eq 0 ] || expect_err "$missing of 9 objects missing: .*$words"
	[ "$(find "$out" -maxdepth 1 -name "CT.$sop.*" | wc -l)" -eq $((9 - missing)) ] || fail "the neighbours have not arrived"
	[ -z "$(find "$T/house" -mindepth 1 ! -path "$out*")" ] || fail "outside its place"
	[ -z "$(find "$out" -name 'run-*')" ] || fail "staging was left"
	expect_no_process getscu movescu storescp dcmdump
}

# In the command DCMTK cannot bear most of these: the association breaks at them.  What it can bear is only a name.
for method in c-get c-move; do
	retrieved $method 1 "" "retrieve-uid $sop.3 as \"\""
	retrieved $method 1 "" "retrieve-uid $sop.3 as $long"
	retrieved $method 1 "" "retrieve-uid $sop.3 as %00"
	retrieved $method 0 "" "retrieve-uid $sop.3 as 1.2.3%00/../../x"
done

# Inside, it is what makes the name of the file; one of 65 digits is a name, though not of an object that was asked for.
for method in c-get c-move; do
	retrieved $method 6 "came damaged and was quarantined: (no valid SOP Instance UID|its SOP Instance UID is not the one it was sent by)" "retrieve-uid-inside $sop.1 as \"\"" \
		"retrieve-uid-inside $sop.2 as ../../x" "retrieve-uid-inside $sop.3 as $T/house/absolute" "retrieve-uid-inside $sop.4 as %00" \
		"retrieve-uid-inside $sop.6 as 1.2%003/../../x" "retrieve-uid-inside $sop.8 as $long"
	expect_files "$T/house/files" 3
	quarantine=$T/house/files/.dicom-qr/quarantine
	[ "$(cat "$quarantine"/*.reason | grep -c '"reason":"no valid SOP Instance UID"')" -ge 2 ] || fail "not in quarantine"
	[ "$(cat "$quarantine"/*.reason | grep -c 'is not the one it was sent by"')" -eq 4 ] || fail "the odd ones are not in quarantine"
done
