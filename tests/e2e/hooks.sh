#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --on-study runs a program for each study that has news, once, when it is durable, one after the other; what it does, good or bad,
# changes nothing of the retrieval, and is seen; --on-finish is run at the end, whatever came of it.
. "${srcdir:-.}/tests/lib.sh" || exit 1
. "${srcdir:-.}/tests/faults.sh" || exit 1
need jq

# A hook that writes down what it was told, and looks whether that is true.
mkdir "$T/hooks"
cat >"$T/hooks/note" <<'END'
#!/bin/bash
mkdir "$DICOM_QR_TEST/busy" || echo two at once >>"$DICOM_QR_TEST/wrong"
tr '\0' ' ' </proc/$$/cmdline | sed 's/^[^ ]* [^ ]* //' >>"$DICOM_QR_TEST/calls"
echo >>"$DICOM_QR_TEST/calls"
env | grep '^DICOM_QR_[A-Z_]*=' | sed 's/^DICOM_QR_//' | sort >"$DICOM_QR_TEST/env.$2"
readlink "/proc/$$/cwd" >"$DICOM_QR_TEST/cwd.$2"
[ "$(cd "$1" && pwd)" = "$DICOM_QR_STUDY_FOLDER" ] || echo "folder $1 is not $DICOM_QR_STUDY_FOLDER" >>"$DICOM_QR_TEST/wrong"
[ "$(wc -l <"$4")" = "$DICOM_QR_RECEIVED" ] || echo "manifest $4 is not whole" >>"$DICOM_QR_TEST/wrong"
jq -r .path "$4" | while read -r path; do
	[ -s "$DICOM_QR_OUTPUT/$path" ] || echo "no $path" >>"$DICOM_QR_TEST/wrong"
done
[ "$(dicom-qr explain "$2" --format json | jq -r '.status, .hookOwed' | xargs)" = "$3 true" ] ||
	echo "explain does not know that $2 is $3" >>"$DICOM_QR_TEST/wrong"
[ "$(umask)" = 0077 ] || echo "umask $(umask)" >>"$DICOM_QR_TEST/wrong"
read -r line && echo "standard input says $line" >>"$DICOM_QR_TEST/wrong"
echo this is said on standard output
echo "this on standard error" >&2
rmdir "$DICOM_QR_TEST/busy"
END
# One for many.
cat >"$T/hooks/brief" <<'END'
#!/bin/sh
mkdir "$DICOM_QR_TEST/busy" || echo two at once >>"$DICOM_QR_TEST/wrong"
[ -s "$4" ] || echo "no manifest $4" >>"$DICOM_QR_TEST/wrong"
echo "$2" >>"$DICOM_QR_TEST/calls"
rmdir "$DICOM_QR_TEST/busy"
END
# Another that does as $HOOK_DOES says.
cat >"$T/hooks/moody" <<'END'
#!/bin/bash
echo "$2 $3" >>"$DICOM_QR_TEST/calls"
eval "$HOOK_DOES"
END
printf '#!/bin/sh\n' >"$T/hooks/unfit"
cat >"$T/hooks/end" <<'END'
#!/bin/sh
echo "$@" >>"$DICOM_QR_TEST/ends"
env | grep '^DICOM_QR_[A-Z_]*=' | sed 's/^DICOM_QR_//' | sort >"$DICOM_QR_TEST/end"
END
chmod +x "$T/hooks/brief" "$T/hooks/note" "$T/hooks/moody" "$T/hooks/end"
export PATH=$T/hooks:$PATH

calls() { if [ -e "$T/calls" ]; then wc -l <"$T/calls"; else echo 0; fi; }
expect_calls() {
	[ "$(calls)" -eq "$1" ] || fail "$(calls) calls instead of $1"
	[ ! -e "$T/wrong" ] || fail "$(cat "$T/wrong")"
	rm -f "$T/calls"
}
told() { grep -qxF "$2" "$T/env.$1" || fail "not told of $1: $2; but: $(cat "$T/env.$1")"; }

make_data
start_bad ""
NODE=pacs://127.0.0.1:$BAD_PORT

echo "# into one folder"
prepare_row "into one folder" get
fetch --on-study note --on-finish end
judge all
expect_no_out 'standard (output|error)'
expect_no_err 'standard (output|error)'
[ "$(sort "$T/calls" | head -n 1)" = "$OUT $ROOT.2.1 complete $OUT/.dicom-qr/manifest/$ROOT.2.1.jsonl " ] || fail "$(cat "$T/calls")"
expect_calls 3
told "$STUDY" "STUDY_FOLDER=$OUT"
told "$STUDY" "STUDY_UID=$STUDY"
told "$STUDY" VERDICT=complete
told "$STUDY" "MANIFEST=$OUT/.dicom-qr/manifest/$STUDY.jsonl"
told "$STUDY" "NODE=ANY-SCP@127.0.0.1:$BAD_PORT"
told "$STUDY" JOB=1
told "$STUDY" RECEIVED=8
told "$STUDY" EXPECTED=8
told "$STUDY" EVENT=study
[ "$(cat "$T/ends")" = "0 $OUT" ] || fail "at the end: $(cat "$T/ends")"
cp "$T/end" "$T/env.end"
told end STATUS=0
told end COMMAND=dicom-qr
told end "NODE=ANY-SCP@127.0.0.1:$BAD_PORT"
told end "STATE=$STATE"
told end COMPLETE=3
told end WANTED=0
told end OBJECTS=24
[ "$(dicom-qr explain "$STUDY" --format json | jq -c '.hookOwed, [.hooks[] | [.program, .verdict, .exitStatus, .words]]' | xargs)" = \
	"false [[$T/hooks/note,complete,0,null]]" ] || fail "explain: $(dicom-qr explain "$STUDY" --format json | jq -c .hooks)"

