# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# "make install": five names, their manual pages and completion, and the preload object where the program looks for it.
# "make uninstall" leaves nothing.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need make

variable() { sed -n "s/^$1 = //p" "$top_builddir/Makefile"; }
expand() {
	local text=$1 before=
	while [ "$text" != "$before" ]; do
		before=$text
		[[ $text =~ \$[\{\(]([A-Za-z_0-9]+)[\}\)] ]] && text=${text/"${BASH_REMATCH[0]}"/$(variable "${BASH_REMATCH[1]}")}
	done
	echo "$text"
}
make_here() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$top_builddir" "$@" "DESTDIR=$T/root"; }

run make_here install
expect_status 0
run bash "$top_srcdir/tests/installed" "$(expand '$(bindir)')" "$(expand '$(man1dir)')" \
	"$(expand '$(completionsdir)')" "$(expand '$(pkglibdir)')" "$(expand '$(pkgdatadir)')" "$T/root"
expect_status 0

# A second installation over the first.
run make_here install
expect_status 0
run make_here uninstall
expect_status 0
expect_files "$T/root" 0
[ -z "$(find "$T/root" -type l)" ] || fail "links are left: $(find "$T/root" -type l)"
pass
