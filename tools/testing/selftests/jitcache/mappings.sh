#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Print the kernel's executable mappings and the areas of its address space that are in
# use, while modules, probes, a tracer and BPF programs are there. The load is always the
# same, so two kernels that place text alike print the same. This is not a test by itself.

. "$(dirname "$0")/helpers.sh"

needs_root
tables=$(page_tables) || fail "no file shows the page tables"
echo function > $TRACING/current_tracer || fail "can't turn the tracer on"
echo 'p:jitcache/entry do_sys_openat2' >> $TRACING/kprobe_events &&
	kprobes_on 20 || fail "can't set the probes"
modprobe test_bpf test_suite=test_tail_calls test_id=0 || fail "can't load test_bpf"
for module in test_module test_static_key_base test_static_keys; do
	modprobe $module || fail "can't load $module"
done
modprobe -r test_module || fail "can't unload test_module"
# A worker unmaps freed areas, at the next flush of the TLBs. Wait for it.
sleep 2

echo "executable mappings"
ranges "$tables" | grep ' x$'
echo "areas"
sed -n -E 's/^\S+ +([0-9]+) .*( pages=[0-9]+ .*)/\1\2/p' /proc/vmallocinfo
