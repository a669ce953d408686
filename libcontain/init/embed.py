#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a program into a C file, as the bytes that the library puts in a memfd: embed.py PROGRAM OUTPUT"""

import sys


def main():
    program, output = sys.argv[1:]
    with open(program, 'rb') as f:
        image = f.read()
    rows = [','.join(str(byte) for byte in image[i:i + 32]) for i in range(0, len(image), 32)]
    with open(output, 'w', encoding='ascii') as f:
        f.write('/* Made by libcontain/init/embed.py. */\n'
                '#include <stddef.h>\n'
                'extern const unsigned char ct_init_program[];\n'
                'extern const size_t ct_init_program_size;\n'
                'const unsigned char ct_init_program[] = {\n' + ',\n'.join(rows) + '\n};\n'
                'const size_t ct_init_program_size = sizeof(ct_init_program);\n')


if __name__ == '__main__':
    main()
