#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# probe: every line true of dcmqrscp, Orthanc, and a PACS in five disguises; nothing is retrieved, few requests are sent, and
# what was found steers queries.
. "${srcdir:-.}/tests/lib.sh" || exit 1

# probed NODE [OPTION…]
probed() {
	run dicom-qr probe "$@"
	expect_status 0
	expect_err 'at most [0-9]+ small questions.*'
	[ "$(grep -oE '^[0-9]+ requests' "$T/err" | grep -oE '[0-9]+')" -le "$(grep -oE 'at most [0-9]+' "$T/err" | grep -oE '[0-9]+')" ] ||
		fail "more requests than announced"
}

# found WHAT VALUE …: pairs; "?" = could not be found out.
found() {
	while [ $# -gt 0 ]; do
		[[ "$(grep -E "^$1 " "$T/out")" == "$1 "*" $2 "* ]] || fail "not $2: $(grep -E "^$1 " "$T/out" || echo "no $1")"
		shift 2
	done
}

# disguised SCENARIO [OPTION…]
disguised() {
	[ -z "${BAD_PID-}" ] || stop_peer "$BAD_PID"
	rm -f "$DICOM_QR_LEDGER"*
	start_badpacs "aetitle PACS
$1" "$ARCHIVE"
	: >"$T/badpacs.log"
	probed "PACS@127.0.0.1:$BAD_PORT" "${@:2}"
	! grep -q '^sent ' "$T/badpacs.log" || [[ "$*" == *with-retrieve* ]] || fail "something was retrieved"
}

start_both
choose_pacs dcmqrscp
probed "$NODE"
found study-level yes modalities no date-needed no modality-filter ignored name-wildcards yes name-case sensitive study-counts no \
	series-level yes image-list studies patient-root yes patient-level yes patient-study yes c-get yes c-move yes find-cap '?' availability no
choose_pacs orthanc
probed "$NODE" --with-retrieve "$(study 1)"
found study-level yes modalities yes date-needed no modality-filter honoured name-case insensitive study-counts yes series-level yes \
	image-list studies patient-root yes patient-study no c-get yes c-move yes answer-charset 'ISO_IR 192' fetched '21 objects'
expect_out 'fetched-classes +CTImageStorage XRayRadiationDoseSRStorage'

disguised "find-require-date error
find-ignore ModalitiesInStudy"
found date-needed error modality-filter ignored study-counts yes image-list studies find-cap '?'
# steered: the last 30 days, and said so
export DICOM_QR_NOW=2024-03-25T12:00:00
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count
expect_status 0
expect_err 'needs a date: the last 30 days'
[ "$(cat "$T/out")" = 3 ] || fail "$(cat "$T/out") studies of the last 30 days"
run dicom-qr "PACS@127.0.0.1:$BAD_PORT" --review --method c-get --patient-id P-1005
expect_status 0
expect_err 'needs a date'
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count --study-date 2024-01-01/2024-03-31 --modality CT
expect_no_err 'needs a date'
[ "$(cat "$T/out")" = 2 ] || fail "$(cat "$T/out") studies of CT"
unset DICOM_QR_NOW

disguised "find-require-date empty
find-case-sensitive
find-omit NumberOfStudyRelatedInstances InstanceAvailability ModalitiesInStudy"
found date-needed empty name-case sensitive study-counts no availability no modalities no modality-filter honoured
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count
expect_err 'needs a date'
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count --patient-name 'o*' --study-date 2024-01-01/2024-03-31
expect_err 'tells capital from small letters'

disguised "find-cap 5 a700 level STUDY
max-associations 4
find-model-refuse patient" --associations
found find-cap 5 associations 4 patient-root no patient-study yes date-needed no
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count
[ "$(cat "$T/out")" = 7 ] || fail "$(cat "$T/out") studies by a PACS that cuts at 5"

# a limit that is no round number and goes without a word; and none
disguised "find-generate 3000 20230101 60
find-cap 337 silent"
found find-cap 337 study-level yes
disguised "find-generate 300 20230101 60"
found find-cap none study-level yes
: >"$T/badpacs.log"
run dicom-qr query "PACS@127.0.0.1:$BAD_PORT" --count
[ "$(cat "$T/out")" = 307 ] || fail "$(cat "$T/out") studies"
[ "$(grep -c '^find ' "$T/badpacs.log")" -eq 1 ] || fail "what the probe saw whole is asked for again"

disguised "find-image-needs-parents
find-no-lists
find-charset none
get-unsupported"
found image-list series c-get no c-move yes method c-move answer-charset undeclared
expect_out '^answer-charset.*state it with --charset'

disguised "find-level-refuse IMAGE a900
move-unsupported
find-lie-count 3
find-nearline $(study 6) NEARLINE
find-pad-uids"
found image-list none c-get yes c-move no method c-get study-counts yes series-level yes

disguised "find-lie-count 3
find-nearline $(study 6) OFFLINE"
found study-counts wrong availability yes
expect_out 'says OFFLINE'

# as a document; in the node's file beside what was stated
run dicom-qr probe "PACS@127.0.0.1:$BAD_PORT" --format json -q
expect_status 0
/usr/bin/python3 -c "import json; t = {l['what']: l['value'] for l in json.load(open('$T/out'))}; assert t['study-counts'] == 'wrong', t" ||
	fail "the document is another"
run dicom-qr node add bad "PACS@127.0.0.1:$BAD_PORT"
run dicom-qr node show bad
expect_out 'counts objects +wrong'

# an empty archive, and none at all
mkdir "$T/empty"
stop_peer "$BAD_PID"
rm -f "$DICOM_QR_LEDGER"*
start_badpacs "aetitle PACS" "$T/empty"
probed "PACS@127.0.0.1:$BAD_PORT"
found study-level yes sample '?' c-get yes
stop_peer "$BAD_PID"
run dicom-qr probe "PACS@127.0.0.1:$BAD_PORT" --timeout 2
expect_status 5
run dicom-qr probe "PACS@127.0.0.1:$BAD_PORT" --with-retrieve 1.2.x
expect_status 2
[ -z "$(find /tmp -maxdepth 1 -name 'dicom-qr-probe*' -newer "$T/home" -uid "$(id -u)" 2>/dev/null)" ] || fail "a probe left its folder"
expect_no_process findscu getscu movescu echoscu dcmdump
