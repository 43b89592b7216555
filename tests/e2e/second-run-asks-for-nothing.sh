#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same command once more: what is here is proved by a query, and no object is asked for.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-qr "$NODE" --method c-get --retry-wait 0 --auto --output "$OUT"
	expect_status 0
	find "$OUT" -type f ! -path '*/.dicom-qr/*' -printf '%p %i %T@\n' | sort >"$T/before"
	run dicom-qr "$NODE" --listen "$LISTEN_PORT" --auto --output "$OUT"
	expect_status 0
	expect_err '7 studies: 7 complete.* 0 objects'
	find "$OUT" -type f ! -path '*/.dicom-qr/*' -printf '%p %i %T@\n' | sort | cmp - "$T/before" || fail "files have changed"
done

"$BULK" "$T/data" --studies 5 --series 2 --images 3 --size 2000
start_badpacs '' "$T/data"
for layout in flat hierarchical; do
	options=(--method c-get --auto --output "$T/$layout")
	[ $layout = flat ] || options+=(--hierarchical)
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}"
	expect_status 0
	before=$(grep -cE '^(get|move|sent) ' "$T/badpacs.log")
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}"
	expect_status 0
	[ "$(grep -cE '^(get|move|sent) ' "$T/badpacs.log")" -eq "$before" ] || fail "objects were asked for again"
	expect_same_objects "$T/data" "$T/$layout"

	# one that was removed comes again, and no other
	mapfile -t files < <(files_of "$T/$layout" | tr '\0' '\n' | sort)
	rm "${files[3]}"
	before=$(grep -c '^sent ' "$T/badpacs.log")
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}"
	expect_status 0
	[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq $((before + 1)) ] || fail "not one object sent"
	expect_same_objects "$T/data" "$T/$layout"

	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}" --force
	expect_status 0
	[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq $((before + 31)) ] || fail "--force did not ask for all"
	expect_same_objects "$T/data" "$T/$layout"

	# one that was cut comes again beside it, which is said; then verify and forget clear up
	truncate -s 100 "${files[3]}"
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}"
	expect_status 0
	expect_err '^dicom-qr: warning: study [0-9.]*: 1 file has changed since they came: .*verify --set-aside'
	[ "$(grep -c '^sent ' "$T/badpacs.log")" -eq $((before + 32)) ] || fail "not one object sent"
	run dicom-qr "BAD@127.0.0.1:$BAD_PORT" "${options[@]}"
	expect_status 0
	expect_no_err warning
	run dicom-qr verify "$T/$layout" --set-aside
	expect_status 3
	run dicom-qr forget "$T/$layout"
	run dicom-qr verify "$T/$layout"
	expect_status 0
	expect_same_objects "$T/data" "$T/$layout"
done
