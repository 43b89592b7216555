#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pacs-nm-retriever: every example of its document as it was written, its defaults, and how it ends.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need dump2dcm

ln -s dicom-qr "$T/bin/pacs_nm_retriever.py"
# shellcheck disable=SC2016  # for the shell that runs it
printf '#!/bin/sh\n[ "$1" = run ] && shift\nexec "$@"\n' >"$T/bin/uv"
# shellcheck disable=SC2016
printf '#!/bin/sh\nexec "$@"\n' >"$T/bin/python"
chmod +x "$T/bin/uv" "$T/bin/python"

# study NUMBER DATE COUNT: secondary captures and one key object
objects=$T/objects
mkdir "$objects"
study() {
	local n class modality
	for ((n = 1; n <= $3; n++)); do
		class=7 modality=OT
		[ $n -lt "$3" ] || class=88.59 modality=KO
		printf '%s\n' "(0008,0016) UI [1.2.840.10008.5.1.4.1.1.$class]" "(0008,0018) UI [1.2.8.$1.1.$n]" "(0008,0020) DA [$2]" \
			"(0008,0030) TM [120000]" "(0008,0060) CS [$modality]" "(0008,1030) LO [Study $1]" "(0010,0010) PN [DOE^JANE]" \
			"(0010,0020) LO [P$1]" "(0020,000d) UI [1.2.8.$1]" "(0020,000e) UI [1.2.8.$1.$modality]" >"$T/dump"
		sed -i 's/\.OT\]/.1]/; s/\.KO\]/.2]/' "$T/dump"
		dump2dcm -q +te "$T/dump" "$objects/$1-$n"
	done
}
study 1 20210901 3
study 2 20210901 3
study 3 20210915 3
study 4 20210930 2
study 5 20190101 5
study 6 "$(date -d "1 day ago" +%Y%m%d)" 3
study 7 "$(date -d "29 days ago" +%Y%m%d)" 2
study 8 "$(date -d "32 days ago" +%Y%m%d)" 2

PACS_AET=EE2006194AMIP
load_dcmqrscp "$objects"
start_dcmqrscp "$PACS_AET"
site=(--host 127.0.0.1 --port "$PACS_PORT" --aet EE2006194AMIP --local-aet ALBIZIA_WG)
mkdir "$T/work"
cd "$T/work"

# --- which PACS ---
missing() {	# PATTERN ARGUMENT…
	run pacs-nm-retriever "${@:2}"
	expect_status 2
	expect_only_err "^pacs-nm-retriever: error: which PACS\? $1"
}
missing '--host, --aet and --local-aet are missing: give them'
missing '--aet and --local-aet are missing' --host 127.0.0.1
missing '--local-aet is missing: give it' --host 127.0.0.1 --aet EE2006194AMIP --dry-run
run pacs-nm-retriever "${site[@]}" --study-date 20210901 --max-studies 1
expect_status 0
expect_files nm_images 3
rm -rf nm_images
dicom-qr node add site "EE2006194AMIP@127.0.0.1:$PACS_PORT"
dicom-qr node default site
missing '--local-aet is missing'
dicom-qr node edit site --aet ALBIZIA_WG
run pacs-nm-retriever --study-date 20210901 --max-studies 1 -o "$T/by-default"
expect_status 0
expect_err '^Left for another run by --max-studies: 1 study$'
expect_files "$T/by-default" 3
dicom-qr node default --none
dicom-qr node add pacs-nm-retriever "EE2006194AMIP@127.0.0.1:$PACS_PORT" --aet ALBIZIA_WG --model patient --method c-move

# --- as written ---
run uv run pacs_nm_retriever.py --study-date 20210901 --max-studies 5
expect_status 0
expect_out '^Found 2 studies'
expect_err '^WARNING: this asks a production PACS, EE2006194AMIP at 127.0.0.1'
expect_err '2 studies: 2 complete; 6 objects'
expect_files nm_images 6
find nm_images -type f -not -path '*/.*' -printf '%P\n' | sort >"$T/names"
printf '%s\n' KO.1.2.8.{1,2}.1.3 SC.1.2.8.{1,2}.1.{1,2} | sort | diff - "$T/names" || fail "names"
# shellcheck disable=SC2012  # its document counts so
[ "$(ls -l nm_images/ | wc -l)" = 7 ] || fail "something else in nm_images"
dcmdump nm_images/SC.* | grep -q Modality || fail "dcmdump nm_images/SC.*"

rm -rf nm_images
run uv run pacs_nm_retriever.py --max-studies 10
expect_status 0
expect_err "^No --study-date given: the last 30 days are asked for \($(date -d '30 days ago' +%Y%m%d)-$(date +%Y%m%d)\)"
expect_files nm_images 5

rm -rf nm_images
run uv run pacs_nm_retriever.py --study-date 20210901-20210930 --max-studies 20
expect_status 0
expect_files nm_images 11

