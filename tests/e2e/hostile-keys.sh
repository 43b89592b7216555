#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Patterns reach the PACS as they were written, through every option that becomes a key: nothing of them is taken for an option, a file,
# a further key or a command.  Times are exact here when the PACS was asked for whole days.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need jq
mkdir "$T/none"
start_badpacs "aetitle PACS
find-generate 200 20230101 10" "$T/none"
NODE=PACS@127.0.0.1:$BAD_PORT
cd "$T"

# sent KEYWORD VALUE OPTION…: what the PACS has been asked for
sent() {
	local shown
	: >"$T/badpacs.log"
	run dicom-qr query "$NODE" --format csv -q "${@:3}"
	expect_status 0
	expect_no_err
	shown=$(grep '^find ' "$T/badpacs.log" | grep -oE " $1=[^ ]*")
	[ "$(sed 's/%20/ /g; s/%25/%/g' <<<"$shown")" = " $1=$2" ] || fail "$2 became $shown by ${*:3}"
}

# each pattern by one option in turn, with = or behind it, and by -k
options=(PatientName=--patient-name PatientID=--patient-id AccessionNumber=--accession-number StudyDescription=--study-description)
n=0
for value in '-LEAD*' '--help' '@file*' '@/etc/passwd' 'O"B*' "O'B?*" 'a,b=c[d]*' '[LAD]=stent "2.5 mm"' "\$(touch $T/owned)" '`id`*' \
	';touch owned *' 'x=y' '%s%n*' 'a?b*c'; do
	option=${options[n++ % ${#options[@]}]}
	sent "${option%%=*}" "$value" "${option#*=}" "$value"
	sent "${option%%=*}" "$value" "${option#*=}=$value"
	sent PatientName "$value" -k "PatientName=$value"
	sent StudyDescription "$value" --key "0008,1030=$value"
done
[ ! -e "$T/owned" ] || fail "a command was carried out"

# times: several days, then one
run dicom-qr query "$NODE" --format jsonl -q
expect_status 0
cp "$T/out" "$T/all"
for days in 20230102-20230105 20230104; do
	for times in 1000-1159 100000-115959 -0900 1530-; do
		IFS=- read -r from until <<<"$times"
		IFS=- read -r first last <<<"$days"
		jq -r --arg from "$(printf '%-6s' "$from" | tr ' ' 0)" --arg until "$([ -z "$until" ] && echo 999999 || printf '%-6s' "$until" | tr ' ' 9)" \
			--arg first "$first" --arg last "${last:-$first}" \
			'select(.StudyDate >= $first and .StudyDate <= $last and .StudyTime >= $from and .StudyTime <= $until) | .StudyInstanceUID' \
			"$T/all" | sort >"$T/expected"
		[ -s "$T/expected" ] || fail "nothing to find at $times of $days"
		run dicom-qr query "$NODE" --study-date "$days" --study-time="$times" --format jsonl -q
		expect_status 0
		jq -r .StudyInstanceUID "$T/out" | sort | cmp -s - "$T/expected" || fail "$times of $days: $(wc -l <"$T/out") rows"
	done
done
expect_no_process findscu dcmdump
