#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The random fault runner is itself tested: a seed gives the same case, the judge objects to each doctored result, and programs that
# lie about what they did are found.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need /usr/bin/python3
export top_builddir DICOM_QR BADPACS TMPDIR=$T
unset DICOM_QR_TEST DICOM_QR_LEDGER
/usr/bin/python3 "$tests_dir/soak/test_faults.py" >"$T/out" 2>&1 || fail "$(tail -n 30 "$T/out")"
/usr/bin/python3 "$tests_dir/soak/test_faults.py" lies >"$T/out" 2>&1 || fail "$(tail -n 30 "$T/out")"
# A release build does not know the faults that were mended.
if grep -q incomplete-ends-with-0 "$DICOM_QR"; then
	/usr/bin/python3 "$tests_dir/soak/test_faults.py" old-faults >"$T/out" 2>&1 || fail "$(tail -n 30 "$T/out")"
	cat "$T/out"
fi
