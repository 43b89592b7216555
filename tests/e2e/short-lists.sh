#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that cuts its lists of objects and says nothing: what such a list says is not taken for the whole, neither when counts give it
# away nor when only the objects do; a study is never called complete for a part of it.  A UID that the PACS does not know is told at once.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need sqlite3
"$BULK" "$T/data" --studies 3 --series 2 --images 6 --size 2000 >/dev/null
"$BULK" "$T/data/one" --studies 1 --series 1 --images 9 --size 2000 --prefix 1.2.3 >/dev/null
LISTEN_PORT=$(free_port)

# cut WORDS RULE...: 45 objects come by C-GET and by C-MOVE, the verdicts are WORDS, and the second run asks for none.
cut() {
	local words=$1 how
	shift
	for how in "c-get" "c-move --listen $LISTEN_PORT"; do
		rm -rf "$T/files" "$T/badpacs.log" "$DICOM_QR_LEDGER"*
		start_badpacs "$(printf '%s\n' "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "find-cap 5 silent level IMAGE" "$@")" "$T/data"
		# shellcheck disable=SC2086  # words
		run dicom-qr "127.0.0.1:$BAD_PORT" --auto --method $how -o "$T/files" --retry-wait 0
		expect_status 0
		expect_err "^4 studies: $words; 45 objects"
		expect_same_objects "$T/data" "$T/files"
		# shellcheck disable=SC2086
		run dicom-qr "127.0.0.1:$BAD_PORT" --auto --method $how -o "$T/files" --retry-wait 0
		expect_status 0
		expect_no_err ' [1-9] complete[,;]'
		expect_same_objects "$T/data" "$T/files"
		stop_peer "$BAD_PID"
	done
}

cut "4 complete by count" "find-omit NumberOfStudyRelatedInstances"
cut "4 complete by count" ""
cut "4 complete by count" "find-image-needs-parents" "find-omit NumberOfStudyRelatedInstances"
cut "4 unverified" "find-omit NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances"
[ "$(sqlite3 "$DICOM_QR_LEDGER" "SELECT value FROM learned WHERE what = 'list-cap'")" -eq 5 ] || fail "not learned"

start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT" "$T/data"
# mistyped METHOD: nothing is waited for (the default of --retry-wait would cost 35 s)
for how in "c-get" "c-move --listen $LISTEN_PORT"; do
	# shellcheck disable=SC2086
	RUN_LIMIT=20 run dicom-qr retrieve "127.0.0.1:$BAD_PORT" --study-uid 1.2.3.4.5.6.7 --method $how -o "$T/none"
	[ "$status" -eq 3 ] || [ "$status" -eq 6 ] || fail "exit status $status"
done
run dicom-qr retrieve "127.0.0.1:$BAD_PORT" --study-uid 1.2.3.4.5.6.7 --method c-get -o "$T/none"
expect_status 3
expect_err 'empty .*1.2.3.4.5.6.7: the PACS does not know this study: is the UID right\?'
