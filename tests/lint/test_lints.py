"""Every lint is quiet about a small sound tree, and finds each thing planted in it."""
import pathlib
import subprocess
import pytest

LINTS = pathlib.Path(__file__).parent

SOUND = {
    'README.md': '# Kith\n',
    'include/clock.h': '#ifndef A\n#define A\nint clock_wall(void);\n#endif\n',
    'include/command.h': '#ifndef B\n#define B\nvoid command_reply(int, const char *);\n#endif\n',
    'bot/base/clock.c': '#include "clock.h"\n\nint g_get_real_time(void);\n\n'
                        'int clock_wall(void)\n{\n\treturn g_get_real_time();\n}\n',
    'bot/base/text/text.h': 'int text_length(void);\n',
    'bot/store/db.h': 'void db_run(const char *);\n',
    'bot/store/db.c': '#include "store/db.h"\n#include <sqlite3.h>\n\n'
                      'void db_run(const char *sql)\n{\n\tsqlite3_sleep(sql != 0);\n}\n',
    'bot/circle/notes.h': 'void notes_add(void);\n',
    'bot/circle/notes.c': '#include "circle/notes.h"\n#include "store/db.h"\n\n'
                          'void notes_add(void)\n{\n\tdb_run("select 1");\n}\n',
    'bot/circle/when.c': '#include "base/text/text.h"\n\nint when_parse(void);\n',
    'bot/transport/irc/irc.c': '#include "clock.h"\n\nint irc_open(void);\n',
    'bot/transport/console/world.c': 'int world_new(void);\n',
    'commands/note.c': '#include "circle/notes.h"\n#include "command.h"\n\n'
                       'static void run(void)\n{\n\tcommand_reply(0, "note.kept");\n}\n\n'
                       'void (*const note)(void) = run;\nconst char *day = "weekday.";\n',
    'bot/words/en.words': '[words]\nnote.kept=Kept, and {maker} was told.\nweekday.1=Monday\n',
}

BUILD = '''\
rule cc
  command = gcc -Iinclude -Ibot -MD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
'''


class Tree:
    def __init__(self, folder):
        self.folder = folder
        subprocess.run(['git', 'init', '-q', folder], check=True)
        for name, text in SOUND.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def add(self, name, text):
        self.write(name, SOUND.get(name, '') + text)

    def build(self):
        """Builds every source, as far as ninja learns what each depends on."""
        rules = [BUILD]
        for source in sorted(self.folder.rglob('*.c')):
            name = source.relative_to(self.folder)
            rules.append(f'build .cache/{name}.o: cc {name}\n')
        self.write('.gitignore', '.cache\n.ninja*\nbuild.ninja\n')
        self.write('build.ninja', ''.join(rules))
        subprocess.run(['ninja', '-C', self.folder], check=True, capture_output=True)

    def lint(self, name):
        """(status, what it says)"""
        command = [LINTS / name, '--root', self.folder]
        if name == 'layers':
            self.build()
            command += ['--build', self.folder]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stderr == ''
        return done.returncode, done.stdout


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.mark.parametrize('name', ['layers', 'clock', 'allocator', 'sizes', 'headers', 'words',
                                  'stray'])
def test_sound_tree_passes(tree, name):
    assert tree.lint(name) == (0, '')


def long_function(lines):
    return 'void long_one(void)\n{\n' + '\t;\n' * (lines - 2) + '}\n'


REGISTRY = 'deb.' + 'debian.org'

