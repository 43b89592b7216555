#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A PACS that never stops answering is stopped, whether it repeats itself or not; what can be told from its answers is used,
# and what they do not prove is said.
. "${srcdir:-.}/tests/lib.sh" || exit 1

"$BULK" "$T/data" --studies 2 --series 1 --images 3 --size 2000 >/dev/null
export DICOM_QR_ROWS_MAX=40
study=1.2.826.0.1.3680043.10.1338.9.2.1

# endless RULE ARGUMENT…
endless() {
	rm -f "$T/badpacs.port"
	start_badpacs "$1" "$T/data"
	run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --method c-get -o "$T/files" --retries 0 --retry-wait 0 "${@:2}"
	expect_no_process findscu dcmdump getscu
	stop_peer "$BAD_PID"
}

for fresh in "" fresh; do
	endless "find-endless $fresh level STUDY" --review --study-uid $study
	expect_status 3
	expect_err "could not be made whole: the PACS sent more than 40 answers: the query was stopped"
	expect_files "$T/files" 0
done

# one answer that never ends
endless "find-endless-answer" --review --study-uid $study
expect_status 1
expect_err 'an answer of the PACS is too large \(more than 512 MB\): the query was stopped'

# one that is larger than any answer may be
endless "find-endless-answer 40 level STUDY times 1" --auto
expect_status 1
expect_err 'the answer of the PACS is damaged or too large'

# a large one is read; it names no study, so something may be missing
endless "find-endless-answer 8 level STUDY times 1" --auto
expect_status 3
expect_err 'without a usable Study Instance UID'
expect_err '2 complete'
expect_same_objects "$T/data" "$T/files"
rm -r "$T/files"

endless "find-endless level IMAGE" --auto
expect_status 0
expect_err "2 complete by count"
expect_same_objects "$T/data" "$T/files"
