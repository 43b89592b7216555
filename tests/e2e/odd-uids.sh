#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# UIDs longer than 64 characters in data sets (DCMTK bears none in commands), padded ones in answers and objects: retrieved, named safely, and not asked for again.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 1 --series 1 --images 3 --size 2000 >/dev/null
need dcmodify
long=1.2.826.0.1.3680043.10.1338.123456789.123456789.123456789.123456
dcmodify -nb -ie -imt -m 0020,000d=${long}1 -m 0020,000e=${long}2 -m 0008,0018=${long}3 "$T/data/0001-01-0001.dcm"
dcmodify -nb -ie -imt -m 0020,000d=${long}1 -m 0020,000e=${long}2 -m 0008,0018=${long}4 "$T/data/0001-01-0002.dcm"
[ ${#long} -eq 64 ]

retrieved() {
	local gets
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method "$1" -o "$T/$2" --retry-wait 0
	expect_status 0
	expect_same_objects "$T/data" "$T/$2"
	gets=$(grep -Ec '^(get|move) ' "$T/badpacs.log")
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --listen "$LISTEN_PORT" --method "$1" -o "$T/$2" --retry-wait 0
	expect_status 0
	[ "$(grep -Ec '^(get|move) ' "$T/badpacs.log")" -eq "$gets" ] || fail "asked again"
}

LISTEN_PORT=$(free_port)
sop=1.2.826.0.1.3680043.10.1338.9.4.1.1.3
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
find-pad-uids
retrieve-uid ${long}3 as 1.2.3.1
retrieve-uid ${long}4 as 1.2.3.2
retrieve-uid-inside $sop as \"$sop \"" "$T/data"
retrieved c-get got
retrieved c-move moved
[ -z "$(find "$T/got" "$T/moved" -name '* *')" ] || fail "a blank in a name"

dicom-qr retrieve "pacs://127.0.0.1:$BAD_PORT" --study-uid ${long}1 --method c-get -o "$T/x" 2>"$T/err" && status=0 || status=$?
expect_status 2
expect_only_err "--study-uid '.*' has more than 64 characters"
