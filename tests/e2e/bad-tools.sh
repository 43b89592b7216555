#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Without a DCMTK tool, with one that is too old or none of DCMTK's, nothing begins, and the tool is named.
. "${srcdir:-.}/tests/lib.sh" || exit 1

need findscu getscu movescu storescp dcmdump echoscu
mkdir "$T/data" "$T/tools"
start_badpacs "" "$T/data"
for tool in findscu getscu movescu storescp dcmdump echoscu; do
	ln -s "$(command -v $tool)" "$T/tools"
done

refused() {
	run env DICOM_QR_DCMTK_DIR="$T/tools" dicom-qr "${@:2}"
	expect_status 2
	expect_no_out
	expect_only_err "^dicom-qr: error: $1"
	! grep -q association "$T/badpacs.log" || fail "the PACS was asked"
}
auto() { refused "$1" "pacs://127.0.0.1:$BAD_PORT" --auto --method auto --listen "$(free_port)" -o "$T/files"; }

for tool in findscu getscu movescu storescp dcmdump; do
	mv "$T/tools/$tool" "$T/kept"
	auto "$tool was not found in $T/tools \(DICOM_QR_DCMTK_DIR\)"
	# shellcheck disable=SC2016  # DCMTK's own way of marking versions
	printf '#!/bin/sh\necho '\''$dcmtk: %s v3.6.4 2018-11-29 $'\''\n' $tool >"$T/tools/$tool"
	chmod 755 "$T/tools/$tool"
	auto "$tool v?3.6.4 is too old: 3.6.5 is needed"
	printf '#!/bin/sh\necho "%s 1.0"\n' $tool >"$T/tools/$tool"
	auto "$tool did not tell its version: is it DCMTK's\?"
	mv "$T/kept" "$T/tools/$tool"
done
rm "$T/tools/echoscu"
refused "echoscu was not found" echo "pacs://127.0.0.1:$BAD_PORT"

# What a command does not need may be missing.
rm "$T/tools/storescp" "$T/tools/movescu"
run env DICOM_QR_NO_LANDLOCK=1 DICOM_QR_DCMTK_DIR="$T/tools" dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
expect_status 0
expect_out "No studies found"

# A tool is asked for its version once, and again when its file is another one.
findscu_of_version() {
	rm "$T/tools/findscu"
	cat >"$T/tools/findscu" <<-END
		#!/bin/sh
		echo "\$1" >>"$T/asked"
		[ "\$1" != --version ] || exec echo '\$dcmtk: findscu v$1 2022-04-22 \$'
		exec $(command -v findscu) "\$@"
	END
	chmod 755 "$T/tools/findscu"
}
findscu_of_version 3.6.7
for turn in 1 2; do
	run env DICOM_QR_NO_LANDLOCK=1 DICOM_QR_DCMTK_DIR="$T/tools" dicom-qr "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
	expect_status 0
	[ "$(grep -cxe --version "$T/asked")" -eq 1 ] || fail "turn $turn: it was not asked once"
done
: >"$T/badpacs.log"
findscu_of_version 3.6.4
refused "findscu v?3.6.4 is too old" "pacs://127.0.0.1:$BAD_PORT" --auto --method c-get -o "$T/files"
