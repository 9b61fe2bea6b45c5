# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Get the guest's programs, a static busybox. It is Debian's package, or, for an
# architecture that isn't part of Debian's release, compiled from Debian's source.
# Sourced by bash after machine.sh, never run.

# private_apt DIR ARCH TOOL ARG...: run TOOL with an apt state in DIR, since the
# system's state has only its own architecture. apt verifies what it downloads.
private_apt()
{
	local dir=$1 arch=$2 tool=$3
	shift 3

	"$tool" -q -o Dir::State="$dir/state" -o Dir::Cache="$dir/cache" \
		-o Dir::State::status="$dir/status" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false \
		-o DPkg::Post-Invoke= -o APT::Update::Post-Invoke= "$@"
}

private_apt_update()
{
	local dir=$1 arch=$2

	rm -rf "$dir"
	mkdir -p "$dir"/{state/lists,cache/archives}/partial && : > "$dir/status" || return
	# Ignore a failure: if it matters, the download fails as well.
	private_apt "$dir" "$arch" apt-get update || :
}

fetch_busybox()
{
	local dir=$1

	private_apt_update "$dir" "$DEBIAN_ARCH" &&
		(cd "$dir" &&
			private_apt "$dir" "$DEBIAN_ARCH" apt-get download busybox-static) &&
		dpkg-deb -x "$dir"/busybox-static_*.deb "$dir/root" &&
		cp "$dir/root/bin/busybox" "$dir/busybox"
}

# The system may have no source entries: derive them from its package entries.
fetch_busybox_source()
{
	local dir=$1 arch key=/usr/share/keyrings/debian-archive-keyring.gpg
	local format="deb-src [signed-by=$key] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)"

	arch=$(dpkg --print-architecture)
	private_apt_update "$dir" "$arch" &&
		private_apt "$dir" "$arch" apt-get indextargets --format "$format" \
			'Created-By: Packages' 'Origin: Debian' > "$dir/sources.list" ||
		return
	set -- -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
	private_apt "$dir" "$arch" apt-get "$@" update || :
	(cd "$dir" && private_apt "$dir" "$arch" apt-get "$@" source --download-only busybox &&
		dpkg-source -x ./*.dsc source)
}

# Use Debian's configuration, and the default for options that it doesn't set.
compile_busybox()
{
	local dir=$1
	local make=(make -C "$dir/source" CROSS_COMPILE="$GNU_TYPE-" HOSTCC="ccache gcc"
		    CC="ccache $GNU_TYPE-gcc")

	fetch_busybox_source "$dir" &&
		cp "$dir/source/debian/config/pkg/static" "$dir/source/.config" &&
		{ yes '' || :; } | run "${make[@]}" oldconfig &&
		run "${make[@]}" -j"$JOBS" busybox &&
		cp "$dir/source/busybox" "$dir/busybox"
}

# make_busybox HOW TO: run HOW and move its busybox to TO. The checksum is written
# last and marks a complete file.
make_busybox()
{
	local how=$1 to=$2 dir=$OUT/fetch

	"$how" "$dir" && cp "$dir/busybox" "$to" &&
		(cd "${to%/*}" && sha256sum "${to##*/}") > "$to.tmp" &&
		mv "$to.tmp" "$to.sha256" && rm -rf "$dir"
}

# Set BUSYBOX, and make the file unless the cache has it.
busybox()
{
	BUSYBOX=$CACHE_DIR/busybox-$DEBIAN_ARCH

	mkdir -p "$CACHE_DIR" || die "can't create $CACHE_DIR"
	(cd "$CACHE_DIR" && sha256sum --status -c "$BUSYBOX.sha256") 2> /dev/null && return
	if [ -z "${LIBC_PACKAGE:-}" ]; then
		step "download busybox for $DEBIAN_ARCH" "$LOG_DIR/busybox.log" \
			make_busybox fetch_busybox "$BUSYBOX" ||
			die "can't download busybox-static for $DEBIAN_ARCH; network down?"
	else
		need "$LIBC_PACKAGE" dpkg-dev debian-archive-keyring
		step "compile busybox for $DEBIAN_ARCH" "$LOG_DIR/busybox.log" \
			make_busybox compile_busybox "$BUSYBOX" ||
			die "can't compile busybox for $DEBIAN_ARCH"
	fi
}
