#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# judge.sh [-e] DIR SRC: decide whether the run that boot recorded in DIR passed. Reads
# only these files, with the kernel's KTAP parser from SRC.
#
# Prints a line for each reason to fail, with -e one for every splat and every failed
# test, and as the last line
#   result NAME kunit P F S kselftest P F S verdict pass|fail
# with the numbers of tests that passed, failed (or crashed) and were skipped. Exits
# 0 only for a pass.

. "${0%/*}/lib.sh"

EACH=
if [ "${1:-}" = -e ]; then
	EACH=1
	shift
fi
[ $# -eq 2 ] || die "usage: judge.sh [-e] DIR SRC"
DIR=$1
PARSER=$2/tools/testing/kunit/kunit.py
SPLATS=${0%/*}/splats
[ -d "$DIR" ] || die "no run recorded in $DIR"
[ -r "$PARSER" ] || die "no KTAP parser in $2"
command -v python3 > /dev/null || die "missing package: python3"

NAME=$(basename "$(dirname "$(realpath "$DIR")")")/$(basename "$(realpath "$DIR")")
TMP=$(mktemp -d) || exit
trap 'rm -rf "$TMP"' EXIT
FAILED=0

reason()
{
	echo "$NAME: $*"
	FAILED=1
}

# each WHAT ONE ALL: a reason with WHAT and ONE, or with -e one for each line of ALL.
each()
{
	local line

	if [ -z "$EACH" ]; then
		reason "$1$2"
		return
	fi
	while read -r line; do
		reason "$1$line"
	done <<< "$3"
}

# A problem of the machine is a failure, even with good results.
check_machine()
{
	local status

	status=$(cat "$DIR/qemu.status" 2> /dev/null)
	case $status in
	0)	;;
	"")	reason "QEMU was interrupted" ;;
	124)	reason "timed out" ;;
	*)	reason "QEMU exited with status $status" ;;
	esac

	[ -s "$DIR/console.log" ] || reason "the console is empty"
	# A console may lose its last line, so QEMU's trace counts as well. 6 is
	# SHUTDOWN_CAUSE_GUEST_SHUTDOWN (QEMU, qapi/run-state.json); a panic isn't.
	grep -qaE 'reboot: (Power down|Restarting system)' "$DIR/console.log" ||
		grep -qs 'qemu_system_shutdown_request reason=6$' "$DIR/qemu.log" ||
		reason "no clean power-off"
}

# A scan that can't be done is a failure as well.
check_splats()
{
	local hits

	grep -vE '^(#|$)' "$SPLATS" > "$TMP/splats" ||
		reason "no patterns to scan the console for"
	hits=$(grep -naE -f "$TMP/splats" "$DIR/console.log")
	case $? in
	0)	each "splat on the console, line " "${hits%%$'\n'*}" "$hits" ;;
	1)	;;
	*)	reason "can't scan the console" ;;
	esac
}

check_verdict()
{
	local verdict

	verdict=$(cat "$DIR/verdict" 2> /dev/null)
	case $verdict in
	pass)	;;
	"")	reason "the guest wrote no verdict" ;;
	*)	reason "the guest's verdict: $verdict" ;;
	esac
}

# KUnit's results are on the console, among other messages. Leave those out: one
# between version and plan is enough to make the parser miss the plan.
kunit_ktap()
{
	awk '
	{ sub(/\r$/, ""); sub(/^\[ *[0-9.]+\] /, "") }
	/^KTAP version/				{ on = 1 }
	!on || !/^ *(KTAP version |# |1\.\.[0-9]|(not )?ok [0-9])/	{ next }
						{ print }
	/^1\.\.[0-9]/ && !plan			{ plan = substr($0, 4) }
	/^(not )?ok / && ++results == plan	{ exit }
	' "$DIR/console.log"
}

# count KEY SUMMARY: the number after "KEY: ", 0 if it isn't there.
count()
{
	local n

	n=$(sed -n "s/.*\<$1: \([0-9]*\).*/\1/p" <<< "$2")
	echo "${n:-0}"
}

# check_ktap KIND FILE: count the results with the kernel's parser. Its exit status is
# not enough: it accepts a missing plan, results past the plan, other errors, and a
# test that failed although its subtests passed. Sets COUNTS to passed, failed and
# skipped.
check_ktap()
{
	local kind=$1 file=$2 plan results summary passed failed errors bad

	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$file" | head -n 1)
	results=$(grep -cE '^(not )?ok ' "$file")
	summary=$(PYTHONDONTWRITEBYTECODE=1 python3 "$PARSER" parse < "$file" |
		sed -n 's/.*Testing complete\. Ran [0-9]* tests: //p')
	passed=$(count passed "$summary")
	failed=$(($(count failed "$summary") + $(count crashed "$summary")))
	bad=$(grep -cE '^ *not ok ' "$file")
	[ "$failed" -ge "$bad" ] || failed=$bad
	errors=$(count errors "$summary")
	COUNTS="$passed $failed $(count skipped "$summary")"

	if [ "${plan:-0}" -eq 0 ] || [ "$passed" -eq 0 ]; then
		reason "$kind: no results"
	elif [ "$plan" -ne "$results" ]; then
		reason "$kind: $plan results planned, $results came"
	elif [ "$failed" -ne 0 ]; then
		bad=$(failures "$file")
		each "$kind: " "$failed failed: ${bad//$'\n'/,}" \
			"not ok ${bad//$'\n'/$'\n'not ok }"
	elif [ "$errors" -ne 0 ]; then
		reason "$kind: $errors errors in the results"
	fi
}

# failures FILE: the tests that failed, with -e also the reason that a selftest gives.
# There may be none: the parser counts a result that is missing in a suite as a crash.
failures()
{
	local names

	names=$(awk -v each="$EACH" '
	/^# FAIL: /		{ why = " (" substr($0, 3) ")" }
	/^ok /			{ why = "" }
	/^ *not ok [0-9]+ /	{
		sub(/^ *not ok [0-9]+ (- )?/, "")
		print $0 (each ? why : "")
		why = ""
	}' "$1")
	echo "${names:-results are missing}"
}

check_suites()
{
	local suite

	[ -s "$DIR/expected-suites" ] || reason "kunit: no suite is expected"
	while read -r suite; do
		grep -qE "^(not )?ok [0-9]+ (- )?$suite( |\$)" "$TMP/kunit" ||
			reason "kunit: no results of suite $suite"
	done < "$DIR/expected-suites"
}

touch "$TMP/kunit" "$TMP/kselftest"
check_machine 2> /dev/null
check_splats 2> /dev/null
check_verdict
[ ! -r "$DIR/console.log" ] || kunit_ktap > "$TMP/kunit"
check_ktap kunit "$TMP/kunit"
KUNIT=$COUNTS
check_suites 2> /dev/null
[ ! -r "$DIR/ktap.log" ] || cp "$DIR/ktap.log" "$TMP/kselftest"
check_ktap kselftest "$TMP/kselftest"

[ $FAILED -eq 0 ] && VERDICT=pass || VERDICT=fail
echo "result $NAME kunit $KUNIT kselftest $COUNTS verdict $VERDICT"
exit $FAILED
