# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The data of an architecture, and the virtual machine made from it. Sourced by bash
# after lib.sh, never run.

QEMU_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# load_arch ARCH: read the data of an architecture from arch/ARCH, which sets
#
#   KERNEL_ARCH		ARCH= for the kernel's make
#   GNU_TYPE		prefix of the cross compiler
#   DEBIAN_ARCH		Debian's name, to find busybox and the compiler by
#   LIBC_PACKAGE	only if busybox has to be compiled, since the architecture is
#			not part of Debian's release: the C library to compile it with
#   QEMU_PACKAGE	package of the emulator
#   IMAGE_TARGET	make target of the image that the emulator loads
#   IMAGE		the file that this target makes, in the build directory
#   QEMU		emulator, machine, CPU and memory; an array
#   CONSOLE		tty of the console
#   CHANNEL		tty on which the guest writes its results
#   QEMU_CHANNEL	options that connect CHANNEL to the chardev "channel"; an array
#   POWER_OFF		how the guest ends the emulator: poweroff or reboot
#   KERNEL_ARGS		more of the kernel's command line
#   GENERIC_QEMU	only if a boot with text_poke=generic has another machine: more
#   GENERIC_ARGS	arguments for QEMU and for the kernel
#   CONFIG		options that the machine needs, besides common.config
load_arch()
{
	GENERIC_QEMU=
	GENERIC_ARGS=
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

# The package of the compiler; that of the native one names no architecture.
compiler_package()
{
	if [ "$(dpkg --print-architecture)" = "$DEBIAN_ARCH" ]; then
		echo gcc
	else
		echo "gcc-${GNU_TYPE//_/-}"
	fi
}

# vanished REQUEST RESULT: print the options whose values in RESULT are not as
# requested. The last request for an option counts, as in kconfig.
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

# machine OUT DIR CONSOLE [KERNEL-ARGS...]: set the array MACHINE to the command that
# boots OUT, with CONSOLE as the back end of the console and the guest's results in
# DIR/channel.log. QEMU_ARGS come last. BOOT_ARGS, if set, replaces KERNEL_ARGS.
#
# Always use TCG, since a /dev/kvm may exist and not work. Use one thread for all
# CPUs: with a thread for each, QEMU 7.2 fails on code that one CPU changes while
# another runs it, and ftrace's boot-time tests on x86_64 hang in one of five boots,
# also without this series.
machine()
{
	local out=$1 dir=$2 console=$3 more
	shift 3

	[ -f "$out/complete" ] || die "no complete build in $out"
	local args="console=$CONSOLE panic=-1 oops=panic ${BOOT_ARGS-$KERNEL_ARGS}"
	args+=" jitcache.channel=$CHANNEL jitcache.off=$POWER_OFF${*:+ $*}"

	read -r -a more <<< "${QEMU_ARGS:-}"
	# shellcheck disable=SC2034,SC2054 # used by scripts that source this
	MACHINE=("${QEMU[@]}" -accel tcg,thread=single
		-nodefaults -no-user-config -display none -no-reboot
		-chardev "$console" -serial chardev:console
		-chardev "file,id=channel,path=$(quote_comma "$dir")/channel.log"
		"${QEMU_CHANNEL[@]}"
		-kernel "$out/$IMAGE" -initrd "$out/initrd.gz"
		-append "$args" "${more[@]}")
}