echo "# and once more: there is no news"
fetch --on-study note
expect_status 0
run dicom-qr resume --state "$STATE" --on-study note
expect_status 0
expect_calls 0

echo "# folders that name patients are on no command line"
prepare_row "folders" get
fetch --on-study note --hierarchical --verbose
expect_err '^dicom-qr: --on-study note: this on standard error'
expect_err '^dicom-qr: --on-study note: this is said on standard output'
[ "$(sort "$T/calls" | head -n 1)" = ". $ROOT.2.1 complete $OUT/.dicom-qr/manifest/$ROOT.2.1.jsonl " ] || fail "$(cat "$T/calls")"
expect_calls 3
folder=$(dirname "$(dirname "$(find "$OUT" -path "*/$STUDY/*" -name '*.dcm' -print -quit)")")
told "$STUDY" "STUDY_FOLDER=$folder"
[ "$(cat "$T/cwd.$STUDY")" = "$folder" ] || fail "started in $(cat "$T/cwd.$STUDY")"

echo "# those that name only the study can be, also when it has one series; the other ways to retrieve"
prepare_row "retrieve" get
run dicom-retrieve "$NODE" --study-uid "$STUDY" --series-uid "$SERIES" --method c-get --hierarchical -o "$OUT" --on-study "$T/hooks/note"
expect_status 0
grep -qF "$OUT/$STUDY $STUDY complete" "$T/calls" || fail "$(cat "$T/calls")"
expect_calls 1
run pacs-nm-retriever --host 127.0.0.1 --port "$BAD_PORT" --aet X --local-aet Y --study-date 19000101- -o "$OUT/nm" --on-study note -q
expect_status 0
expect_no_err
expect_calls 3

echo "# it fails: seen, counted, recorded, and told again until it does not"
prepare_row "failing" get
# shellcheck disable=SC2016  # for the hook
export HOOK_DOES='printf "\033[31mno room\007 in the inbox\n" >&2; exit 3'
fetch --on-study moody
expect_status 3
[ "$(tail -n 1 "$T/err")" = 'dicom-qr: error: 3 programs told of studies or of the end did not end well' ] || fail "$(tail -n 1 "$T/err")"
expect_same_objects "$DATA" "$OUT"
[ "$(grep -ac "^dicom-qr: error: --on-study: $T/hooks/moody did not end well for study $ROOT.2.[123]: exit status 3: .*no room. in the inbox$" "$T/err")" -eq 3 ] ||
	fail "not reported"
! grep -q $'[\033\007]' "$T/err" || fail "control characters"
expect_err '3 programs told of studies failed'
expect_err 'the next run with it tells of 3 studies'
expect_calls 3
run dicom-qr status --limit 1
expect_out '  incomplete  .* 3/3 '
run dicom-qr explain "$STUDY"
expect_out 'moody.*exit status 3: .*no room. in the inbox'
expect_out 'has not been told of it yet'
HOOK_DOES='exit 0' run dicom-qr resume --state "$STATE" --on-study moody
expect_status 0
expect_no_err
expect_calls 3
run dicom-qr resume --state "$STATE" --on-study moody
expect_calls 0

echo "# it does not end; the transfers do not wait for it"
prepare_row "hanging" get
one() { run dicom-retrieve "$NODE" --study-uid "$STUDY" --method c-get -o "$OUT" --on-study moody "$@"; }
HOOK_DOES='trap "" TERM; sleep 600 & wait' one --hook-timeout 1
expect_status 1
expect_err '^1 study: 1 complete'
expect_err 'did not end well for study .*: not over within 1 s'
expect_no_process moody sleep
HOOK_DOES='kill -SEGV $$' one
expect_err 'ended by signal 11'
expect_calls 2

echo "# five in a row: no more"
prepare_row "broken" get
"$BULK" "$T/many" --studies 200 --series 1 --images 1 --size 300 >/dev/null
mv "$T/many" "$DATA/many"
HOOK_DOES='exit 1' fetch --on-study moody
expect_status 3
expect_err 'that was the 5th in a row'
expect_err 'the next run with it tells of 200 studies'
expect_calls 5
echo "# hundreds, none of them at the same time as another"
run dicom-qr resume --state "$STATE" --on-study brief
expect_status 0
[ "$(sort -u "$T/calls" | wc -l)" -eq 200 ] || fail "not each study was told of"
expect_calls 200
rm -r "$DATA/many"

