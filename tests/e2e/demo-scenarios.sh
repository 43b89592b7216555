# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# contrib/demo --scenario: a PACS that misbehaves as a file says, for trying cron lines, hooks and scripts.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need setsid
export BADPACS

# Each scenario is one that badpacs understands, and says in its first line what it does.
listed=0
while read -r name what; do
	[ -n "$what" ] || fail "$name says nothing"
	grep -q "^SCENARIOS.*\|contrib/scenarios/$name" "$top_srcdir/Makefile.am" || fail "$name is not distributed"
	mkdir -p "$T/none"
	start_badpacs "$(cat "$top_srcdir/contrib/scenarios/$name")" "$T/none"
	stop_peer "$BAD_PID"
	listed=$((listed + 1))
done < <("$top_srcdir/contrib/demo" --scenario list)
[ $listed -ge 10 ] || fail "only $listed scenarios"

run "$top_srcdir/contrib/demo" --scenario nosuch
expect_status 2
expect_err "there is no scenario 'nosuch'"
run "$top_srcdir/contrib/demo" --scenario "$T/none/nosuch"
expect_status 2
expect_err "cannot read the scenario"
run "$top_srcdir/contrib/demo" --anything
expect_status 2

# The commands that it prints work as pasted.
mkdir "$T/tmp"
TMPDIR=$T/tmp setsid "$top_srcdir/contrib/demo" --installed --scenario study-missing >"$T/demo.out" 2>&1 &
demo=$!
wait_for 60 grep -q '^Ctrl-C' "$T/demo.out" || fail "the demo did not start: $(cat "$T/demo.out")"
command=$(sed -n 's/^ *\(dicom-qr PACS@.*c-get.*\)--output.*/\1/p' "$T/demo.out")
[ -n "$command" ] || fail "no command: $(cat "$T/demo.out")"
# shellcheck disable=SC2086
run $command --output "$T/files" --retries 0
expect_status 3
expect_err '6 complete'
kill -TERM "$demo"
wait_for 30 gone "$demo" || fail "the demo does not end"
expect_files "$T/tmp" 0
pass
