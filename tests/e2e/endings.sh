#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The exit status of a run: 0 when everything is here although the last object met a limit; 3 when every study failed by what the
# PACS says of its objects, or came damaged.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 16 --series 1 --images 1 --size 1000 >/dev/null
bytes=$(cat "$T/data"/* | wc -c)

# fetch NAME SCENARIO [OPTION…]
fetch() {
	rm -f "$T/badpacs.port"
	start_badpacs "$2" "$T/data"
	export DICOM_QR_LEDGER=$T/$1.db
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/$1" --retry-wait 0 --retries 1 "${@:3}"
	stop_peer "$BAD_PID"
}

fetch met "" --max-bytes "${bytes}B"
expect_status 0
expect_same_objects "$T/data" "$T/met"
if grep -q 'stopped by' "$T/err"; then fail "a limit is named that kept nothing out"; fi

fetch kept "" --max-bytes 3000B
expect_status 8
expect_err "stopped by --max-bytes"
[ "$(find "$T/kept" -name .dicom-qr -prune -o -type f -print | wc -l)" -le 3 ] || fail "a request of many studies went over the limit"

for status in c002 a702; do
	fetch "$status" "retrieve-refuse $status"
	expect_status 3
	expect_err "16 failed"
done
fetch busy "retrieve-refuse a700"
expect_status 5
root=1.2.826.0.1.3680043.10.1338.9
fetch damaged "retrieve-truncate $root.4.3.1.1" --study-uid "$root.2.3"
expect_status 3
expect_err "1 failed"