# (lint, file, what is added to it, what the lint says of it)
PLANTED = [
    # A spelling that no include path forbids.
    ('layers', 'commands/note.c', '#include "../bot/store/db.h"\n',
     'commands may not see bot/store/db.h'),
    # By way of a header that may be seen.
    ('layers', 'bot/circle/notes.h', '#include "store/db.h"\n',
     'commands may not see bot/store/db.h'),
    ('layers', 'commands/note.c', '#include "base/loop.h"\n',
     'commands may not see bot/base/loop.h'),
    ('layers', 'bot/base/clock.c', '#include "store/db.h"\n', 'base may not see bot/store/db.h'),
    ('layers', 'bot/store/db.c', '#include "circle/notes.h"\n',
     'store may not see bot/circle/notes.h'),
    ('layers', 'bot/circle/when.c', '#include "store/db.h"\n',
     'its pure part may not see bot/store/db.h'),
    ('layers', 'bot/circle/notes.c', '#include "command.h"\n',
     'circle may not see include/command.h'),
    ('layers', 'bot/transport/irc/irc.c', '#include "command.h"\n',
     'irc may not see include/command.h'),
    ('layers', 'bot/transport/irc/irc.c', '#include "circle/notes.h"\n',
     'irc may not see bot/circle/notes.h'),
    ('layers', 'bot/transport/irc/irc.c', '#include "transport/console/world.h"\n',
     'irc may not see bot/transport/console/world.h'),
    ('layers', 'bot/circle/notes.c', '#include <sqlite3.h>\n', 'circle may not see <sqlite3.h>'),
    ('layers', 'bot/transport/irc/irc.c', '#include <curl/curl.h>\n',
     'irc may not see <curl/curl.h>'),
    ('layers', 'bot/base/clock.c', '#include <ini_configobj.h>\n',
     'base may not see <ini_configobj.h>'),
    ('layers', 'bot/circle/notes.c', '#include <jansson.h>\n', 'circle may not see <jansson.h>'),
    ('layers', 'bot/transport/console/world.c', '#include <libircclient.h>\n',
     'console may not see <libircclient.h>'),
    ('layers', 'bot/store/db.c', 'typedef int GMainContext;\n',
     'GMainContext is for bot/base/loop.c'),
    ('layers', 'bot/plugins/new.c', 'int new_one(void);\n',
     'bot/plugins/new.c:1: belongs to no layer'),

    ('clock', 'bot/store/db.c', 'int a = time(NULL);\n', 'bot/store/db.c:8: time( asks for'),
    ('clock', 'commands/note.c', 'int a = g_get_real_time();\n', 'g_get_real_time asks for'),
    ('clock', 'commands/note.c', 'void *a = g_date_time_new_now_utc();\n', 'asks for'),
    ('clock', 'bot/net/http.c', 'int a = clock_gettime(0, 0);\n', 'clock_gettime( asks for'),
    ('clock', 'bot/circle/notes.c', 'const char *a = "x DEFAULT CURRENT_TIMESTAMP";\n',
     'CURRENT_TIMESTAMP asks for'),
    ('clock', 'bot/store/schema/001.sql', "SELECT strftime('%s', 'now');\n",
     "'now' asks for"),
    ('clock', 'bot/circle/notes.c', 'int a = clock->wall_us(clock);\n', 'asks for'),
    ('clock', 'commands/note.c', 'int a = clock_real();\n', 'asks for'),

    ('allocator', 'bot/store/db.c', 'char *a = strdup("");\n', 'bot/store/db.c:8: strdup'),
    ('allocator', 'commands/note.c', 'void *a = malloc (3);\n', 'malloc: use g_new'),
    ('allocator', 'commands/note.c', 'void (*a)(void *) = free;\n', 'free: use g_new'),
    ('allocator', 'include/clock.h', 'int asprintf(char **, const char *, ...);\n', 'asprintf'),

    ('sizes', 'bot/store/long.c', long_function(101), 'long_one has 101 lines, 100 at most'),
    ('sizes', 'bot/store/long.c', '\n' * 801, '801 lines, 800 at most'),
    ('sizes', 'commands/long.c', '\n' * 151, '151 lines, 150 at most'),
    ('sizes', 'bot/store/long.c', '\t/* ' + 'x' * 90 + ' */\n', '104 columns, 100 at most'),
    ('sizes', 'deploy/long', '#!/bin/sh\n: ' + 'x' * 99 + '\n', '101 columns, 100 at most'),

    ('headers', 'bot/store/alone.h', 'int64_t alone(void);\n', 'does not compile alone'),

    ('words', 'commands/note.c', 'void a(int d) { draft_say(&d, "note.lost", NULL); }\n',
     'commands/note.c:11: the catalogue has no note.lost'),
    ('words', 'commands/note.c', 'const char *const keys[] = { "note.lost" };\n',
     'commands/note.c:11: the catalogue has no note.lost'),
    ('words', 'commands/note.c', 'char *a = words_say_n(f(1, 2), "note.kept", 3, NULL);\n',
     'the catalogue has no note.kept.one'),
    ('words', 'commands/note.c',
     'void a(int b) { command_usage(b, b ? "note.kept" : "note.own"); }\n',
     'the catalogue has no note.own'),
    ('words', 'commands/note.c', 'void a(int d) { draft_say(&d, "usage", NULL); }\n',
     'the catalogue has no usage'),
    ('words', 'bot/words/en.words', 'note.old=Nobody says this.\n', 'note.old is never said'),
    ('words', 'bot/words/en.words', 'note.kept=Again.\n', 'note.kept stands here a second time'),
    ('words', 'bot/words/en.words', 'weekday.2=You gave {count}\n', '"{count}" counts or ranks'),
    ('words', 'bot/words/en.words', 'weekday.2=Ana: {n} notes\n', '"{n} notes" counts or ranks'),
    ('words', 'bot/words/en.words', 'weekday.2=A streak!\n', '"streak" counts or ranks'),
    ('words', 'bot/words/en.words', 'weekday.2=The most generous.\n', '"most" counts or ranks'),

    ('stray', 'bot/store/db.c', '/* TO' 'DO later */\n', 'bot/store/db.c:8: "TO' 'DO": unfinished'),
    ('stray', 'bot/store/db.c', '/' '/ remark\n', 'comments are written /* */'),
    ('stray', 'README.md', 'See /ho' 'me/ana/kith.\n', 'a path of one machine'),
    ('stray', 'README.md', f'From {REGISTRY}.\n', 'the host of a package registry'),
    ('stray', 'README.md', 'Two lines \n', 'README.md:2: " ": white space at the end'),
    ('stray', 'README.md', 'No end', 'no line end at the end of the file'),
    ('stray', 'Makefile', 'all:\n', 'Makefile has no place at the top'),
]


