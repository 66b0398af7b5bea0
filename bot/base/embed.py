#!/usr/bin/env python3
"""embed.py NAME OUT FILE...: writes the files as C, const struct embedded NAME[]."""
import pathlib
import sys

name, out, *paths = sys.argv[1:]
lines = ['#include "base/embedded.h"', '', f'const struct embedded {name}[] = {{']
for path in map(pathlib.Path, paths):
    text = path.read_bytes()
    lines.append(f'\t{{ "{path.name}", (const char[]){{')
    for i in range(0, len(text), 16):
        lines.append('\t\t' + ' '.join(f'{b},' for b in text[i:i + 16]))
    lines.append(f'\t\t0 }}, {len(text)} }},')
lines += ['\t{ NULL, NULL, 0 },', '};', '']
pathlib.Path(out).write_text('\n'.join(lines))
