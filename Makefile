# SPDX-License-Identifier: GPL-2.0-only
#
# The only entry point. Each target is one script; "make" alone lists them.

ARCH ?= x86_64
export ARCH ARM64 BASE EXTRA_CONFIG JOBS KSRC LOCKS PART TARGETS V

.NOTPARALLEL:

help:
	@sed -n 's/^##\( \|$$\)//p' $(firstword $(MAKEFILE_LIST))

## make run                     patched kernel for x86_64: build, boot, test, report
run:
	@harness/run

## make test                    every check of the default tier; ends with the sum
test:
	@harness/test

## make test-all                the same in more configurations, all architectures that
##                              boot, beside stock, a debug kernel, every commit compiled
test-all:
	@harness/test all

## make check                   the gates that need no boot
check: tree
	@harness/check

## make compile                 what the series touches, for every architecture
compile:
	@harness/compile

## make bisect                  does every commit compile, for x86_64 and arm64?
bisect:
	@harness/bisect

## make tree                    build/linux: the base, and a commit for each patch
tree:
	@harness/tree

## make series                  build/series: mails for git am, signed off by you
series: tree
	@harness/series

## make refresh                 commits of build/linux back to patches/ and new files
refresh:
	@harness/refresh

## make kernel ARCH=a [BASE=1]  build the patched (unpatched) kernel in build/a (a-base)
## make boot   ARCH=a [BASE=1]  boot it and judge its tests
## make shell  ARCH=a [BASE=1]  a shell in it
kernel boot shell:
	@harness/guest $@ '$(ARCH)'

## make cocci                   users of module_alloc(), converted: a diff
cocci:
	@harness/cocci

## make bench [LOCKS=1] [ARM64=1]   what it costs, stock beside patched, in instructions;
##                              also how long locks are held, and broadcasts on arm64
bench:
	@harness/bench

## make bench-poke              what text_poke_copy() costs with the primitive of each
##                              architecture, beside the fallback; ARCHES='a b' for some
bench-poke:
	@harness/bench-poke

## make load                    executable mappings under one load, stock beside patched:
##                              a table, build/load/*.json and a picture
load:
	@harness/load

## make clean                   remove what was built, keep build/linux
clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name linux \
		-exec rm -rf {} +

## make distclean               remove all of build/; downloads stay in the cache
distclean:
	@rm -rf build

##
## ARCH=a             architecture, as the kernel calls it (x86_64)
## KSRC=dir           a 6.1.y kernel tree of your own as the base, only read; for
##                    "make cocci", one of 5.4 to 6.9
## EXTRA_CONFIG=file  one more kernel configuration fragment, applied last
## PART='a b'         for "make test-all", some parts only; a wrong name lists them
## TARGETS='a b'      for "make compile", some architectures only
## V=1                show all output
## JOBS=n             parallel compiles

.PHONY: help run test test-all check compile bisect tree series refresh kernel boot \
	shell cocci bench bench-poke load clean distclean
