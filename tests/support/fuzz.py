#!/usr/bin/env python3
"""fuzz.py BUILD SECONDS: runs every fuzz target of a build, as many at once as there are cores.
What a target learns stays in BUILD/found; an input that breaks it is kept there too, and named."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

build, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
corpora = pathlib.Path(__file__).resolve().parents[1] / 'fuzz' / 'corpus'


def fuzz(program):
    name = program.name.removeprefix('fuzz_')
    learnt = build / 'found' / name
    learnt.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [program, f'-max_total_time={seconds}', '-timeout=10', '-print_final_stats=1',
         f'-artifact_prefix={build}/found/{name}-', learnt, corpora / name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors='replace')


targets = json.loads(subprocess.run(['meson', 'introspect', '--targets', build], check=True,
                                    capture_output=True, text=True).stdout)
programs = sorted(pathlib.Path(target['filename'][0]) for target in targets
                  if target['type'] == 'executable' and target['name'].startswith('fuzz_'))
failed = False
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for program, done in zip(programs, pool.map(fuzz, programs)):
        if done.returncode:
            failed = True
            print(done.stdout)
            print(f'not ok - {program.name}; once mended, its input belongs into tests/fuzz/corpus')
        else:
            print(f'ok - {program.name}')
sys.exit(failed)
