# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# The example hooks: send a study on, pseudonymise it, one mail a week.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need dcmsend
need dcmodify
need python3
HOOKS=$top_srcdir/contrib/hooks

start_storescp ELSEWHERE
make_archive
load_dcmqrscp "$ARCHIVE"
start_dcmqrscp
NODE=$PACS_AET@127.0.0.1:$PACS_PORT OUT=$T/files

echo "# send on"
export SEND_TO=127.0.0.1:$STORE_PORT SEND_AET=ELSEWHERE
run dicom-qr "$NODE" --auto --method c-get --output "$OUT" --hierarchical --on-study "$HOOKS/send-on"
expect_status 0
expect_same_objects "$ARCHIVE" "$STORE_DIR"
stop_peer "$STORE_PID"
run dicom-qr "$NODE" --auto --method c-get --output "$T/again" --on-study "$HOOKS/send-on"
expect_err 'send-on did not end well'
expect_same_objects "$ARCHIVE" "$T/again"

echo "# pseudonymise"
export PSEUDONYM_OUTPUT=$T/research PSEUDONYM_KEY=$T/key
mkdir "$PSEUDONYM_OUTPUT"
head -c 32 /dev/urandom >"$T/key"
chmod 644 "$T/key"
run dicom-qr "$NODE" --auto --method c-get --output "$T/p1" --on-study "$HOOKS/pseudonymise"
expect_err 'others can read the key'
expect_files "$PSEUDONYM_OUTPUT" 0
chmod 600 "$T/key"
run dicom-qr "$NODE" --auto --method c-get --output "$T/p1" --on-study "$HOOKS/pseudonymise"	# those that are owed
expect_status 0
expect_files "$PSEUDONYM_OUTPUT" 41
find "$ARCHIVE" -type f -exec dcmdump -q +P PatientID {} + | sed -n 's/.*\[\(.*\)\].*/\1/p' | sed 's/ *$//' | sort -u >"$T/ids"
[ "$(find "$PSEUDONYM_OUTPUT" -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq "$(wc -l <"$T/ids")" ] || fail "not one pseudonym a patient"
find "$PSEUDONYM_OUTPUT" -type f -exec cat {} + >"$T/all-bytes"
while read -r id; do
	! grep -qaF -- "$id" "$T/all-bytes" || fail "the Patient ID $id is left"
done <"$T/ids"
find "$ARCHIVE" -type f -exec dcmdump -q +P PatientName {} + | sed -n 's/.*\[\([^^]*\).*\].*/\1/p' | sort -u | while read -r name; do
	[ -z "$name" ] || ! grep -qaF -- "$name^" "$T/all-bytes" || fail "the name $name is left"
done
find "$PSEUDONYM_OUTPUT" -maxdepth 1 -mindepth 1 -printf '%f\n' | sort >"$T/first"
rm -r "${PSEUDONYM_OUTPUT:?}"/*
run dicom-qr "$NODE" --auto --method c-get --output "$T/p2" --on-study "$HOOKS/pseudonymise"
expect_status 0
find "$PSEUDONYM_OUTPUT" -maxdepth 1 -mindepth 1 -printf '%f\n' | sort | cmp - "$T/first" || fail "other pseudonyms than before"

echo "# one mail a week"
MAIL_TO=it@example.org MAILER=cat run "$HOOKS/weekly-mail"
expect_status 0
grep -q '^To: it@example.org$' "$T/out" || fail "no reader"
grep -q '^Subject: dicom-qr on .*: every study is complete' "$T/out" || fail "$(head -3 "$T/out")"
start_badpacs "retrieve-lose 1.2.826.0.1.3680043.10.1338.2.7" "$ARCHIVE"
run dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get --output "$T/lacking" --retries 0
expect_status 3
MAIL_TO=it@example.org MAILER=cat run "$HOOKS/weekly-mail"
expect_status 0
grep -q '^Subject: dicom-qr on .*: 1 study is not complete$' "$T/out" || fail "$(head -3 "$T/out")"
grep -qx '1\.2\.826\.0\.1\.3680043\.10\.1338\.2\.7' "$T/out" || fail "the study is not named: $(cat "$T/out")"
MAIL_TO='it@example.org; rm' MAILER=cat run "$HOOKS/weekly-mail"
expect_status 2
pass
