# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Every option of every command stands in its manual page and in its --help; README.md, docs and the manual pages of sections 5
# and 7 name no option that does not exist; the pages are sound.
. "${srcdir:-.}/tests/lib.sh" || exit 1
README=$top_srcdir/README.md

# options_of PAGE: its options, one a line, from the completion, which holds the names in the option table.
options_of() {
	local COMP_WORDS COMP_CWORD COMPREPLY=()
	case $1 in
	dicom-qr) COMP_WORDS=(dicom-qr -) ;;
	dicom-qr-*) COMP_WORDS=(dicom-qr "${1#dicom-qr-}" -) ;;
	*) COMP_WORDS=("$1" -) ;;
	esac
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_dicom_qr
	printf '%s\n' "${COMPREPLY[@]}"
}

# named_in FILE OPTION: as a word, not as the beginning of another.
named_in() { grep -aqE -- "(^|[^-_A-Za-z0-9])$2([^-_A-Za-z0-9]|\$)" "$1"; }

render() {
	if command -v man >/dev/null; then
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 "$1"
	else
		need groff
		groff -ww -man -Kutf8 -Tutf8 "$1"
	fi
}

dicom-qr --manual bash >"$T/completion"
# shellcheck source=/dev/null
. "$T/completion"
dicom-qr --manual list >"$T/pages"
[ "$(wc -l <"$T/pages")" -ge 5 ] || fail "only $(wc -l <"$T/pages") pages"

while read -r page; do
	dicom-qr --manual "$page" >"$T/page.1"
	run render "$T/page.1"
	expect_status 0
	expect_no_err
	sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g; s/‐$//' "$T/out" >"$T/shown"
	case $page in
	dicom-qr-*) command=(dicom-qr "${page#dicom-qr-}") ;;
	*) command=("$page") ;;
	esac
	run "${command[@]}" --help
	expect_status 0
	options_of "$page" >"$T/options"
	[ "$(wc -l <"$T/options")" -ge 5 ] || fail "$page: only $(wc -l <"$T/options") options"
	while read -r option; do
		named_in "$T/shown" "$option" || fail "$page: not in its manual page: $option"
		named_in "$T/out" "$option" || fail "$page: not in its --help: $option"
	done <"$T/options"
	cat "$T/options" >>"$T/all"
done <"$T/pages"

# These texts name options of other programs only where this list says so.
printf '%s\n' --without-compat-names --scenario --installed --package --enable-developer --enable-fuzzing --disable-dcmtk-check --manual >>"$T/all"
for text in "$README" "$top_srcdir"/docs/*.md "$top_srcdir"/docs/man/*.[57]; do
	sed 's/\\-/-/g' "$text" | grep -aoE '(^|[^-_A-Za-z0-9])--[a-z][-_a-z]*' | sed 's/^[^-]*//' | sort -u >"$T/named"
	while read -r option; do
		grep -qxF -- "$option" "$T/all" || fail "$text names an option that does not exist: $option"
	done <"$T/named"
done
for page in "$top_srcdir"/docs/man/*.[57]; do
	run render "$page"
	expect_status 0
	expect_no_err
done
[ "$(wc -l <"$README")" -le 150 ] || fail "README.md has more than 150 lines"
pass
