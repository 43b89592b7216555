#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --max-images 5: five objects are asked for, and five arrive, and the exit status is 8; resume takes the next five.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --max-images 5 --output "$OUT" --save-state "$T/$pacs.state"
	expect_status 8
	expect_files "$OUT" 5
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}" --subset
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --max-images 5 --output "$OUT-moved"
	expect_files "$OUT-moved" 5
	expect_same_objects "$ARCHIVE" "$OUT-moved" --subset
	run dicom-qr resume --state "$T/$pacs.state"
	expect_files "$OUT" 10
	expect_status 8
	run dicom-qr resume --state "$T/$pacs.state" --max-images 31
	expect_status 0
	expect_err '7 studies: 7 complete.* 31 objects'
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"
done

# two studies of one image, and three of the seven of a third one
"$BULK" "$T/data" --studies 2 --series 1 --images 1 --size 2000 --prefix 1.2.3.1
"$BULK" "$T/data/more" --studies 2 --series 1 --images 7 --size 2000 --prefix 1.2.3.2
start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
for how in "--method c-get" "--listen $LISTEN_PORT"; do
	# shellcheck disable=SC2086  # words
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" $how --auto --max-images 5 --output "$T/bad" \
		--save-state "$T/bad.state"
	expect_status 8
	expect_err '^4 studies: 2 complete, 1 incomplete \(4 objects missing\), 1 skipped; .*; stopped by --max-images$'
	expect_err '^Left for another run by --max-images: 1 study, and 4 objects of another$'
	expect_err '4 of 7 objects are left for another run \(--max-images\)'
	expect_files "$T/bad" 5
	expect_same_objects "$T/data" "$T/bad" --subset
	[ "$(grep -c '^sent' "$T/badpacs.log")" -eq 5 ] || fail "not five objects sent"
	# what the requests name: SOP Instance UIDs, or else all of a study
	asked=0
	while read -r request; do
		case $request in
		*SOPInstanceUID=*) uids=${request##*SOPInstanceUID=} uids=${uids%% *} ;;
		*) uids=${request##*StudyInstanceUID=} uids=${uids%% *} ;;
		esac
		uids=${uids//[!\\]}		# one backslash less than UIDs
		asked=$((asked + ${#uids} + 1))
	done < <(grep -E '^(get|move) ' "$T/badpacs.log")
	[ $asked -eq 5 ] || fail "asked for $asked: $(grep -E '^(get|move) ' "$T/badpacs.log")"
	# the rest of the part, and one more of the last
	run dicom-qr resume --state "$T/bad.state" --dry-run
	expect_out '^Objects: 5,'
	run dicom-qr resume --state "$T/bad.state"
	expect_status 8
	expect_files "$T/bad" 10
	run dicom-qr resume --state "$T/bad.state" --max-images 6
	expect_status 0
	expect_err '^4 studies: 4 complete; 6 objects'
	expect_same_objects "$T/data" "$T/bad"
	[ "$(grep -c '^sent' "$T/badpacs.log")" -eq 16 ] || fail "not each was sent once"
	rm -r "$T/bad"
	stop_peer "$BAD_PID"
	rm "$T/badpacs.log"
	start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
done
