#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The dose collector: its help and its examples as they were written, each rule of the selection with a study that hits it and
# one that misses it, studies held already, and PACS that answer less than they should.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need dump2dcm

ln -s dicom-qr "$T/bin/qrscu.py"
ln -s dicom-qr "$T/bin/openrem_qr.py"
classes=1.2.840.10008.5.1.4.1.1
objects=$T/objects
mkdir "$objects"
ago=$(date -d "1 hour ago" "+%Y%m%d")

# series STUDY NUMBER MODALITY CLASS COUNT DATE STUDY-DESCRIPTION [SERIES-DESCRIPTION]: objects STUDY-NUMBER-N
series() {
	local n
	for ((n = 1; n <= $5; n++)); do
		printf '%s\n' "(0008,0016) UI [$classes.$4]" "(0008,0018) UI [1.2.9.$1.$2.$n]" "(0008,0020) DA [$6]" \
			"(0008,0030) TM [120000]" "(0008,0060) CS [$3]" "(0008,1030) LO [$7]" "(0008,103e) LO [${8-}]" \
			"(0010,0010) PN [DOE^JANE]" "(0010,0020) LO [P$1]" "(0020,000d) UI [1.2.9.$1]" \
			"(0020,000e) UI [1.2.9.$1.$2]" "(0020,0011) IS [$2]" "(0020,0013) IS [$n]" >"$T/dump"
		dump2dcm -q +te "$T/dump" "$objects/$1-$2-$n"
	done
}
#      study  modality class      count date    study           series
series 1 1     MG       1.2        2    20100401 "Mammo both"    "R CC"
series 1 2     SR       88.67      1    20100401 "Mammo both"    "Dose"
series 2 1     MG       1.2        2    20100401 "Mammo left"    "L CC"
series 3 1     DX       1.1        2    20100405 "Hand imported" "Hand"
series 4 1     DX       1.1        2    20100405 "Chest"         "Chest"
series 4 2     SR       88.11      1    20100405 "Chest"         "Report"
series 5 1     CR       1          1    20100406 "Knee"          "Knee"
series 5 2     SR       88.67      1    20100406 "Knee"          "Dose"
series 6 1     XA       12.1       3    20100407 "Coro"          "LAO"
series 6 2     SR       88.67      1    20100407 "Coro"          "Dose"
series 7 1     RF       12.2       3    20100407 "Swallow"       "Swallow"
series 7 2     SR       88.22      1    20100407 "Swallow"       "Dose"
series 8 1     XA       12.1       3    20100407 "Leg"           "Leg"
series 9 1     CT       2          8    20100408 "Thorax"        "Lung"
series 9 2     SR       88.11      1    20100408 "Thorax"        "Report"
series 9 3     SR       88.67      1    20100408 "Thorax"        "Dose"
series 10 1    CT       2          8    20100408 "Head"          "Head"
series 10 2    SR       88.22      1    20100408 "Head"          "Dose"
series 11 1    CT       2          8    20100408 "Abdomen"       "Abdomen"
series 11 2    CT       2          1    20100408 "Abdomen"       "Dose Info"
series 12 1    CT       2          8    20100408 "Neck"          "Neck"
series 12 2    CT       2          2    20100408 "Neck"          "Scout"
series 13 1    CT       2          8    20100408 "Spine"
series 13 2    CT       2          5    20100408 "Spine"
series 13 3    CT       2          6    20100408 "Spine"
series 14 1    SR       88.67      1    20100409 "Report alone"  "Dose"
series 15 1    SR       88.11      1    20100409 "Report alone"  "Text"
series 16 1    MR       4          2    20100409 "Brain"         "T1"
series 17 1    DX       1.1        1    "$ago"   "Foot"          "Foot"

LISTEN_PORT=$(free_port)
DESTS+=("DICOMQR 127.0.0.1 $LISTEN_PORT")
start_orthanc
load_orthanc "$objects"
dicom-qr node add pacs "$ORTHANC_AET@127.0.0.1:$ORTHANC_PORT" --number 2 --aet DICOMQR
dicom-qr node add here --number 1 --listen "$LISTEN_PORT" --called-aet DICOMQR --output "$T/dose"

# came DIR OBJECT…: these objects and no others are in DIR, and all are what the PACS has
came() {
	local dir=$1 object
	shift
	mkdir -p "$dir"
	printf '%s\n' "$@" | sed '/^$/d' | sort >"$T/wanted"
	find "$dir" -type f -not -path '*/.*' -printf '%f\n' | sed 's/^[A-Za-z0-9]*\.1\.2\.9\.//; s/\./-/g' | sort >"$T/came"
	diff "$T/wanted" "$T/came" >"$T/diff" || fail "not what was wanted in $dir: $(cat "$T/diff")"
	rm -rf "$T/some"
	mkdir "$T/some"
	for object; do
		[ -z "$object" ] || cp "$objects/$object" "$T/some"
	done
	expect_same_objects "$T/some" "$dir"
}
said() { expect_out "^  1\.2\.9\.$1 .* (kept|left out): .*$2"; }	# STUDY WORDS

