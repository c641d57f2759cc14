#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What each generation's /sys/kernel/debug/kmemleak would have printed, line by line. Addresses differ between compilers
# and are replaced: ADDRESS, RAW (a pointer printed as it is), HASH (a hashed one), CRC.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

# The entry of the object $1 of $kernel's listing.
entry() {
	local address
	address=$(awk -v name="$1" '$1 == name { print $3 }' "$fixtures/$kernel.expect")
	[ -n "$address" ] || { echo "no object $1"; return 1; }
	printf -v address '0x%08x' "$address" # as the kernel prints small ones
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || return 1
	"$kleak" report --db db --format kmemleak |
		awk -v "wanted=$address" '/unreferenced object/ { here = index($0, wanted) } here { print }' |
		sed -E 's/ 0x[0-9a-f]{8,16} / ADDRESS /; s/\[<ffff[0-9a-f]{12}>\]/[<RAW>]/; s/\[<0{8}[0-9a-f]{8}>\]/[<HASH>]/
			s/\(crc [0-9a-f]{1,8}\)/(crc CRC)/; s/^(    0x)?ffff[0-9a-f]{12}$/\1RAW/'
}

# prints OBJECT, with the expected text on standard input
prints() {
	cat >expected
	entry "$1" >got || { cat got; return 1; }
	diff expected got
}

frames() { # PREFIX: of a timer's object
	printf '    %s%s\n' "$1" kmemleak_alloc+0x24/0x50 "$1" __kmalloc+0x84/0x120 "$1" ringbuf_timer+0x18/0x30
}

bytes='    24 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  $...............
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................'

first_commit() { # 2.6.31: a prefix, no age, no bytes
	prints group_1 <<-END
	kmemleak: unreferenced object ADDRESS (size 32):
	  comm "hardirq", pid 0, jiffies 4295017296
	  backtrace:
	$(frames '[<RAW>] ')
	END
}

aged() { # FRAME-PREFIX
	prints group_1 <<-END
	unreferenced object ADDRESS (size 32):
	  comm "hardirq", pid 0, jiffies 4295017296 (age 400.000s)
	  hex dump (first 32 bytes):
	$bytes
	  backtrace:
	$(frames "$1")
	END
}

with_crc() {
	prints group_1 <<-END
	unreferenced object ADDRESS (size 32):
	  comm "hardirq", pid 0, jiffies 4295017296
	  hex dump (first 32 bytes):
	$bytes
	  backtrace (crc CRC):
	$(frames '')
	END
}

percpu() { # TYPE
	prints percpu_leak <<-END
	unreferenced object$1 ADDRESS (size 32):
	  comm "swapper/0", pid 1, jiffies 4294922546
	  hex dump (first 32 bytes on cpu 0):
	    00 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
	    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
	  backtrace (crc CRC):
	    pcpu_alloc+0x2f0/0x480
	    ringbuf_probe+0x9c/0x110
	    really_probe+0x98/0x300
	    bus_add_driver+0x110/0x1b0
	    do_one_initcall+0x58/0x1c0
	    kernel_init+0x1c8/0x200
	    ret_from_fork+0x2c/0x40
	END
}

modules() { # one that is loaded, and one that is gone
	entry from_module | grep -qx '    leaky_init+0x2c/0x60 \[leaky\]' || { entry from_module; return 1; }
	entry from_unloaded | grep -qx '    0xRAW' || { entry from_unloaded; return 1; }
}

kernel=2.6.31-x86_64
case_ "$kernel" first_commit
for kernel in 3.0-x86_64 4.9-x86_64; do
	case_ "$kernel: age, raw pointers" aged '[<RAW>] '
done
for kernel in 5.10-x86_64 6.1-x86_64; do
	case_ "$kernel: age, hashed pointers" aged '[<HASH>] '
done
kernel=6.6-x86_64
case_ "$kernel: age, names only" aged ''
for kernel in 6.12-x86_64 7.3-x86_64; do
	case_ "$kernel: crc, names only" with_crc
	case_ "$kernel: names in modules" modules
done
kernel=6.12-x86_64
case_ "$kernel: per-CPU object" percpu ''
kernel=7.3-x86_64
case_ "$kernel: per-CPU object" percpu ' (percpu)'
done_testing
