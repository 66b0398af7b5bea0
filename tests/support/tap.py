#!/usr/bin/env python3
"""Says in TAP what other runners found, test by test.
    tap.py meson testlog.json     each function of a cmocka program, or each program that has none
    tap.py junit results.xml      each test of pytest, which has told of failures itself"""
import json
import re
import sys
import xml.etree.ElementTree


def cmocka(text):
    """{name: verdict} from cmocka's own report. It lists failures a second time at its end."""
    return {m[2]: m[1] for m in re.finditer(r'^\[ *(OK|FAILED|SKIPPED) *\] (\w+)$', text, re.M)}


def meson(path):
    with open(path, encoding='utf-8') as log:
        for program in map(json.loads, log):
            name = program['name'].split(' / ')[-1]
            text = program.get('stdout', '') + program.get('stderr', '')
            functions = cmocka(text)
            failed = program['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP')
            if failed:
                yield from text.split('\n')
            for function, verdict in functions.items():
                if verdict == 'SKIPPED':
                    yield f'ok - {name}: {function} # SKIP by itself'
                else:
                    yield f'{"ok" if verdict == "OK" else "not ok"} - {name}: {function}'
            if program['result'] == 'SKIP':
                yield f'ok - {name} # SKIP by itself'
            elif failed and 'FAILED' not in functions.values():
                yield f'not ok - {name}: {program["result"]}, status {program["returncode"]}'
            elif not failed and not functions:
                yield f'ok - {name}'


def junit(path):
    for case in xml.etree.ElementTree.parse(path).iter('testcase'):
        name = f'{case.get("classname")}.{case.get("name")}'
        skipped = case.find('skipped')
        if case.find('failure') is not None or case.find('error') is not None:
            yield f'not ok - {name}'
        elif skipped is not None:
            yield f'ok - {name} # SKIP {skipped.get("message")}'
        else:
            yield f'ok - {name}'


kind, path = sys.argv[1:]
lines = list({'meson': meson, 'junit': junit}[kind](path))
print('\n'.join(lines))
sys.exit(any(line.startswith('not ok') for line in lines))
