#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The PACS takes few associations, rejects them, or goes away and comes back.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1

make_data
fault "first associations rejected" "get move" all "reject-first 3"
fault "slow to answer and to release" "get move" all "associate-delay 1 times 2
	release-delay 1 times 2"
fault "stops listening for a while" "get move" all "down-after 3 2"

# Met with four at once, learned, and kept to: the second run is rejected no more.
"$BULK" "$T/many" --studies 12 --series 1 --images 110 --size 400 >/dev/null
for method in get move; do
	DATA=$T/many
	prepare_row "association limit" $method
	start_bad "max-associations 2
		object-delay 1"
	fetch --parallel 4
	expect_status 0
	expect_same_objects "$DATA" "$OUT"
	expect_once
	grep -q '^association rejected limit' "$T/badpacs.log" || fail "the limit was never met"
	rejected=$(grep -c '^association rejected' "$T/badpacs.log")
	[ "$rejected" -le 8 ] || fail "rejected $rejected times"
	OUT=$OUT-2 STATE=$STATE-2
	fetch --parallel 4
	expect_status 0
	expect_same_objects "$DATA" "$OUT"
	[ "$(grep -c '^association rejected' "$T/badpacs.log")" -le $((rejected + 2)) ] || fail "nothing was learned"
	run dicom-qr node add limited "127.0.0.1:$BAD_PORT" --replace
	run dicom-qr node show limited
	expect_out 'connections +[0-9]'
	stop_peer "$BAD_PID"
done
make_data

# It dies after ten objects; somebody starts it again.
revive() {
	wait_for 30 gone "$BAD_PID" || fail "it did not crash"
	start_bad ""
}
for method in get move; do
	prepare_row "crash, and back" $method
	start_bad "refuse-after-objects 10"
	begin dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --output "$OUT" --retry-wait 1 --stall-timeout 2 --first-timeout 3 "${HOW[@]}"
	revive
	# shellcheck disable=SC2119  # no signal
	finish
	judge all
	stop_peer "$BAD_PID"
done

prepare_row "crash, for good" get
start_bad "refuse-after-objects 10"
fetch --retries 1
judge fails 3 'Connection refused'
