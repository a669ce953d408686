#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a program into a C file, as the bytes that the library puts in a memfd: embed.py PROGRAM OUTPUT NAME"""

import sys


def main():
    program, output, name = sys.argv[1:]
    with open(program, 'rb') as f:
        image = f.read()
    rows = [','.join(str(byte) for byte in image[i:i + 32]) for i in range(0, len(image), 32)]
    with open(output, 'w', encoding='ascii') as f:
        f.write('/* Made by libcontain/init/embed.py. */\n'
                '#include <stddef.h>\n'
                f'extern const unsigned char {name}[];\n'
                f'extern const size_t {name}_size;\n'
                f'const unsigned char {name}[] = {{\n' + ',\n'.join(rows) + '\n};\n'
                f'const size_t {name}_size = sizeof({name});\n')


if __name__ == '__main__':
    main()
