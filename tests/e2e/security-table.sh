#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each test that SECURITY.md names is there and is run.
. "${srcdir:-.}/tests/lib.sh" || exit 1

sed -n 's/^|.*| \([^|]*\) |$/\1/p' "$top_srcdir/SECURITY.md" | tail -n +3 | tr -d ' ' | tr ',' '\n' >"$T/tests"
[ "$(wc -l <"$T/tests")" -gt 20 ] || fail "no table"
while read -r name; do
	grep -qE "tests/(e2e/$name\.sh|unit/$name)( |\\\\|$)" "$top_srcdir/tests/e2e.am" "$top_srcdir/tests/unit.am" || fail "there is no test $name"
done <"$T/tests"
pass