rm -rf nm_images
run uv run pacs_nm_retriever.py --study-date 20210901 --dry-run
expect_status 0
expect_out 'Would be fetched: 2 studies'
expect_out 'study root, c-get'
expect_out "Files go to: $T/work/nm_images, layout flat"
expect_no_process getscu
[ ! -e nm_images ] || fail "a dry run wrote something"

run python pacs_nm_retriever.py --host 127.0.0.1 --aet OTHER_AET --local-aet OTHER_LOCAL_AET
expect_status 6				# the one there has another title
expect_err "called AE title 'OTHER_AET'"
run python pacs_nm_retriever.py --study-date 20210901 --dry-run
expect_status 0
run python pacs_nm_retriever.py --study-date 20200101-20241231 --max-studies 1
expect_status 0
expect_err ' 1 complete, '
rm -rf nm_images

run python pacs_nm_retriever.py --host 127.0.0.1 --port "$PACS_PORT" --aet EE2006194AMIP --local-aet ALBIZIA_WG --local-port 11112 \
	--study-date 20210901 --max-studies 2 --max-images 5 -o "$T/path to/output" --debug
expect_status 0
expect_files "$T/path to/output" 5
expect_err 'debug: .*getscu'
expect_err 'debug: .*-aet ALBIZIA_WG -aec EE2006194AMIP'
run python pacs_nm_retriever.py --host 127.0.0.1 --port "$PACS_PORT" --aet EE2006194AMIP --local-aet ALBIZIA_WG --local-port 11112 \
	--study-date 20210901 --max-studies 2 --max-images 5 -o "$T/dry" --dry-run --debug
expect_status 0
expect_files "$T/dry" 0

# the line of its crontab
# shellcheck disable=SC2016
echo 'cd '"$T/work"' && python pacs_nm_retriever.py --study-date $(date -d "1 day ago" +%Y%m%d) >> download.log 2>&1' >"$T/cron"
run env -i PATH="$PATH" HOME="$HOME" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" DICOM_QR_LEDGER="$DICOM_QR_LEDGER" TZ=UTC sh "$T/cron"
expect_status 0
expect_no_out
expect_files nm_images 3
grep -q '1 complete; 3 objects' download.log || fail "download.log: $(cat download.log)"
run env -i PATH="$PATH" HOME="$HOME" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" DICOM_QR_LEDGER="$DICOM_QR_LEDGER" TZ=UTC sh "$T/cron"
expect_status 0
expect_files nm_images 3

# --- what it says ---
run pacs-nm-retriever --study-date 20220101
expect_status 0
expect_out '^No studies found$'
run pacs-nm-retriever --study-date 2021-0901
expect_status 2
run pacs-nm-retriever --max-studies 0
expect_status 2
run pacs-nm-retriever 20210901
expect_status 2
run pacs-nm-retriever --study-date 20210901 --dry-run -q
expect_no_err
mkdir "$T/tools"
for tool in findscu dcmdump; do
	ln -s "$(command -v $tool)" "$T/tools/$tool"
done
DICOM_QR_DCMTK_DIR=$T/tools run pacs-nm-retriever --study-date 20210901
expect_err 'getscu was not found .*apt-get install dcmtk'

# --- how it ends ---
BAD_PORT=
start_badpacs 'get-stall-after 1 3600 study 1.2.8.1' "$objects"
bad=(--host 127.0.0.1 --port "$BAD_PORT" --aet BAD --local-aet ALBIZIA_WG)
run pacs-nm-retriever "${bad[@]}" --study-date 20210901 --study-timeout 4 --retries 0 -o "$T/stalled" --save-state "$T/stalled.state"
expect_status 3
expect_err '1 complete, 1 incomplete'
grep -Eq '"studyTimeout": 4,?$' "$T/stalled.state" || fail "no limit for a study"
stop_peer "$BAD_PID"
rm "$T/badpacs.port"

start_badpacs 'object-delay 300' "$objects"
run pacs-nm-retriever "${bad[@]}" --study-date 20210930 --save-state "$T/plain.state" -o "$T/plain"
grep -Eq '"studyTimeout": 300,?$' "$T/plain.state" || fail "five minutes for a study are not the default"
begin pacs-nm-retriever "${bad[@]}" --study-date 20190101 -o "$T/interrupted"
wait_for 30 grep -q "^sent 1.2.8.5.1.1 " "$T/badpacs.log" || fail "nothing came"
finish INT
expect_status 130
expect_no_process getscu
# what arrived is kept, and the next run brings the rest
run pacs-nm-retriever "${bad[@]}" --study-date 20190101 -o "$T/interrupted"
expect_status 0
expect_files "$T/interrupted" 5
stop_peer "$BAD_PID"

# Orthanc as well
start_orthanc
load_orthanc "$objects"
run pacs-nm-retriever --host 127.0.0.1 --port "$ORTHANC_PORT" --aet "$ORTHANC_AET" --local-aet ALBIZIA_WG --study-date 20210901-20210930 \
	-o "$T/orthanc"
expect_status 0
expect_files "$T/orthanc" 11
pass
