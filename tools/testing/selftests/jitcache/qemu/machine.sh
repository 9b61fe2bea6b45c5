# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# An architecture's data, and the configuration and virtual machine made from it. Sourced by bash
# after lib.sh, never run.

QEMU_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# load_arch ARCH: all that is known about it comes from the file of that name.
load_arch()
{
	case $1 in
	*/* | .* | "") ;;
	*)
		if [ -f "$QEMU_DIR/arch/$1" ]; then
			# shellcheck source=arch/x86_64
			. "$QEMU_DIR/arch/$1"
			return
		fi
	esac
	die "unknown ARCH '$1'; known: $(cd "$QEMU_DIR/arch" && echo *)"
}

# The compiler's package: the native one has no architecture in its name.
compiler_package()
{
	if [ "$(dpkg --print-architecture)" = "$DEBIAN_ARCH" ]; then
		echo gcc
	else
		echo "gcc-${GNU_TYPE//_/-}"
	fi
}

# vanished REQUEST RESULT: print what was asked for, on or off, and is not so.
# Of several requests for an option the last one counts, as it does for kconfig.
vanished()
{
	awk '
	/^# CONFIG_.* is not set$/	{ name = $2; value = "n" }
	/^CONFIG_/	{
		name = value = $0
		sub(/=.*/, "", name)
		sub(/[^=]*=/, "", value)
	}
	!/^(# )?CONFIG_/	{ next }
	FILENAME == ARGV[1]	{ want[name] = value; next }
				{ have[name] = value }
	END {
		for (name in want) {
			got = name in have ? have[name] : "n"
			if (got != want[name])
				print name "=" want[name] " became " got
		}
	}' "$1" "$2" | sort
}

# QEMU ends an option's value at a comma, unless it is doubled.
quote_comma()
{
	echo "${1//,/,,}"
}

# machine OUT DIR CONSOLE [KERNEL-ARGS...]: sets the array MACHINE to the command
# that boots OUT, with CONSOLE as the back end of the console and the guest's
# results in DIR/channel.log; QEMU_ARGS, if set, come last. TCG always: a /dev/kvm
# that is there may not work. One thread for all CPUs: with one for each, QEMU 7.2
# trips over code that a CPU changes while another runs it, and ftrace's boot-time
# tests on x86_64 hang in one of five boots, of a kernel without this series too.
machine()
{
	local out=$1 dir=$2 console=$3 more
	shift 3

	[ -f "$out/complete" ] || die "no complete build in $out"
	local args="console=$CONSOLE panic=-1 oops=panic $KERNEL_ARGS"
	args+=" jitcache.channel=$CHANNEL jitcache.off=$POWER_OFF${*:+ $*}"

	read -r -a more <<< "${QEMU_ARGS:-}"
	# shellcheck disable=SC2034,SC2054 # for those who source this
	MACHINE=("${QEMU[@]}" -accel tcg,thread=single
		-nodefaults -no-user-config -display none -no-reboot
		-chardev "$console" -serial chardev:console
		-chardev "file,id=channel,path=$(quote_comma "$dir")/channel.log"
		"${QEMU_CHANNEL[@]}"
		-kernel "$out/$IMAGE" -initrd "$out/initrd.gz"
		-append "$args" "${more[@]}")
}
