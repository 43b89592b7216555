#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --study-timeout: a study that stalls is given up, the others arrive; what came of it is kept and not fetched again.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
LISTEN_PORT=$(free_port)
"$BULK" "$T/data" --studies 4 --series 1 --images 6 --size 2000
stalled=1.2.826.0.1.3680043.10.1338.9.2.2
for how in "--method c-get" "--listen $LISTEN_PORT"; do
	start_badpacs "retrieve-stall-after 2 3600 study $stalled
		destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
	# shellcheck disable=SC2206  # words
	how=($how)
	out=$T/out${how[1]}
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${how[@]}" --auto --study-timeout 4 --retry-wait 0 \
		--output "$out" --save-state "$out.state"
	expect_status 3
	expect_err "$stalled: .*did not arrive"
	expect_err '4 studies: 3 complete, 1 incomplete'
	expect_same_objects "$T/data" "$out" --subset
	[ "$(jq '[.studies[] | select(.status == "complete")] | length' "$out.state")" -eq 3 ] || fail "not three complete"
	expect_no_process getscu movescu storescp
	had=$(files_of "$out" | tr -cd '\0' | wc -c)

	stop_peer "$BAD_PID"
	rm "$T/badpacs.log"
	start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
	run dicom-qr resume --state "$out.state"
	expect_status 0
	expect_same_objects "$T/data" "$out"
	[ "$(grep -c '^sent' "$T/badpacs.log")" -eq $((24 - had)) ] || fail "what was here was sent again"
	stop_peer "$BAD_PID"
	rm "$T/badpacs.log"
done
