#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --uid-list: comments, blank lines, CR LF, blanks around and duplicates; from a file or from standard input.
. "${srcdir:-.}/tests/lib.sh" || exit 1

start_both
{
	printf '# studies of this month\r\n\r\n  %s\t \r\n' "$(study 1)"
	printf '%s # the same once more\n\n\n#%s\n' "$(study 1)" "$(study 4)"
	printf '%s' "$(study 7)"		# no line end
} >"$T/list"
some_of_archive 's1-*' 's7-*'
for pacs in dcmqrscp orthanc; do
	choose_pacs $pacs
	run dicom-retrieve "$NODE" --method c-get --uid-list "$T/list" --output "$OUT"
	expect_status 0
	expect_err '2 studies: 2 complete.* 24 objects'
	expect_same_objects "$SOME" "$OUT" "${AS_GOT[@]}"

	status=0
	dicom-retrieve "$NODE" --listen "$LISTEN_PORT" --uid-list - --output "$OUT-stdin" <"$T/list" 2>"$T/err" || status=$?
	expect_status 0
	expect_same_objects "$SOME" "$OUT-stdin"

	# one that is not there harms no other
	(cat "$T/list"; echo; study 99) >"$T/more"
	run dicom-qr retrieve "$NODE" --method c-get --uid-list "$T/more" --output "$OUT-more" --retry-wait 0
	expect_status 3
	expect_err "$(study 99)"
	expect_same_objects "$SOME" "$OUT-more" "${AS_GOT[@]}"
done

(cat "$T/list"; printf '\n1.2.x.4\n') >"$T/wrong"
run dicom-qr retrieve "$NODE" --method c-get --uid-list "$T/wrong" --output "$T/wrong.out"
expect_status 2
expect_err "$T/wrong: line 9: "
expect_files "$T/wrong.out" 0
printf '# nothing\n\n' >"$T/empty"
run dicom-retrieve "$NODE" --method c-get --uid-list "$T/empty"
expect_status 1		# its document knows 0 and 1
run dicom-retrieve "$NODE" --method c-get --uid-list "$T/absent"
expect_status 1
expect_err "$T/absent"
