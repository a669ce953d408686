/* SPDX-License-Identifier: MIT */

/* Entry and system calls on x86_64. */

__asm__(".text\n"
        ".globl _start\n.type _start, @function\n"
        "_start:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  and $-16, %rsp\n"
        "  call init_entry\n"
        "  ud2\n"
        ".size _start, . - _start\n"

        /* The seventh argument is on the stack; the kernel takes its fourth in r10. */
        ".globl sys_call\n.type sys_call, @function\n"
        "sys_call:\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  mov %rdx, %rsi\n"
        "  mov %rcx, %rdx\n"
        "  mov %r8, %r10\n"
        "  mov %r9, %r8\n"
        "  mov 8(%rsp), %r9\n"
        "  syscall\n"
        "  ret\n"
        ".size sys_call, . - sys_call\n"

        /* Of the child's registers the kernel spoils rax, rcx and r11 only. */
        ".globl sys_clone_call\n.type sys_clone_call, @function\n"
        "sys_clone_call:\n"
        "  mov %rsi, %r8\n"
        "  mov %rdx, %r9\n"
        "  mov $88, %esi\n" /* sizeof(struct clone_args) */
        "  mov $435, %eax\n"
        "  syscall\n"
        "  test %rax, %rax\n"
        "  jz 1f\n"
        "  ret\n"
        "1:\n"
        "  xor %ebp, %ebp\n"
        "  mov %r9, %rdi\n"
        "  call *%r8\n"
        "  mov %eax, %edi\n"
        "  mov $60, %eax\n"
        "  syscall\n"
        "  ud2\n"
        ".size sys_clone_call, . - sys_clone_call\n"

        ".globl sys_relax\n.type sys_relax, @function\n"
        "sys_relax:\n"
        "  pause\n"
        "  ret\n"
        ".size sys_relax, . - sys_relax\n"
        ".section .note.GNU-stack, \"\", @progbits\n"
        ".text\n");
