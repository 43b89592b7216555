#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The command lines of the manual of dicom-qr, as they stand there, with other hosts and folders.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need dcmodify jq
uid=1.2.840.113619.2
mkdir "$T/data"
make() {	# NUMBER MODALITY DATE NAME ID
	"$BULK" "$T/data/$1" --studies 1 --series 2 --images 2 --size 2000 --modality "$2" --date "$3" --prefix $uid.$1
	dcmodify -q -nb -m "0010,0010=$4" -m "0010,0020=$5" "$T/data/$1"/*
}
make 1 CT 20240105 SMITH^JOHN 123456
make 2 CT 20240108 DOE^JANE 12345
make 3 MR 20240212 JOHNSON^MARY 987654
make 4 CT 20240213 JOHNSON^PAUL 4
make 5 MR 20230301 SMITHSON^ANN 987654

start_storescp MY_SCP
DESTS=("MY_SCP 127.0.0.1 $STORE_PORT")
PACS_AET=ANY-SCP
load_dcmqrscp "$T/data"
start_dcmqrscp ANY-SCP
start_orthanc
load_orthanc "$T/data"

# moved N…: what the storescp got are these studies, and nothing else.
moved() {
	local n
	rm -rf "$T/expected"
	mkdir "$T/expected"
	for n; do cp -lr "$T/data/$n" "$T/expected"; done
	expect_same_objects "$T/expected" "$STORE_DIR"
	rm -f "$STORE_DIR"/*
}

for port in "$PACS_PORT" "$ORTHANC_PORT"; do
	server=pacs://127.0.0.1:$port
	rm -rf "$T/work"
	mkdir "$T/work"
	cd "$T/work"

	status=0
	echo all | dicom-qr "$server" --aet MY_AET --move-dest MY_SCP --patient-name "DOE*" --interactive >"$T/out" || status=$?
	expect_status 0
	expect_out '^Found 1 study$'
	expect_out '^\[1\] DOE\^JANE \(ID: 12345\)$'
	moved 2
	run dicom-qr "$server" --aet MY_AET --move-dest MY_SCP --study-date "20240101-20240131" --modality CT --output studies/ --auto
	expect_status 0
	moved 1 2
	run dicom-qr "$server" --aet MY_AET --patient-id "12345" --review --save-state query.state
	expect_status 0
	run dicom-qr resume --state query.state --move-dest MY_SCP
	expect_status 0
	moved 2
	run dicom-qr "$server" --aet MY_AET --move-dest MY_SCP --patient-name "SMITH*" --save-state retrieval.state --auto
	expect_status 0
	moved 1 5
	run dicom-qr resume --state retrieval.state
	expect_status 0
	moved
	status=0
	echo 1-2 | dicom-qr "$server" --aet WORKSTATION --move-dest MY_SCP --modality CT --study-date "20240101-20240131" \
		--interactive >"$T/out" || status=$?
	expect_status 0
	expect_out '^Found 2 studies$'
	moved 1 2
	run dicom-qr "$server" --aet WORKSTATION --move-dest MY_SCP --patient-id "987654" --modality MR --output "$T/work/data/studies/" \
		--hierarchical --auto --validate
	expect_status 0
	moved 3 5
	run dicom-qr "$server" --aet WORKSTATION --patient-name "JOHNSON*" --study-date "20240201-20240228" --review \
		--save-state query_feb2024.state
	expect_status 0
	[ "$(jq -r '.studies[].patientName' query_feb2024.state | sort | xargs)" = "JOHNSON^MARY JOHNSON^PAUL" ] ||
		fail "state: $(cat query_feb2024.state)"
	run dicom-qr resume --state query_feb2024.state --method c-get
	expect_status 0
	expect_files . 11			# three are state files
	run dicom-qr "$server" --aet WORKSTATION --method c-get --study-uid "$uid.1.2.1" --output study_dir/ --auto
	expect_status 0
	expect_same_objects "$T/data/1" study_dir
	run dicom-qr "$server" --aet MY_AET --move-dest MY_SCP --patient-id "12345" --output studies/ --auto --validate
	expect_status 0
	moved 2
done
