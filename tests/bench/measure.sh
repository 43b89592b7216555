# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Sourced by run: clocks, medians, and the table.  What is compared runs in turns (A B A B), so that whatever else the
# machine does meanwhile disturbs all of them alike; each is given a fresh output folder, and a disk with nothing left to
# write.

goals=() outs=0

say() { printf '%s\n' "$*" >&2; }

# clock NAME FUNCTION: runs it with the new folder $OUT, which no ledger knows; appends its wall and CPU seconds (its children's) to $T/NAME.real
# and $T/NAME.cpu.
clock() {
	local from to
	rm -rf "$T"/bench-out-*
	OUT=$T/bench-out-$((outs += 1))
	mkdir "$OUT"
	sync -f "$T"
	times >"$T/times"
	from=$EPOCHREALTIME
	"$2" >"$T/out" 2>"$T/err" </dev/null || fail "$1: $(tail -n 3 "$T/err")"
	to=$EPOCHREALTIME
	times >>"$T/times"
	awk -v from="$from" -v to="$to" 'BEGIN { print to - from }' >>"$T/$1.real"
	awk 'function seconds(t,  p) { split(t, p, /[ms]/); return 60 * p[1] + p[2] }
		NR == 2 { before = seconds($1) + seconds($2) }
		NR == 4 { print seconds($1) + seconds($2) - before }' "$T/times" >>"$T/$1.cpu"
}

# race RUNS NAME…: each NAME in turn, RUNS times; run_NAME is what runs, and leaves $OBJECTS files.
race() {
	local runs=$1 i name
	shift
	for ((i = 1; i <= runs; i++)); do
		for name; do
			clock "$name" "run_$name"
			arrived "$name"
			say "  $name: $(tail -n 1 "$T/$name.real") s, $(tail -n 1 "$T/$name.cpu") s of CPU"
		done
	done
	rm -rf "$T"/bench-out-*
}

arrived() {
	local n
	n=$(find "$OUT" -name .dicom-qr -prune -o -type f -print | wc -l)
	[ "$n" -eq "$OBJECTS" ] || fail "$1: $n objects instead of $OBJECTS"
}

# median FILE: of the numbers in it.
median() { sort -g "$1" | awk '{ n[NR] = $1 } END { printf "%.4g", (n[int((NR + 1) / 2)] + n[int(NR / 2) + 1]) / 2 }'; }

# ratio A B: the median of what each run of A took, divided by what the run of B beside it took (its last where B ran less).
ratio() {
	awk 'NR == FNR { b[++n] = $1; next } { print $1 / b[FNR < n ? FNR : n] }' "$T/$2.real" "$T/$1.real" >"$T/ratios"
	median "$T/ratios"
}

# goal WORK "at most|at least" BOUND UNIT MEASURED [NOTE]: a line of the table; BOUND "" is only told.
goal() {
	local met=
	[ -z "$3" ] || met=$(awk -v how="$2" -v bound="$3" -v is="$5" \
		'BEGIN { print (how == "at most" ? is <= bound : is >= bound) ? "yes" : "NO" }')
	goals+=("$(printf '| %s | %s | %.3g%s%s | %s |' "$1" "${3:+$2 $3$4}" "$5" "$4" "${6:+ ($6)}" "$met")")
	say "${goals[-1]}"
}

# slower WORK MOST US THEM: our time as a multiple of theirs.  faster: theirs of ours, unless theirs was left out.
slower() { goal "$1" "at most" "$2" " ×" "$(ratio "$3" "$4")" "$(median "$T/$3.real") s : $(median "$T/$4.real") s"; }
faster() { [ ! -e "$T/$4.real" ] || goal "$1" "at least" "$2" " ×" "$(ratio "$4" "$3")" "$(median "$T/$3.real") s : $(median "$T/$4.real") s"; }

print_table() {
	echo "| work | goal | measured | met |"
	echo "| --- | --- | --- | --- |"
	printf '%s\n' "${goals[@]}"
}
