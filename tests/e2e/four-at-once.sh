#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --parallel 4: four associations at a time and never more, and the same files as one after another.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --parallel 4 --output "$OUT"
	expect_status 0
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --parallel 4 --output "$OUT-moved"
	expect_status 0
	expect_same_objects "$ARCHIVE" "$OUT-moved"
done

# most_at_once: the most retrievals that badpacs served at a time.
most_at_once() {
	awk '$1 == "get" || $1 == "move" { n++ } n > most { most = n } $1 == "final" { n-- } END { print most + 0 }' "$T/badpacs.log"
}

# Studies that are too large to share a request; each begins with silence, so that all four begin before the first ends.
"$BULK" "$T/data" --studies 6 --series 1 --images 110 --size 2000
for method in get move; do
	start_badpacs "retrieve-stall-first 1
		destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
	how=(--method c-get)
	[ $method = get ] || how=(--listen "$LISTEN_PORT")
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${how[@]}" --auto --parallel 4 --output "$T/bad-$method"
	expect_status 0
	expect_same_objects "$T/data" "$T/bad-$method"
	[ "$(most_at_once)" -eq 4 ] || fail "$(most_at_once) at once"
	[ "$(grep -c "^$method " "$T/badpacs.log")" -eq 6 ] || fail "not one request for each study"
	stop_peer "$BAD_PID"
	rm "$T/badpacs.log"
done
expect_no_process getscu movescu storescp
