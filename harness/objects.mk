# SPDX-License-Identifier: GPL-2.0-only
#
# Print what the kernel's makefiles would build in one directory, without building
# it: objects, and directories with a slash. To be run in the directory of a kernel
# that is configured, with DIR, srctree and SRCARCH given.

include include/config/auto.conf
BITS := $(if $(CONFIG_64BIT),64,32)
obj := $(DIR)
src := $(DIR)
include $(srctree)/scripts/Kbuild.include
include $(srctree)/scripts/Makefile.compiler
include $(firstword $(wildcard $(srctree)/$(DIR)/Kbuild) $(srctree)/$(DIR)/Makefile)

# What an object is linked from, where that is more than one.
parts = $($(1:.o=-y)) $($(1:.o=-m)) $($(1:.o=-objs))
built := $(obj-y) $(obj-m) $(lib-y)

.PHONY: list
list:
	@printf '%s\n' $(built) $(foreach o,$(built),$(call parts,$(o)))
