#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --review --save-state, then resume: the state file is the document of the manual, and all that resume needs.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	state=$T/$pacs.state
	run dicom-qr "$NODE" --method c-get --patient-id P-1001 --review --save-state "$state" --output "$OUT"
	expect_status 0
	expect_out "UID: $(study 1)"
	expect_out "dicom-qr resume --state $state"
	expect_files "$OUT" 0
	run dicom-qr "$NODE" --method c-get --patient-id P-1001 --review --save-state "$state" --output "$OUT" --quiet
	expect_status 0
	expect_no_out
	expect_no_err
	jq -e --arg uid "$(study 1)" --arg out "$OUT" '.host == "127.0.0.1" and .callingAE == "DICOMQR" and .method == "c-get"
		and .outputPath == $out and .hierarchical == false and (.studies | length) == 2
		and (.studies[] | select(.studyInstanceUID == $uid)
			| .patientName == "Müller^Jürgen" and .patientID == "P-1001" and .studyDate == "20240105"
				and .studyDescription == "CT Thorax + Abdomen")' "$state" >/dev/null || fail "state: $(cat "$state")"

	(cd / && run dicom-qr resume --state "$state" && exit "$status") || fail "resume: $(cat "$T/err")"
	some_of_archive 's1-*' 's7-*'
	expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"
	jq -e 'all(.studies[]; .status == "complete")' "$state" >/dev/null || fail "state: $(cat "$state")"
	run dicom-qr resume --state "$state"
	expect_status 0
	expect_out 'Nothing to do'

	# the disk decides, another folder is another question, and --force asks again
	rm "$(find "$OUT" -type f -not -path '*/.dicom-qr/*' | head -n 1)"
	run dicom-qr resume --state "$state"
	expect_status 0
	expect_err 'files are gone'
	expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"
	run dicom-qr resume --state "$state" --force
	expect_status 0
	! grep -q 'Nothing to do' "$T/out" || fail "--force asks for nothing"
	run dicom-qr resume --state "$state" --output "$OUT-other"
	expect_status 0
	expect_same_objects "$SOME" "$OUT-other" "${AS_GOT[@]}"

	# a query that finds nothing leaves no state of an earlier one
	run dicom-qr "$NODE" --method c-get --patient-id NOBODY --review --save-state "$state" --output "$OUT"
	expect_status 0
	jq -e '.studies == []' "$state" >/dev/null || fail "state: $(cat "$state")"
	run dicom-qr resume --state "$state"
	expect_status 0
	expect_out 'Nothing to do: 0 studies'

	# no more than the manual shows
	run dicom-query "$NODE" --patient-id P-1002 --format json
	jq --arg node "$NODE" --arg out "$OUT-plain" '{
		studies: map({patientName: .PatientName, patientID: .PatientID, studyInstanceUID: .StudyInstanceUID,
			studyDate: .StudyDate, modality: "MR", studyDescription: .StudyDescription}),
		host: "127.0.0.1", port: ($node | split(":")[1] | tonumber), callingAE: "WORKSTATION",
		calledAE: ($node | split("@")[0]), method: "c-get", outputPath: $out, hierarchical: true}' "$T/out" >"$T/plain.state"
	run dicom-qr resume --state "$T/plain.state"
	expect_status 0
	some_of_archive 's2-*'
	expect_same_objects "$SOME" "$OUT-plain" "${AS_GOT[@]}"

	# reviewed without a way to retrieve, which may be said later
	run dicom-qr "$NODE" --patient-id P-1004 --review --save-state "$T/later.state"
	expect_status 0
	expect_out "^To retrieve: dicom-qr resume --state $T/later.state$"
	run dicom-qr resume --state "$T/later.state" --output "$OUT-later" --method C-MOVE
	expect_status 2
	expect_err 'C-MOVE requires --move-dest'
	run dicom-qr resume --state "$T/later.state" --output "$OUT-later"
	expect_status 0
	some_of_archive 's4-*'
	expect_same_objects "$SOME" "$OUT-later" "${AS_GOT[@]}"
done
