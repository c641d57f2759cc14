#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/debian-archive: the archive that apt is configured with, in the old format and in the new one.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
unset KLEAK_MIRROR KLEAK_SECURITY_MIRROR

# archive_of [security]: with the sources in the folder parts
archive_of() {
	mkdir -p lists/partial
	cat >apt.conf <<-CONF
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$scratch/parts";
		Dir::State::lists "$scratch/lists";
	CONF
	APT_CONFIG=$scratch/apt.conf "$KLEAK_TESTS/../scripts/debian-archive" "$@" >out 2>err
	status=$?
}

sources() { # FILE, its text on stdin
	rm -rf parts
	mkdir parts
	cat >"parts/$1"
}

if command -v apt-get >/dev/null; then
	sources old.list <<-LIST
		# deb http://commented.invalid/debian bookworm-updates main
		deb http://others.invalid/linux/debian bookworm stable
		deb http://mirror.invalid/pub/debian/ bookworm main contrib
		deb http://mirror.invalid/pub/debian/ bookworm-updates main
		deb http://safe.invalid/debian-security bookworm-security main
	LIST
	archive_of
	stdout_is http://mirror.invalid/pub/debian "sources.list"
	archive_of security
	stdout_is http://safe.invalid/debian-security "and its security updates"
	sources new.sources <<-SOURCES
		Types: deb deb-src
		URIs: https://mirror.invalid/debian
		Suites: trixie trixie-updates
		Components: main

		Types: deb
		URIs: https://mirror.invalid/debian-security
		Suites: trixie-security
		Components: main
	SOURCES
	archive_of
	stdout_is https://mirror.invalid/debian "deb822 sources"
	archive_of security
	stdout_is https://mirror.invalid/debian-security "and their security updates"
	sources old.list <<<"deb http://mirror.invalid/debian sid main"
	archive_of
	stdout_is http://mirror.invalid/debian "a suite without updates"
	archive_of security
	status_is 3 "has no security updates"
	stderr_is "debian-archive: apt's configuration names none (set KLEAK_SECURITY_MIRROR)" "and says what to do"
else
	skip "apt's sources" "no apt"
fi
sources none.list </dev/null
archive_of
status_is 3 "no sources, no archive"
KLEAK_MIRROR=http://said.invalid/debian archive_of
stdout_is http://said.invalid/debian "KLEAK_MIRROR comes first"
done_testing
