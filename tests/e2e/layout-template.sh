#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --layout: each file where its attributes say, made safe; what would meet under one name does not.
. "${srcdir:-.}/tests/lib.sh" || exit 1

paths() { (cd "$1" && find . -name .dicom-qr -prune -o -type f -print | sort); }

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --output "$OUT" \
		--layout '{PatientID}/{StudyDate}-{Modality}/{SeriesNumber:04}-{SeriesDescription}/{InstanceNumber:05}.dcm'
	expect_status 0
	expect_same_objects "$ARCHIVE" "$OUT" "${AS_GOT[@]}"
	for path in P-1001/20240105-CT/0001-Lung_1.0_mm_sharp_B70f_/00012.dcm P-1001/20240105-SR/0099-Dose_Report/00001.dcm \
		P-1001/20240105-CT/0002-Abd_portal_venous_5_mm/00008.dcm P-1002/20240108-MR/0001-t1_se_tra_native_/00010.dcm \
		P-1005/20240312-XA/0001-LAO_30_CRAN_20/00002.dcm P-1004/20240229-US/0001-Cine_12_frames/00001.dcm; do
		[ -f "$OUT/$path" ] || fail "no $path: $(paths "$OUT")"
	done

	# many objects, one name
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --output "$OUT-one" --layout '{PatientID}.dcm'
	expect_status 0
	expect_same_objects "$ARCHIVE" "$OUT-one"
	[ -f "$OUT-one/P-1001.dcm" ] && [ -f "$OUT-one/P-1001-24.dcm" ] || fail "names: $(paths "$OUT-one")"
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --output "$OUT-one" --layout '{PatientID}.dcm'
	expect_status 0
	expect_err '7 studies: 7 complete.* 0 objects'
done
for wrong in '../{SOPInstanceUID}.dcm' '/{SOPInstanceUID}' '{NoSuchKeyword}.dcm' 'all.dcm' '{SOPInstanceUID' ''; do
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --output "$T/wrong" --layout "$wrong"
	expect_status 2
	expect_err '^dicom-qr: error: --layout(:| is empty)'
done
expect_files "$T/wrong" 0
