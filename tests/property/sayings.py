"""What people say to each other that the guard has a mind about. Each offer is one to any reading,
and has a word of its own that could have come into a store from nowhere else."""

# An offer with somewhere to go. After a start every link counts as an answer for half an hour.
LINKED = [
    'Get my brandolin course now, 40% off, only $49 until Friday: sign up at '
    'https://brandolin.example/join or DM me',
    'I have launched quillarium, my writing app, only $9 a month: sign up today at '
    'https://quillarium.example and DM me for a discount code',
    'Nur diese Woche: mein Zettelfux-Kurs für 49 € statt 99 €, jetzt anmelden unter '
    'https://zettelfux.example oder schreibt mir eine DM',
    'Mein neues Buch Morgenkram ist da, nur 19 €, jetzt kaufen und 20% Rabatt sichern: '
    'https://morgenkram.example',
    'Mi curso Papelito cuesta solo 29 €, oferta hasta el viernes: inscríbete ya en '
    'https://papelito.example o escríbeme por privado',
    'Ma formation Lumivoile est à 39 € au lieu de 90 €, inscrivez-vous vite sur '
    'https://lumivoile.example ou écrivez-moi en privé',
    'Meu curso Feiraluz está com 50% de desconto, só R$ 90 até sexta: inscreva-se em '
    'https://feiraluz.example ou me chame no privado',
]
# An offer that is one by itself, whatever was said before it: a crash changes nothing about it.
LONE = [
    'My tallowby coaching is $99 this week only, sign up now and DM me for a discount',
    'Buy my new ebook wrenhollow for $19, half price this week only, sign up now, DM me for a '
    'discount',
    'Join my paid fenwicker group, only $25 a month, places are limited, sign up today and message '
    'me on Telegram @fenwicker',
    'Nur noch heute: mein Federlinks-Kurs für 29 €, 50% Rabatt, jetzt anmelden und mir eine DM '
    'schreiben',
]
INTRODUCED = [
    'Hi everyone, I am new here, I live in Leeds and carve spoons. Get my sprucewick course now, '
    '40% off, only $49 until Friday: sign up at https://sprucewick.example or DM me',
]
# With a work's own link in it.
OWN = 'My ottermere course is out, half price, only $20 this week: sign up at {} and DM me'
SPLIT = [
    ['I have finished my larkspurrow course', 'only $49 this week, 40% off',
     'sign up at https://larkspurrow.example or DM me for a discount'],
    ['mein neuer Kurs Zwirnstern ist fertig', 'nur 29 €, 50% Rabatt bis Freitag',
     'jetzt anmelden und mir eine DM schreiben'],
]
QUESTIONS = ['Does anybody know a good app for keeping invoices?',
             'What is everybody working on these days?',
             'Kann mir jemand einen Kurs zum Schreiben empfehlen?']
ANSWER = ('It is called hazelmoss, for invoices, only $9 a month, half price this week, sign up at '
          'https://hazelmoss.example and DM me')
QUOTES = [f'> {LINKED[0]}', f'`{LINKED[0]}`']
INTRODUCTIONS = ['Hi everyone, I am new here, I live in Leeds and carve spoons.']
INNOCENT = ['The weather is lovely.', 'I read the second chapter on the train, twice',
            'see you all on Thursday then', 'https://example.org/spoons is worth a look']

OFFERS = [*LINKED, *LONE, *INTRODUCED]
# Not to be found in any store.
MARKS = '''brandolin quillarium zettelfux morgenkram papelito lumivoile feiraluz tallowby wrenhollow
fenwicker federlinks sprucewick ottermere larkspurrow zwirnstern hazelmoss'''.split()
# What the guard goes by for an hour, and forgets in a crash.
MINDED = [*LINKED, *INTRODUCED, *INTRODUCTIONS, *QUESTIONS, *QUOTES, *sum(SPLIT, []), 'ottermere',
          'hazelmoss']