# --- as written ---
run qrscu.py -h
expect_status 0
cat >"$T/help" <<'END'
usage: qrscu.py [-h] [-ct] [-mg] [-fl] [-dx] [-f yyyy-mm-dd] [-t yyyy-mm-dd]
                [-e string] [-i string] [-sr] [-dup] qrid storeid

Query remote server and retrieve to OpenREM

positional arguments:
  qrid                  Database ID of the remote QR node
  storeid               Database ID of the local store node

optional arguments:
  -h, --help            show this help message and exit
  -ct                   Query for CT studies
  -mg                   Query for mammography studies
  -fl                   Query for fluoroscopy studies
  -dx                   Query for planar X-ray studies
  -f yyyy-mm-dd, --dfrom yyyy-mm-dd
                        Date from, format yyyy-mm-dd
  -t yyyy-mm-dd, --duntil yyyy-mm-dd
                        Date until, format yyyy-mm-dd
  -e string, --desc_exclude string
                        Terms to exclude in study description, comma separated, quote whole
                        string
  -i string, --desc_include string
                        Terms that must be included in study description, comma separated,
                        quote whole string
  -sr                   Advanced: Query for structured report only studies
  -dup                  Advanced: Retrieve studies that are already in database
END
diff "$T/help" "$T/out" || fail "the help is not what it was"

run qrscu.py 2 1 -dx -f 2010-04-05 -t 2010-04-05 -e "imported"
expect_status 0
came "$T/dose" 4-1-1 4-1-2
said 4 'DX: images, as there is no Radiation Dose SR'
expect_no_out '1\.2\.9\.3 '

cat >"$T/hourly" <<'END'
#!/bin/bash

ONEHOURAGO=$(date -d "1 hour ago" "+%Y-%m-%d")

openrem_qr.py 2 1 -dx -f $ONEHOURAGO -t $ONEHOURAGO  -e "Imported"
END
run bash "$T/hourly"
expect_status 0
came "$T/dose" 4-1-1 4-1-2 17-1-1
run bash "$T/hourly"			# the next hour: nothing twice
expect_status 0
expect_out 'Nothing to retrieve: what was kept of 1 study is there already'

# --- the rules ---
all=(1-2-1 2-1-1 2-1-2 3-1-1 3-1-2 4-1-1 4-1-2 5-2-1 6-2-1 7-2-1 9-3-1 10-2-1 11-2-1 13-2-1 13-2-2 13-2-3 13-2-4 13-2-5 17-1-1)
run qrscu pacs here -ct -mg -fl -dx -o "$T/all"
expect_status 0
came "$T/all" "${all[@]}"
said 1 'MG: Radiation Dose SR; 1 of 2 series'
said 2 'MG: images, as there is no Radiation Dose SR; the whole study'
said 5 'DX: Radiation Dose SR'
said 6 'FL: Radiation Dose SR'
said 7 'FL: Enhanced SR'
said 8 'FL: no dose report'
said 9 'CT: Radiation Dose SR'
said 10 'CT: Enhanced SR'
said 11 'CT: series described "dose info"'
said 12 'CT: no dose report and no dose info series'
said 13 'CT: series of five objects or fewer'
expect_no_out '1\.2\.9\.1[456] '		# the PACS was not asked for MR and SR
rules=("-mg:1-2-1 2-1-1 2-1-2" "-fl:6-2-1 7-2-1" "-sr:14-1-1" "-ct -i thorax,HEAD:9-3-1 10-2-1" "-dx -t 2010-04-05 -i hand:3-1-1 3-1-2"
	"-ct -sr -f 2010-04-09:14-1-1" "-dx -mg -f 2010-04-06 -t 2010-04-06:5-2-1" "-ct -f 2010-04-09 -t 2010-04-10:" "-fl -dfrom 1:usage")
