#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The command lines of the manual of dicom-retrieve, as they stand there, with other hosts and folders; exit status 0 or 1.
. "${srcdir:-.}/tests/lib.sh" || exit 1

uid=1.2.840.113619.2
"$BULK" "$T/data" --studies 3 --series 2 --images 3 --size 2000 --prefix $uid
mkdir "$T/one" "$T/series"
cp -l "$T"/data/0001-*.dcm "$T/one"
cp -l "$T"/data/0001-02-*.dcm "$T/series"
study=$uid.2.1 series=$uid.3.1.2 instance=$uid.4.1.2.3

start_storescp MY_SCP
DESTS=("MY_SCP 127.0.0.1 $STORE_PORT")
PACS_AET=ANY-SCP
load_dcmqrscp "$T/data"
start_dcmqrscp ANY-SCP
start_orthanc
load_orthanc "$T/data"

# retrieved DIR: this is what the storescp got.
retrieved() {
	expect_status 0
	expect_same_objects "$1" "$STORE_DIR"
	rm -f "$STORE_DIR"/*
}

for port in "$PACS_PORT" "$ORTHANC_PORT"; do
	server=pacs://127.0.0.1:$port
	rm -rf "$T/work"
	mkdir "$T/work"
	cd "$T/work"

	run dicom-retrieve "$server" --aet MY_SCU --move-dest MY_SCP --study-uid $study --output study_dir/
	retrieved "$T/one"
	run dicom-retrieve "$server" --aet MY_SCU --study-uid $study --method c-get --output study_dir/
	expect_status 0
	expect_same_objects "$T/one" study_dir
	run dicom-retrieve "$server" --aet MY_SCU --move-dest MY_SCP --study-uid $study --series-uid $series --output series_dir/
	retrieved "$T/series"
	run dicom-retrieve "$server" --aet MY_SCU --move-dest MY_SCP --study-uid $study --series-uid $series --instance-uid $instance \
		--output .
	expect_status 0
	expect_files "$STORE_DIR" 1
	grep -rq "$instance" "$STORE_DIR" || fail "another instance"
	rm "$STORE_DIR"/*
	printf '%s\n' $uid.2.1 $uid.2.2 $uid.2.3 >study_uids.txt
	run dicom-retrieve "$server" --aet MY_SCU --move-dest MY_SCP --uid-list study_uids.txt --output studies/ --parallel 4
	retrieved "$T/data"
	run dicom-retrieve "$server" --aet MY_SCU --method c-get --study-uid $study --output output/ --hierarchical
	expect_status 0
	[ -f "output/$study/$series/$instance.dcm" ] || fail "not as drawn: $(find output)"
	run dicom-retrieve "$server" --aet MY_SCU --method c-get --study-uid $study --output study/ --verbose
	expect_status 0
	expect_same_objects "$T/one" study
	run dicom-retrieve "$server" --aet WORKSTATION --method c-get --study-uid $study --output data/studies/patient_123/ \
		--hierarchical --verbose
	expect_status 0
	expect_same_objects "$T/one" data/studies/patient_123
	run dicom-retrieve "$server" --aet WORKSTATION --method c-get --uid-list study_uids.txt --output data/studies/ --parallel 3 \
		--hierarchical --verbose
	expect_status 0
	rm -r data/studies/patient_123
	expect_same_objects "$T/data" data/studies
	run dicom-retrieve "$server" --aet MY_SCU --method c-move --study-uid $study --output study_dir/
	expect_status 1
	expect_err 'requires --move-dest'
done
