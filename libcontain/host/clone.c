/* SPDX-License-Identifier: MIT */

/*
 * The two clones of host/raw.h, in assembler: the child comes back on another stack than the one it left, so
 * no compiler's code may stand between the system call and the call of its function.
 */

#include "host/raw.h"

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl ct_clone3\n.hidden ct_clone3\n.type ct_clone3, @function\n"
        "ct_clone3:\n"
        "  .cfi_startproc\n"
        "  mov %rdx, %r8\n" /* the kernel keeps r8 and r9 */
        "  mov %rcx, %r9\n"
        "  mov $435, %eax\n"
        "  syscall\n"
        "  test %rax, %rax\n"
        "  jz 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined rip\n"
        "  xor %ebp, %ebp\n"
        "  and $-16, %rsp\n"
        "  mov %r9, %rdi\n"
        "  call *%r8\n"
        "  ud2\n"
        "  .cfi_endproc\n"
        ".size ct_clone3, . - ct_clone3\n"
        ".globl ct_clone\n.hidden ct_clone\n.type ct_clone, @function\n"
        "ct_clone:\n"
        "  .cfi_startproc\n"
        "  mov %rcx, %r9\n"
        "  xor %r10d, %r10d\n"
        "  mov $56, %eax\n"
        "  syscall\n"
        "  test %rax, %rax\n"
        "  jz 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined rip\n"
        "  xor %ebp, %ebp\n"
        "  and $-16, %rsp\n"
        "  mov %r8, %rdi\n"
        "  call *%r9\n"
        "  ud2\n"
        "  .cfi_endproc\n"
        ".size ct_clone, . - ct_clone\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl ct_clone3\n.hidden ct_clone3\n.type ct_clone3, %function\n"
        "ct_clone3:\n"
        "  .cfi_startproc\n"
        "  mov x8, #435\n"
        "  svc #0\n"
        "  cbz x0, 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined x30\n"
        "  mov x29, #0\n"
        "  mov x0, x3\n"
        "  blr x2\n"
        "  brk #0\n"
        "  .cfi_endproc\n"
        ".size ct_clone3, . - ct_clone3\n"
        ".globl ct_clone\n.hidden ct_clone\n.type ct_clone, %function\n"
        "ct_clone:\n"
        "  .cfi_startproc\n"
        "  mov x5, x3\n"
        "  mov x6, x4\n"
        "  mov x3, #0\n"
        "  mov x4, #0\n"
        "  mov x8, #220\n"
        "  svc #0\n"
        "  cbz x0, 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined x30\n"
        "  mov x29, #0\n"
        "  mov x0, x6\n"
        "  blr x5\n"
        "  brk #0\n"
        "  .cfi_endproc\n"
        ".size ct_clone, . - ct_clone\n");
#elif defined(__riscv) && __riscv_xlen == 64
__asm__(".text\n"
        ".globl ct_clone3\n.hidden ct_clone3\n.type ct_clone3, @function\n"
        "ct_clone3:\n"
        "  .cfi_startproc\n"
        "  li a7, 435\n"
        "  ecall\n"
        "  beqz a0, 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined ra\n"
        "  mv s0, zero\n"
        "  mv a0, a3\n"
        "  jalr a2\n"
        "  unimp\n"
        "  .cfi_endproc\n"
        ".size ct_clone3, . - ct_clone3\n"
        ".globl ct_clone\n.hidden ct_clone\n.type ct_clone, @function\n"
        "ct_clone:\n"
        "  .cfi_startproc\n"
        "  mv a5, a3\n"
        "  mv a6, a4\n"
        "  li a3, 0\n"
        "  li a4, 0\n"
        "  li a7, 220\n"
        "  ecall\n"
        "  beqz a0, 1f\n"
        "  ret\n"
        "1:\n"
        "  .cfi_undefined ra\n"
        "  mv s0, zero\n"
        "  mv a0, a6\n"
        "  jalr a5\n"
        "  unimp\n"
        "  .cfi_endproc\n"
        ".size ct_clone, . - ct_clone\n");
#else

#include <sched.h>

long ct_clone3(const struct ct_clone_args *args, size_t size, void (*fn)(void *), void *arg)
{
        (void)args;
        (void)size;
        (void)fn;
        (void)arg;
        return -ENOSYS;
}

struct hosted_start {
        void (*fn)(void *);
        void *arg;
};

static int hosted_child(void *data)
{
        const struct hosted_start *start = data;

        start->fn(start->arg);
        return 127;
}

long ct_clone(uint64_t flags, void *stack_top, int *pidfd, void (*fn)(void *), void *arg)
{
        struct hosted_start start = { fn, arg };
        int r = clone(hosted_child, stack_top, (int)(uint32_t)flags, &start, pidfd);

        return r < 0 ? -errno : r;
}

#endif