for rule in "${rules[@]}"; do
	rm -rf "$T/rule"
	# shellcheck disable=SC2086  # words
	run qrscu 2 1 ${rule%%:*} -o "$T/rule"
	if [ "${rule#*:}" = usage ]; then
		expect_status 2
	else
		expect_status 0
		# shellcheck disable=SC2086
		came "$T/rule" ${rule#*:}
	fi
done
run qrscu 2 1 -sr --dfrom 2010-04-09 --duntil=2010-04-09 --dry-run
said 15 'SR: no dose report'
said 14 'SR: Radiation Dose SR'

# the plan of a dry run, carried out later
run qrscu 2 1 -fl -ct -i swallow,HEAD -o "$T/planned" --dry-run --save-state "$T/planned.state"
expect_status 0
[ ! -e "$T/planned" ] || fail "a dry run wrote something"
run dicom-qr resume --state "$T/planned.state"
came "$T/planned" 7-2-1 10-2-1

# the same for everybody, and freely
run dicom-qr pacs --auto --method c-get --select dose -o "$T/by-dicom-qr"
expect_status 0
came "$T/by-dicom-qr" "${all[@]}"
said 16 'none of MG,DX,CR,XA,RF,CT'
run dicom-qr pacs --auto --method c-get --select dose --modality MG,XA -o "$T/two-kinds"
came "$T/two-kinds" 1-2-1 2-1-1 2-1-2 6-2-1
run dicom-qr pacs --auto --method c-get --series-modality SR --sop-class $classes.88.11 -o "$T/texts"
came "$T/texts" 4-2-1 9-2-1 15-1-1
run dicom-qr pacs --auto --method c-get --series-description scout,"dose INFO" -o "$T/described"
came "$T/described" 11-2-1 12-2-1 12-2-2
run dicom-qr pacs --method c-get --select dose --modality CT --save-state "$T/dose.state" --review
run dicom-qr resume --state "$T/dose.state" -o "$T/resumed"
came "$T/resumed" 9-3-1 10-2-1 11-2-1 13-2-1 13-2-2 13-2-3 13-2-4 13-2-5
grep -q '"selection": "CT: Radiation Dose SR; 1 of 3 series"' "$T/dose.state" || fail "the state does not say why"

# --- held already ---
run qrscu 2 1 -ct -mg -fl -dx -o "$T/all"
expect_status 0
expect_out '^Nothing to retrieve'
run qrscu 2 1 -mg -o "$T/all" -dup
expect_status 0
expect_err '2 studies: 2 complete'

# --- the store node is somebody else ---
STORE=$(free_port)
DESTS+=("STORE 127.0.0.1 $STORE")
stop_peer "$ORTHANC_PID"
mkdir -p "$T/storescp-STORE"
echo "$STORE" >"$T/storescp-STORE/port"
start_orthanc
start_storescp STORE
dicom-qr node add store "STORE@127.0.0.1:$STORE_PORT" --number 4
run qrscu 2 4 -fl
expect_status 0
wait_for 20 eval "[ \$(find '$STORE_DIR' -type f | wc -l) -eq 2 ]"
run qrscu 2 4 -fl
expect_status 0
expect_out '^Nothing to retrieve'
run qrscu 2 4 -fl -dup --dry-run
expect_out 'Would be fetched: 2 studies'

# --- PACS that answer less ---
bad_dose() {	# SCENARIO ARGUMENT…
	local scenario=$1
	shift
	BAD_PORT=
	rm -f "$T/badpacs.port" "$T/badpacs.log"
	start_badpacs "destination DICOMQR 127.0.0.1 $LISTEN_PORT
$scenario" "$objects"
	dicom-qr node remove bad 2>/dev/null || :
	dicom-qr node add bad "BAD@127.0.0.1:$BAD_PORT" --number 9 --aet DICOMQR
	rm -rf "$T/bad"
	run qrscu 9 1 -o "$T/bad" "$@"
	stop_peer "$BAD_PID"
}
for scenario in '' 'find-ignore ModalitiesInStudy' 'find-omit ModalitiesInStudy' 'find-ignore ModalitiesInStudy
find-omit ModalitiesInStudy' 'find-no-lists' 'find-image-needs-parents
find-series-needs-parents' 'find-pad-uids'; do
	bad_dose "$scenario" -ct -mg -fl -dx
	expect_status 0
	came "$T/bad" "${all[@]}"
done
# one query without a key is enough where the key does not count
bad_dose 'find-ignore ModalitiesInStudy' -ct -mg -fl -dx
[ "$(grep -c '^find STUDY ' "$T/badpacs.log")" = 1 ] || fail "asked again for what had come"

bad_dose 'find-omit SeriesDescription' -ct
came "$T/bad" 9-3-1 10-2-1 11-2-1 12-2-1 12-2-2 13-2-{1..5}
bad_dose 'find-omit SeriesDescription NumberOfSeriesRelatedInstances' -ct -i spine
came "$T/bad" 13-2-{1..5}
bad_dose 'find-omit SOPClassUID' -fl
came "$T/bad" ''
said 6 'tells no SOP class'

empty='find-refuse 0000 level IMAGE'
bad_dose "$empty" -sr
came "$T/bad" ''
said 14 'SR: no dose report'
bad_dose "$empty" -sr --empty-sr
came "$T/bad" 14-1-1 15-1-1
said 14 '\(--empty-sr\)'

bad_dose 'find-refuse c001 level SERIES' -ct
expect_status 3
said 9 'the PACS does not tell its series'
came "$T/bad" ''

# --- usage ---
for words in '2 -ct' '2 1' '2 1 3 -ct' '2 77 -ct' '77 1 -ct' '2 1 -ct -f 2010-02-30' '2 1 -ct -f 2010-04-06 -t 2010-04-05' '1 1 -ct' \
	'2 1 -ct -f 20100401-20100402' '2 1 -xx'; do
	# shellcheck disable=SC2086
	run qrscu $words
	expect_status 2
	expect_only_err '^qrscu: error: '
done
expect_no_process findscu movescu storescp dcmdump
pass
