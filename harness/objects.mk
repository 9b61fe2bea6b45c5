# SPDX-License-Identifier: GPL-2.0-only
#
# Print what the kernel's makefiles build in directory DIR: objects, and directories
# with a slash. Run this in the build directory of a configured kernel, with DIR,
# srctree and SRCARCH set.

include include/config/auto.conf
BITS := $(if $(CONFIG_64BIT),64,32)
obj := $(DIR)
src := $(DIR)
include $(srctree)/scripts/Kbuild.include
include $(srctree)/scripts/Makefile.compiler
include $(firstword $(wildcard $(srctree)/$(DIR)/Kbuild) $(srctree)/$(DIR)/Makefile)

# The parts of a composite object.
parts = $($(1:.o=-y)) $($(1:.o=-m)) $($(1:.o=-objs))
built := $(obj-y) $(obj-m) $(lib-y)

.PHONY: list
list:
	@printf '%s\n' $(built) $(foreach o,$(built),$(call parts,$(o)))
