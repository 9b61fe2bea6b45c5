# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Shared by all scripts of the harness: steps, errors and missing packages. Sourced by
# bash, never run.
#
# Environment: V=1 shows the output of each step, JOBS limits parallel work, LOG_DIR
# is the directory for the logs of steps.

set -u -o pipefail

# Stop on Ctrl-C even if a program such as QEMU takes it for a normal end.
trap 'exit 130' INT TERM

# Elapsed time starts with the outermost script.
: "${STEP_START:=$(date +%s)}"
: "${JOBS:=$(nproc)}"
: "${V:=0}"
export STEP_START JOBS V

# Without this, ccache runs the preprocessor before the compiler: a fifth of the time of a
# file that it doesn't have yet, for hits that few files give.
export CCACHE_DEPEND=1

# shellcheck disable=SC2034 # used by scripts that source this
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/jitcache

# die TEXT: one line on stderr that says what is wrong and, if possible, what to do.
die()
{
	echo "jitcache: $*" >&2
	exit 1
}

# err TEXT: the same, for a function that must return instead of exit.
err()
{
	echo "jitcache: $*" >&2
	return 1
}

clock()
{
	local s=$(( $(date +%s) - STEP_START ))

	printf '%02d:%02d' $((s / 60)) $((s % 60))
}

# note TEXT: print a line among the steps.
note()
{
	printf '[%s] %s\n' "$(clock)" "$*"
}

# On a terminal, redraw one line with the time and the length of the log, which
# for a build is the number of files compiled so far. STEP_WATCH names another
# file to count, for a command that writes elsewhere.
step_progress()
{
	local label=$1 log=$2 began=$3

	trap '' INT
	while sleep 1 && kill -0 $$ 2> /dev/null; do
		printf '\r[%s] %-46s %5d lines %4d s' "$(clock)" "$label" \
			"$(wc -l 2> /dev/null < "$log" || echo 0)" $(( $(date +%s) - began ))
	done
}

# disk_is_full LOG: the error message may be lost for lack of space, so check the file
# system too.
disk_is_full()
{
	grep -qs 'No space left on device' "$1" ||
		[ "$(df --output=avail "$(dirname "$1")" | tail -n 1)" -lt 64 ]
}

# step LABEL LOG CMD...: run CMD with its output in LOG and one line on the
# terminal: label, outcome, seconds. On failure the log is named and the status
# of CMD is returned. CMD runs in the foreground, so that Ctrl-C reaches it.
step()
{
	local label=$1 log=$2 began reason rc pid=
	shift 2

	mkdir -p "$(dirname "$log")"
	: > "$log" || die "can't write $log"
	began=$(date +%s)

	if [ "$V" = 1 ]; then
		note "$label"
		"$@" 2>&1 | tee "$log"
		rc=${PIPESTATUS[0]}
	else
		if [ -t 1 ]; then
			step_progress "$label" "${STEP_WATCH:-$log}" "$began" &
			pid=$!
		fi
		"$@" > "$log" 2>&1
		rc=$?
		if [ -n "$pid" ]; then
			kill "$pid" 2>/dev/null
			wait "$pid" 2>/dev/null
			printf '\r\033[K'
		fi
	fi

	if [ "$rc" -eq 0 ]; then
		note "$(printf '%-46s ok     %4d s' "$label" $(( $(date +%s) - began )))"
	else
		note "$(printf '%-46s FAILED %4d s' "$label" $(( $(date +%s) - began )))"
		# The error of one of our scripts is the last "jitcache:" line.
		reason=$(sed -n 's/^jitcache: //p' "$log" | tail -n 1)
		! disk_is_full "$log" || reason="$label: disk full"
		: "${reason:=$label failed (status $rc)}"
		echo "jitcache: $reason; log: ${log#"$PWD/"}" >&2
	fi
	return "$rc"
}

# run CMD...: print the exact command, quoted for pasting, then run it.
run()
{
	printf '+ %s\n' "${*@Q}"
	"$@"
}

# One at a time: apt-get fails if another one runs.
apt_install()
{
	export DEBIAN_FRONTEND=noninteractive

	( flock 7 && apt-get -q update &&
		apt-get -q -y install --no-install-recommends "$@" ) 7< /var/lib/apt
}

# need PACKAGE...: install missing packages, or name them in one line without root,
# which apt needs. Never asks for a password.
need()
{
	local p missing=()

	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}\n' "$p" 2>/dev/null |
			grep -q '^ii' || missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0

	command -v apt-get > /dev/null ||
		die "missing packages, and no apt-get to install them: ${missing[*]}"
	[ "$(id -u)" -eq 0 ] ||
		die "missing packages; as root: apt-get install ${missing[*]}"
	step "install ${#missing[@]} packages" "$LOG_DIR/packages.log" \
		apt_install "${missing[@]}" ||
		die "apt-get can't install: ${missing[*]}"
}