@pytest.mark.parametrize('lint, name, added, says', PLANTED,
                         ids=[f'{lint}-{i}' for i, (lint, *_) in enumerate(PLANTED)])
def test_planted_fault_is_found(tree, lint, name, added, says):
    tree.write('bot/base/loop.h', 'struct loop;\n')
    tree.write('bot/transport/console/world.h', 'struct world;\n')
    tree.add(name, added)
    status, out = tree.lint(lint)
    assert status == 1
    assert says in out


# (lint, file, what is added to it): looks like a fault and is none
HARMLESS = [
    ('clock', 'bot/store/db.c', '/* like time(2) */\nint a = words_time(3) + e.time(4);\n'),
    ('clock', 'bot/base/loop.c', 'long a = g_get_monotonic_time();\n'),
    ('clock', 'bot/transport/irc/irc.c', 'long a = clock->mono_us(clock);\n'),
    ('allocator', 'bot/store/db.c',
     '/* malloc( */\nint a = g_free(x) + db_free(y) + z->free(w);\n'),
    ('allocator', 'bot/store/db.c', 'const char *a = "free to go";\n'),
    ('sizes', 'bot/store/long.c', long_function(100)),
    ('words', 'commands/note.c', 'void a(const char *key) { command_reply(0, key); }\n'),
    ('stray', 'bot/store/db.c', 'const char *a = "https:/' '/example.org/work/3";\n'),
    ('layers', 'bot/circle/notes.c', '#include "base/text/text.h"\n'),
]


@pytest.mark.parametrize('lint, name, added', HARMLESS,
                         ids=[f'{lint}-{i}' for i, (lint, *_) in enumerate(HARMLESS)])
def test_harmless_is_let_pass(tree, lint, name, added):
    tree.add(name, added)
    assert tree.lint(lint) == (0, '')


def test_a_source_outside_the_build_is_found(tree):
    tree.build()
    tree.write('bot/store/late.c', 'int late(void);\n')
    done = subprocess.run([LINTS / 'layers', '--root', tree.folder, '--build', tree.folder],
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, 'bot/store/late.c:1: is not part of the build\n')
