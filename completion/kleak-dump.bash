# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for bash. Commands and options are those that the program's own help names.
_kleak_dump() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in -*) ;; *) command=$word; break ;; esac
	done
	COMPREPLY=()
	case $previous in
	--db | --vmlinux | --module | --vmcoreinfo | --suppressions) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
	--modules | --strip-prefix) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$current"); return ;;
	--policy) mapfile -t COMPREPLY < <(compgen -W "precise kernel" -- "$current"); return ;;
	--format) mapfile -t COMPREPLY < <(compgen -W "$(kleak-dump help "${command:-report}" 2>/dev/null |
		sed -n 's/^ *\([a-z]*\): .*/\1/p')" -- "$current"); return ;;
	esac
	if [ -z "$command" ] || [ "$previous" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(kleak-dump help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$({ kleak-dump help "$command"; kleak-dump help; } 2>/dev/null |
			grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}
complete -o filenames -F _kleak_dump kleak-dump
