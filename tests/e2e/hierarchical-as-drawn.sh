#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --hierarchical: PatientID/Study/Series/Instance.dcm in dicom-qr, Study/Series/Instance.dcm in dicom-retrieve.
. "${srcdir:-.}/tests/lib.sh" || exit 1

root=1.2.826.0.1.3680043.10.1338

# drawn PREFIX FILE…: the paths of these files of the archive.
drawn() {
	local file prefix=$1
	for file in "${@:2}"; do
		IFS=-. read -r study series n _ <<<"${file##*/s}"
		echo "./$prefix$root.2.$study/$root.3.$study.$series/$root.4.$study.$series.$n.dcm"
	done | sort
}
paths() { (cd "$1" && find . -name .dicom-qr -prune -o -type f -print | sort); }

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --hierarchical --output "$OUT"
	expect_status 0
	expect_same_objects "$ARCHIVE" "$OUT"
	diff <(paths "$OUT/P-1001") <(drawn '' "$ARCHIVE"/s[17]-*) || fail "not as drawn for dicom-qr"
	# a Patient ID that is no file name is made one, and recognisable
	other=$(cd "$OUT" && echo G_1003_B*)
	[ -d "$OUT/$other" ] || fail "no folder for G/1003 B: $(ls "$OUT")"
	[ "$(paths "$OUT" | cut -d / -f 2 | sort -u | xargs)" = "$(echo "$other P-1001 P-1002 P-1004 P-1005" | xargs)" ] ||
		fail "other patients: $(ls "$OUT")"

	run dicom-retrieve "$NODE" --method c-get --study-uid "$(study 1)" --hierarchical --output "$OUT-one"
	expect_status 0
	diff <(paths "$OUT-one") <(drawn '' "$ARCHIVE"/s1-*) || fail "not as drawn for dicom-retrieve"

	# without it one folder, and names as DCMTK gives them
	run dicom-retrieve "$NODE" --method c-get --study-uid "$(study 4)" --output "$OUT-flat"
	expect_status 0
	[ "$(paths "$OUT-flat" | xargs)" = "./SRt.$root.4.4.2.1 ./USm.$root.4.4.1.1" ] || fail "flat: $(paths "$OUT-flat")"
done