echo "# a program that is not there, before anything is asked"
prepare_row "missing" get
for bad in "$T/hooks/none" none-such "$T/hooks/unfit" unfit "$T/hooks" ""; do
	for option in --on-study --on-finish; do
		fetch $option "$bad"
		expect_status 2
		expect_only_err "^dicom-qr: error: $option(:| is empty)"
	done
done
[ ! -s "$T/badpacs.log" ] || fail "the PACS was asked: $(cat "$T/badpacs.log")"

echo "# nothing is told by a dry run"
fetch --on-study note --on-finish end --dry-run
expect_status 0
[ "$(wc -l <"$T/ends")" -eq 1 ] || fail "the end of a dry run was told"
expect_calls 0

echo "# the PACS cannot be reached"
run dicom-qr "pacs://127.0.0.1:$(free_port)" --auto --method c-get --retries 0 -o "$OUT" --on-study note --on-finish end
expect_status 5
[ "$(tail -n 1 "$T/ends")" = "5 $OUT" ] || fail "at the end: $(tail -n 1 "$T/ends")"
HOOK_DOES='exit 9' run dicom-qr "pacs://127.0.0.1:$(free_port)" --auto --method c-get --retries 0 -o "$OUT" --on-finish moody
expect_status 5
expect_err -- '--on-finish: .*moody did not end well: exit status 9'
rm "$T/calls"

echo "# sync and qrscu tell as well; what failed once is told by a sync that finds nothing new"
prepare_row "sync" get
run dicom-qr node add nightly "127.0.0.1:$BAD_PORT" --number 1
expect_status 0
sync() { run dicom-qr sync nightly --method c-get -o "$OUT" --from 20240101 "$@"; }
HOOK_DOES='exit 4' sync --on-study moody --on-finish end --metrics "$ROW/sync.prom"
expect_status 3
expect_err 'moody did not end well for study .*: exit status 4'
[ "$(tail -n 1 "$T/ends")" = "3 $OUT" ] || fail "at the end: $(tail -n 1 "$T/ends")"
expect_calls 3
grep -qx 'dicom_qr_last_run_hooks_owed{command="sync",node="nightly"} 3' "$ROW/sync.prom" || fail "$(cat "$ROW/sync.prom")"
grep -q '^dicom_qr_last_covered_day_timestamp_seconds{command="sync",node="nightly"} 1[0-9]*$' "$ROW/sync.prom" || fail "no day is covered"
: >"$T/badpacs.log"
sync --on-study note
expect_status 0
expect_calls 3
! grep -q '^get ' "$T/badpacs.log" || fail "something was fetched"
sync --on-study note
expect_status 0
expect_no_err
expect_calls 0
run dicom-qr node add here --number 2 --listen "$LISTEN_PORT" --called-aet DICOMQR --output "$ROW/dose"
expect_status 0
printf 'destination DICOMQR 127.0.0.1 %d\n' "$LISTEN_PORT" >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
HOOK_DOES='exit 0' run qrscu 1 2 -ct -f 2024-01-01 --on-study moody --on-finish end
[ "$(tail -n 1 "$T/ends")" = "$status $ROW/dose" ] || fail "at the end: $(tail -n 1 "$T/ends"), status $status"
rm -f "$T/calls"

echo "# the files go to somebody else: told once, as far as it is known"
prepare_row "elsewhere" get
start_storescp ELSEWHERE
printf 'destination ELSEWHERE 127.0.0.1 %d\n' "$STORE_PORT" >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
HOOK_DOES='[ "$1" = "$DICOM_QR_OUTPUT" ]' run dicom-qr "$NODE" --auto --move-dest ELSEWHERE -o "$OUT" --save-state "$STATE" --on-study moody
expect_status 0
[ "$(sort "$T/calls" | head -n 1)" = "$ROOT.2.1 unverified" ] || fail "$(cat "$T/calls")"
expect_calls 3
: >"$T/badpacs.log"

echo "# what is not complete is told as that; again when it gets better, not when it stays so"
prepare_row "incomplete" get
printf 'retrieve-lose %s\n' "$OBJECT" >"$T/badpacs.scenario"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
fetch --on-study note
expect_status 3
told "$STUDY" VERDICT=incomplete
told "$STUDY" RECEIVED=7
told "$STUDY" EXPECTED=8
expect_calls 3
run dicom-qr resume --state "$STATE" --on-study note
expect_status 3
expect_calls 0
: >"$T/badpacs.scenario"
: >"$T/badpacs.log"
kill -HUP "$BAD_PID"
wait_for 30 grep -q '^scenario reloaded' "$T/badpacs.log"
run dicom-qr resume --state "$STATE" --on-study note
expect_status 0
told "$STUDY" VERDICT=complete
expect_calls 1
