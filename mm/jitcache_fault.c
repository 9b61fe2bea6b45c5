// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have jit_cache fail on purpose: "fail_jitcache=" on the command line and
 * /sys/kernel/debug/fail_jitcache, see Documentation/fault-injection.
 */

#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/init.h>

#include "jitcache.h"

struct fault_attr jit_fault_attr = FAULT_ATTR_INITIALIZER;

bool jit_fault(void)
{
	return should_fail(&jit_fault_attr, 1);
}

static int __init jit_fault_setup(char *str)
{
	return setup_fault_attr(&jit_fault_attr, str);
}
__setup("fail_jitcache=", jit_fault_setup);

static int __init jit_fault_debugfs(void)
{
	struct dentry *dir;

	dir = fault_create_debugfs_attr("fail_jitcache", NULL, &jit_fault_attr);
	return PTR_ERR_OR_ZERO(dir);
}
late_initcall(jit_fault_debugfs);
