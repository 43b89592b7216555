#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Orthanc with LimitFindResults: every study once, from 28 with a limit of 10 to 2,000 with one of 100 and of 28, and few requests.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/few" --studies 28 --series 1 --images 1 --size 64 --spread
"$BULK" "$T/many" --studies 1972 --series 1 --images 1 --size 64 --spread --date 20240301 --prefix 1.2.826.0.1.3680043.10.1338.8

# counts STUDIES LIMIT MOST: all of them, in at most so many requests.
counts() {
	local sent
	rm -f "$DICOM_QR_LEDGER"*
	run dicom-qr query "ORTHANC@127.0.0.1:$ORTHANC_PORT" --format jsonl -v
	expect_status 0
	[ "$(grep -oE '1\.2\.826[0-9.]+' "$T/out" | sort -u | wc -l)" -eq "$1" ] || fail "limit $2: not $1 studies"
	[ "$(wc -l <"$T/out")" -eq "$1" ] || fail "limit $2: $(wc -l <"$T/out") rows for $1 studies"
	sent=$(grep -oE 'covered in [0-9]+ queries, none left cut' "$T/err" | grep -oE '[0-9]+')
	[ "$sent" -le "$3" ] || fail "limit $2: $sent requests for $1 studies"
}

start_orthanc ORTHANC 10
load_orthanc "$T/few"
counts 28 10 14
stop_peer "$ORTHANC_PID"
start_orthanc ORTHANC 100
load_orthanc "$T/many"
counts 2000 100 60
stop_peer "$ORTHANC_PID"
start_orthanc ORTHANC 28
counts 2000 28 200
expect_no_process findscu dcmdump
