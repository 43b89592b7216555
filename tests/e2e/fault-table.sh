#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each row of the fault table in docs/faults.md is a test, and each such test has its row.
. "${srcdir:-.}/tests/lib.sh" || exit 1

sed -n 's/^| \([^|]*[^| ]\) |.*/\1/p' "$top_srcdir/docs/faults.md" | tail -n +3 | sort >"$T/table"
# shellcheck disable=SC2016  # a literal
sed -nE 's/^\s*(fault|prepare_row) "([^"]*)".*/\2/p' "$tests_dir"/e2e/fault-*.sh | while read -r name; do
	case $name in
	*'$status'*) printf "${name%\$status}%s\n" A700 A701 A702 C000 0122 ;;
	*) echo "$name" ;;
	esac
done | sort >"$T/tests"
[ -s "$T/table" ] || fail "no table"
[ -z "$(uniq -d "$T/tests")" ] || fail "two tests of one name: $(uniq -d "$T/tests")"
diff "$T/table" "$T/tests" || fail "docs/faults.md and the tests differ"
