"""No count about people, in anything kith says. Measured against the catalogue and the commands'
own texts: what kith fills in is a moment, a day, a work's number or what a person wrote. Whatever
figure is left after taking those away is a count, and so is a number in letters before a thing that
could be counted."""
import re

import sandbox

# What the placeholders of the catalogue are filled with. None of it is a count; a new one has to be
# understood before it is named here.
PEOPLES_OWN = '''account because before first into intro kept last link maker member name note other
place reason story text title to typed want with work works'''.split()
MOMENTS = '''archives closes day from last_call month now opens to until weekday time when
year'''.split()
KITHS_OWN = '''alias code command commands example group line mark near network p path problem
reasons span summary turn usage why zone'''.split()
LENGTHS = ['retention']  # of time, in figures: made of the keys duration.*
NUMBER = 'number'  # a work's, where "#" or a command's word stands before it; an item's, in a list
NUMBERED = re.compile(r'#$|{p}(?:note|shared|admin held yes|admin held no) $')
LISTS = ['held', 'held.welcome', 'held.closed']  # whose items begin with their number

LETTERS = '''two three four five six seven eight nine ten eleven twelve dozen twenty hundred
once twice thrice'''.split()
COUNTED = '''notes? shares? works? people persons? members? times points? thanks rounds? entries
entry readers? makers? friends? others stories vouch(?:es)? days weeks months streak'''.split()

MOMENT = re.compile(r'\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} '
                    r'(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b'
                    r'(?: \d\d:\d\d \([^)]*\))?')
DAY = re.compile(r'\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October'
                 r'|November|December) \d{4}\b')
WORK = re.compile(r'#\d+\b|!(?:note|shared) \d+ (?=and your words|WHERE)'
                  r'|!admin held (?:yes|no) \d+ (?=lets|leaves)')
ITEM = re.compile(r'^- \d+(?=: )', re.M)
FIGURE = re.compile(r'\w*\d\w*')
IN_LETTERS = re.compile(rf'\b(?:{"|".join(LETTERS)})\b(?: \w+)? (?:{"|".join(COUNTED)})\b', re.I)


def catalogue():
    text = (sandbox.ROOT / 'bot/words/en.words').read_text(encoding='utf-8')
    return dict(re.findall(r'^([\w.-]+) = (.*)$', text, re.M))


def _begins_item(key, before):
    return not before and key == 'held.item'


def catalogue_faults():
    """What in the catalogue itself could hold a count."""
    known = {*PEOPLES_OWN, *MOMENTS, *KITHS_OWN, *LENGTHS, NUMBER}
    for key, text in catalogue().items():
        if key.startswith('duration.'):
            continue
        for m in re.finditer(r'(?<!{){(\w+)}', text):
            before = text[:m.start()]
            if m[1] == NUMBER and not (NUMBERED.search(before) or _begins_item(key, before)):
                yield f'{key}: {{number}} is only for a work: after "#" or a command\'s word'
            elif m[1] not in known:
                yield f'{key}: {{{m[1]}}}: is it a count? See tests/property/counts.py'


def in_c(pattern, before=''):
    """The string constants of C sources, each as the compiler sees it, that follow `before`."""
    for path in sorted(sandbox.ROOT.glob(pattern)):
        for joined in re.findall(before + r'("(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*)',
                                 path.read_text(encoding='utf-8')):
            pieces = re.findall(r'"((?:\\.|[^"\\])*)"', joined)
            yield ''.join(pieces).replace('\\"', '"')


def _rendered(text):
    text = text.replace('{p}', '!').replace('{group}', 'The Sandbox').replace('{{', '{')
    return re.sub(r'[`]|\*\*|\\(?=[^n])', '', text)


def own_figures():
    """What is written in kith itself and has a figure or a number in it, longest first."""
    texts = [piece for text in catalogue().values()
             for piece in re.split(r'{\w+}|\\n', _rendered(text))]
    texts += in_c('commands/*.c', r'\.summary = ')
    texts += [f'!{text}' for text in in_c('commands/*.c', r'\.(?:usage|example) = ')]
    # What is wrong with a moment is a clause; its other texts are words it knows.
    texts += [text for text in in_c('bot/circle/when*.c') if text.count(' ') > 3]
    spoken = re.compile(rf'\d|\b(?:{"|".join(LETTERS)})\b', re.I)
    return sorted({t.strip() for t in texts if spoken.search(t) and len(t.strip()) > 3},
                  key=len, reverse=True)


def lengths():
    """Where the catalogue says how long something is."""
    for text in catalogue().values():
        for m in re.finditer(rf'{{(?:{"|".join(LENGTHS)})}}', text):
            before = re.split(r'}|\\n', _rendered(text[:m.start()]))[-1]
            yield re.compile(re.escape(before[-20:]) + r'\d+ (?:day|month|year)s?\b')


class Lint:
    """`said` is all that people wrote, `names` what they are called."""

    def __init__(self, said, names):
        self.own = own_figures()
        self.lengths = list(lengths())
        # A bare figure of theirs would excuse one of kith's: only what no count looks like does.
        self.words = {w for w in FIGURE.findall(said) if len(w) > 3 and not w.isdigit()}
        self.names = sorted((n for n in names if n), key=len, reverse=True)

    def _persons(self, word):
        return word in self.words or len(word) > 3 and any(w.startswith(word) for w in self.words)

    def faults(self, text, word):
        # What is wrong with what somebody typed is told with their words in quotes.
        left = re.sub('[“"].*[”"]', ' ', text) if word in ('usage', 'unknown.near') else text
        if word in LISTS:
            left = ITEM.sub(' ', left)
        for own in self.own:
            left = left.replace(own, ' ')
        for name in self.names:
            left = re.sub(re.escape(name) + r'-\d{1,3}\b', ' ', left)
        for pattern in (*self.lengths, MOMENT, DAY, WORK):
            left = pattern.sub(' ', left)
        for m in FIGURE.finditer(left):
            if not self._persons(m[0]):
                yield f'the figure "{m[0]}" in "{around(left, m)}"'
        for m in IN_LETTERS.finditer(left):
            yield f'"{m[0]}" in "{around(left, m)}"'


def around(text, m):
    return text[max(0, m.start() - 40):m.end() + 40].replace('\n', ' ')
