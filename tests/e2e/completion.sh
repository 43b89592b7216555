# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion in bash, zsh and fish: commands, options, values, names of nodes, numbers of jobs, files and folders.
. "${srcdir:-.}/tests/lib.sh" || exit 1
need zsh
need fish

for shell in bash zsh fish; do
	dicom-qr --manual $shell >"$T/completion.$shell"
done
cp "$T/completion.zsh" "$T/_dicom-qr"
dicom-qr node add archive pacs://127.0.0.1:11112 >/dev/null
dicom-qr node add store pacs://127.0.0.1:11113 >/dev/null
mkdir -p "$T/here/folder"
touch "$T/here/a.state"
cd "$T/here" || fail "no folder"

# in_SHELL LINE: what the shell offers at the end of the line, one a line.
in_bash() {
	bash -c '
		. "$1"
		read -ra COMP_WORDS <<<"$2"
		case $2 in *" ") COMP_WORDS+=("") ;; esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_dicom_qr
		printf "%s\n" "${COMPREPLY[@]}"' bash "$T/completion.bash" "$1"
}

in_fish() { HOME=$T fish --no-config -c "source $T/completion.fish; complete -C '$1'" | cut -f 1; }

# The completion system of zsh answers only at a prompt, so it gets one; what it offers is printed by its own hook.
cat >"$T/capture.zsh" <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= ; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; stty -echo 2>/dev/null"
zpty -w shell '
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
	local -a captured
	builtin compadd -A captured "$@"
	local each
	for each in $captured; do print -r -- "OFFER:$each" >>|'$1'/offers; done
	builtin compadd "$@"
}
offered() { zle complete-word; print -r DONE >>|'$1'/done }
zle -N offered
bindkey "^I" offered
print -r READY >>|'$1'/ready'
repeat 200; do [[ -s $1/ready ]] && break; sleep 0.05; done
zpty -n -w shell "$2"$'\t'
repeat 600; do [[ -s $1/done ]] && break; sleep 0.05; done
zpty -d shell
END
in_zsh() {
	rm -f "$T/offers" "$T/ready" "$T/done"
	HOME=$T zsh -f "$T/capture.zsh" "$T" "$1" >/dev/null 2>&1 </dev/null
	sed -n 's/^OFFER://p' "$T/offers" 2>/dev/null
}

# offers LINE WORD...: each shell offers each word at the end of the line; !WORD: it does not.
offers() {
	local shell word line=$1
	shift
	for shell in bash fish zsh; do
		in_$shell "$line" | sed 's/[[:space:]]*$//; s#/$##' >"$T/offered"
		for word; do
			case $word in
			!*) ! grep -qxF -- "${word#!}" "$T/offered" || fail "$shell offers ${word#!} after: $line" ;;
			*) grep -qxF -- "$word" "$T/offered" || { cat "$T/offered"; fail "$shell does not offer $word after: $line"; } ;;
			esac
		done
	done
}

offers 'dicom-qr ' query sync doctor archive store
offers 'dicom-qr query ' archive store !sync
offers 'dicom-qr query archive --fo' --format
offers 'dicom-qr query archive --format ' table json csv !archive
offers 'dicom-qr archive --auto --output ' folder !a.state
offers 'dicom-qr resume --state ' a.state
offers 'dicom-qr node ' add list show
offers 'dicom-qr node show ' archive
offers 'dicom-query archive --format ' table json !archive
[ -z "$(dicom-qr --manual jobs)" ] || fail "jobs before there was one"
start_dcmqrscp
choose_pacs dcmqrscp
run dicom-qr "$NODE" --auto --method c-get -o "$T/files" --max-studies 1
offers 'dicom-qr resume ' 1
echo 'no JSON' >"$T/broken.json"
DICOM_QR_CONFIG=$T/broken.json run dicom-qr --manual nodes
expect_status 0
expect_no_err
pass
