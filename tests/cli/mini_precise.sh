#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the policy precise knows beyond the kernel, refinement by refinement: the verdict of every object with it and
# without it (tests/fixtures/kernel/precise/objects.def), what --explain-policy says each one changed, and sweeps.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
# shellcheck disable=SC2034 # for mini_lib.sh
policy=precise

# The options that stand for what objects.def calls SETTING.
options_of() { # KERNEL SETTING
	case $2 in
	precise) ;;
	registers | interior | untracked | types) echo "--$2 no" ;;
	stacks) echo "--stacks none" ;;
	age) echo "--min-age 0" ;;
	scans) echo "--min-unref-scans 2" ;;
	root) echo "--root $(nm "$fixtures/$1.kernel" | awk '$3 == "outside" { print $1 }'),32" ;;
	kernel) echo "--policy kernel" ;;
	*) echo "--precise=-$2" ;;
	esac
}

# The verdicts of file $2 under setting $1, as verdicts_match takes them.
settle() {
	awk -v "setting=$1" '{
		n = split($6, parts, ",")
		$6 = parts[1]
		for (i = 2; i <= n; i++)
			if (index(parts[i], setting "=") == 1) $6 = substr(parts[i], length(setting) + 2)
		print
	}' "$2"
}

under() { # KERNEL SETTING
	# shellcheck disable=SC2046 # no option, or an option and its value
	analyse 0 "$1" $(options_of "$1" "$2") "$fixtures/$1.vmcore" &&
		settle "$2" "$fixtures/$1.expect" >expect && verdicts_match expect
}

# The settings that change something in kernel $1, by its own table.
settings_of() {
	awk '{
		n = split($6, parts, ",")
		for (i = 2; i <= n; i++) { sub(/=.*/, "", parts[i]); print parts[i] }
	}' "$fixtures/$1.expect" | sort -u | tr '\n' ' '
}

for expected in "$fixtures"/precise-*.expect; do
	kernel=$(basename "$expected" .expect)
	for setting in precise $(settings_of "$kernel"); do
		case_ "$kernel: $setting" under "$kernel" "$setting"
	done
done
[ -e "$fixtures/precise-7.3-aarch64.expect" ] || skip "aarch64" "no cross compiler when the fixtures were built"
done_testing
