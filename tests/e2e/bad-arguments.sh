#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is wrong on the command line is said in one line, before anything is asked or written.
. "${srcdir:-.}/tests/lib.sh" || exit 1

mkdir "$T/here"
cd "$T/here"

# wrong PATTERN ARGUMENT…
wrong() {
	run dicom-qr "${@:2}"
	expect_status 2
	expect_no_out
	expect_only_err "^dicom-qr: error: .*$1"
}
auto() { wrong "$1" pacs://127.0.0.1:1 --auto --method c-get "${@:2}"; }
retrieve() { wrong "$1" retrieve pacs://127.0.0.1:1 --method c-get "${@:2}"; }

auto "--aet '12345678901234567' has 17 characters; at most 16" --aet 12345678901234567
auto "--aet is empty" --aet ""
auto "--called-aet 'A\\\\B' has a backslash" --called-aet 'A\B'
auto "--aet '@A' begins with @" --aet @A
auto "--aet '-A' begins with -" --aet -A
auto "--move-dest 'A\?' has characters that are not printable" --move-dest A$'\e'
auto "--study-uid '1.2.x' has characters other than digits and dots" --study-uid 1.2.x
auto "--study-uid is empty" --study-uid ""
auto "month 13 does not exist" --study-date 20241332
auto "ends before it begins" --study-date 20240202-20240101
auto "unknown option --studydate; did you mean --study-date\?" --studydate 20240101
auto "--study-date needs a value" --study-date
auto "choose one of --interactive, --auto and --review" --review
auto "--layout: .*no such attribute" --layout '{Nope}/x'
auto "--layout: .*cannot begin with a dot" --layout '../{SOPInstanceUID}'
auto "--layout: .*cannot be absolute" --layout '/tmp/{SOPInstanceUID}'
auto "--layout: .*is not closed" --layout '{PatientID'
auto "--parallel 0: must be from 1 to 64" --parallel 0
auto "--parallel x: not a whole number" --parallel x
auto "--listen 70000: must be from 1 to 65535" --listen 70000
auto "--mode: '100' is no mode: give permissions such as 700, 750 or 640, or a umask" --mode 100
auto "--mode: 'u=rw' is no mode: give permissions" --mode u=rw
auto "--max-duration 90: a unit is missing" --max-duration 90
auto "--max-bytes 10: a unit is missing" --max-bytes 10
auto "unknown option --dest; did you mean --move-dest\?" --dest X
auto "unknown option --date; did you mean --study-date\?" --date 20240101
auto "unknown option --node$" --node x
auto "--method c-foo: must be one of" --method c-foo
for option in --patient-id --patient-name --accession-number --modality --study-date --output -o --save-state --log-file; do
	auto "$option is empty" $option ""
done
auto "--sop-class 'CT' has characters other than digits and dots" --sop-class 1.2.840,CT
auto "--empty-sr goes with --select dose" --empty-sr
auto "unexpected argument 'more'" more

retrieve "what is to be retrieved\?"
retrieve "--series-uid requires --study-uid" --series-uid 1.2
retrieve "--instance-uid requires --study-uid and --series-uid" --study-uid 1.2 --instance-uid 1.3
retrieve "--series-uid '1.2a' has characters" --study-uid 1.2 --series-uid 1.2a

wrong "port 70000 is out of range 1 to 65535" pacs://host:70000 --auto --method c-get
wrong "port 0 is out of range" host 0 --auto --method c-get
wrong "'-h:1' is not an address" --auto --method c-get -- -h:1
wrong "is an IPv6 address" 'pacs://[::1]:104' --auto
wrong "which PACS\?"
wrong "which PACS\?" --auto --method c-get
wrong "'studies' is neither a known node nor an address .* No node is configured; see: dicom-qr node add" studies
wrong "did you mean \"?dicom-qr query\"?\?" querry
wrong "did you mean \"dicom-qr node list\"\?" list
wrong "choose a mode: --interactive, --auto or --review" pacs://127.0.0.1:1
wrong "C-MOVE requires --move-dest" pacs://127.0.0.1:1 --auto --method C-MOVE
wrong "C-MOVE requires --move-dest" retrieve pacs://127.0.0.1:1 --study-uid 1.2 --method c-move
wrong "--max-age 26: a unit is missing: s, m, h or d" status --max-age 26
for command in verify import 'forget --all' 'organise --layout flat'; do
	# shellcheck disable=SC2086  # words
	wrong "the name of the folder is empty" $command ""
done
wrong "give --state FILE, or the number of a job" resume
wrong "'x' is no job number" resume x
wrong "'FOO' is not a level" query pacs://127.0.0.1:1 --level FOO
wrong "'Nope' is not an attribute" query pacs://127.0.0.1:1 --key Nope=1

# the words of other programs
run dicom-qr help
expect_status 0
expect_out '^Usage: dicom-qr NODE'
run dicom-qr help retrieve
expect_status 0
expect_out '^Usage: dicom-qr retrieve'
run dicom-qr version
expect_status 0
expect_out '^dicom-qr [0-9]'
run dicom-query
expect_status 2
expect_only_err "^dicom-query: error: which PACS\?"
# DCMTK's options are understood: only the port is wrong
wrong "port 0 is out of range" TITLE@127.0.0.1:0 -aet ME -aec YOU -aem THERE -S -P -O --method C-MOVE --auto
wrong "-aec 'A\\\\B' has a backslash|--called-aet 'A\\\\B' has a backslash" pacs://127.0.0.1:1 --auto -aec 'A\B'

[ -z "$(find "$T/here" "$T/home" "$T/ledger.db" -mindepth 1 2>/dev/null)" ] || fail "something was written"
