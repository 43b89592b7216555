#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dicom-retrieve of a series and of an instance, by C-GET and by C-MOVE; each without what it belongs to is refused.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
root=1.2.826.0.1.3680043.10.1338
series=(--study-uid "$root.2.1" --series-uid "$root.3.1.2")
instance=("${series[@]}" --instance-uid "$root.4.1.2.5")
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	for how in "--method c-get" "--listen $LISTEN_PORT" "--method auto --listen $LISTEN_PORT"; do
		# shellcheck disable=SC2206  # words
		how=($how)
		run dicom-retrieve "$NODE" "${how[@]}" "${series[@]}" --output "$OUT/s${how[*]: -1}"
		expect_status 0
		some_of_archive 's1-2-*'
		expect_same_objects "$SOME" "$OUT/s${how[*]: -1}"

		run dicom-retrieve "$NODE" "${how[@]}" "${instance[@]}" --output "$OUT/i${how[*]: -1}"
		expect_status 0
		some_of_archive 's1-2-5.dcm'
		expect_same_objects "$SOME" "$OUT/i${how[*]: -1}"
		rm -r "$OUT"
	done

	# what is here already is not fetched again, whatever it was asked as
	run dicom-retrieve "$NODE" --method c-get "${instance[@]}" --output "$OUT"
	run dicom-retrieve "$NODE" --method c-get "${series[@]}" --output "$OUT"
	expect_status 0
	expect_err '1 study: 1 complete.* 7 objects'
	run dicom-retrieve "$NODE" --method c-get --study-uid $root.2.1 --output "$OUT"
	expect_status 0
	expect_err '1 study: 1 complete.* 13 objects'

	run dicom-retrieve "$NODE" --method c-get --study-uid $root.2.1 --series-uid $root.3.99.99 --retry-wait 0 \
		--output "$OUT-none"
	expect_files "$OUT-none" 0
	[ "$status" -ne 0 ] || fail "a series that is not there is nothing amiss"
done
run dicom-qr retrieve "$NODE" --method c-get --series-uid 1.2.3
expect_status 2
expect_err 'requires --study-uid'
run dicom-retrieve "$NODE" --method c-get --study-uid 1.2.3 --instance-uid 1.2.3.4
expect_status 1		# its document knows 0 and 1
expect_err 'requires --study-uid and --series-uid'
