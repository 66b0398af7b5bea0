#include "pitch/fold.h"
#include "pitch/reading.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool asks(const char *text)
{
	struct fold f;
	fold_init(&f, text);
	bool said = reading_of(&f).asks;
	fold_done(&f);
	return said;
}

static bool introduces(const char *text)
{
	struct fold f;
	fold_init(&f, text);
	bool said = reading_of(&f).introduces;
	fold_done(&f);
	return said;
}

static const char *const questions[] = {
	"Does anyone know a good bookbinder?",
	"does anyone know a good bookbinder",
	"How do you price a commission?",
	"What do you use for newsletters?",
	"any recommendations for a microphone",
	"Morning! Has anybody here tried selling at a market?",
	"Which host would you pick for a small site?",
	"ben: could you recommend a printer that does not smear?",
	"I'm looking for advice on contracts.",
	"Is there a tool that resizes pictures in bulk?",
	"I have no idea how to start. Where do you find your first readers?",
	"Weiß jemand, wie man einen Podcast veröffentlicht?",
	"Womit schreibt ihr eure Rechnungen?",
	"Hat jemand einen Tipp für ein gutes Mikrofon",
	"Gibt es ein Programm, das Bilder verkleinert?",
	"¿Alguien sabe dónde imprimir carteles?",
	"Qué usan para las facturas?",
	"¿Cómo hacen para terminar un libro?",
	"Quelqu'un connaît un bon imprimeur ?",
	"Qu'utilisez-vous pour vos factures ?",
	"Comment faites-vous pour finir un livre ?",
	"Alguém conhece uma boa gráfica?",
	"O que vocês usam para fazer as faturas?",
	"Como vocês fazem para terminar um livro?",
	"Кто знает хорошую типографию?",
	"Подскажите, где печатать плакаты",
	"Какой микрофон посоветуете?",
	"next question. where do people buy boxes that survive the post",
	"so what do people pay for a good knife these days, and where",
	"looking for a place to sell the fox in town, where would you go?",
	"I need somebody who can fix a sewing machine, any ideas?",
	"What do you want to eat on Thursday?",
	"is that the right place to ask?",
	"what's the play?",
	"vous prenez combien pour une journée d'atelier?",
	"vous pouvez écouter et me dire si la fin tient ?",
	"me decís si el final se entiende?",
	"cuántas ovejas?",
	"Как вы решаете, что выбросить?",
};

static const char *const no_questions[] = {
	"",
	"How are you?",
	"Hi all, how is everyone today?",
	"Want to earn money from home?",
	"Need a website? Write to me for a quote.",
	"Do you struggle to find clients? I help trainers find people to train, book a call.",
	"I finished the chapter.",
	"What a morning!",
	"I know how it works now.",
	"Wie geht es euch?",
	"Willst du Geld verdienen?",
	"¿Cómo están?",
	"¿Quieres ganar dinero?",
	"Comment ça va ?",
	"Tudo bem?",
	"Quer ganhar dinheiro?",
	"Как дела?",
	"Хочешь зарабатывать больше?",
	"really?",
	"Looking to grow your business?",
	"That is where people buy boxes.",
};

static const char *const introductions[] = {
	"Hi everyone, I'm new here. I'm a potter from Leeds and I make bowls.",
	"Hello! My name is Ana, I write crime novels and live in Porto.",
	"Just joined, thanks for having me. I work as a nurse and paint in my spare time.",
	"A little about me: I've been building small games for ten years.",
	"Hallo zusammen, ich bin neu hier. Ich bin Illustratorin und wohne in Graz.",
	"Ich heiße Jonas und schreibe Kinderbücher. Ich arbeite als Lehrer.",
	"Hola a todos, soy nueva. Soy ceramista y vivo en Lima.",
	"Me llamo Pablo, escribo cuentos y trabajo en una librería.",
	"Bonjour à tous, je suis nouvelle ici. J'écris des nouvelles et j'habite à Lyon.",
	"Je m'appelle Zoé, je suis graphiste depuis dix ans.",
	"Oi gente, sou nova aqui. Sou ilustradora e moro em Recife.",
	"Meu nome é Rui, escrevo contos e trabalho numa livraria.",
	"hello all, I'm Mick, new here. I'm a photographer from Cork, I do weddings",
	"Hi all! I'm new here. I build small boats near Oslo and I've been reading along for a "
	"week, lovely group.",
	"Hello, I am Eve, I build small wooden boats in Bristol and have been reading along for a "
	"month.",
	"hello everybody, I'm Rosa, a teacher from Porto, I joined because ben told me about you.",
	"hallo zusammen, ich bin hanna und neu hier! ich töpfere seit zehn jahren in einem stall",
	"bonjour, je suis Noé, nouveau ici, j'écris des polars et j'habite à Brest.",
	"Hola a todas, soy nueva por aquí, tejo y vivo en Cuenca.",
	"Oi pessoal, sou novo na roda, desenho capas e moro em Braga.",
};

static const char *const no_introductions[] = {
	"",
	"Hi, I'm Ana.",
	"Hello everyone!",
	"new here",
	"I'm tired today.",
	"My chapter is done, I am so happy.",
	"Hallo, ich bin Jonas.",
	"Check out my channel",
	"Subscribe to my channel, new here",
	"Hola, soy Ana.",
	"Bonjour, moi c'est Zoé.",
	"Oi, sou a Ana.",
	"Hi, I'm Tom, I offer SEO from $49, DM me",
	"Hi, I'm Tom, I design logos from $49, DM me",
	"Hallo, ich bin Tom und biete SEO ab 49 Euro, schreibt mir",
	"Hola, soy Tomás, diseño logos desde 49 euros, escríbeme",
};

static void reading_asks__question__is_heard(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(questions); i++)
		if (!asks(questions[i]))
			fail_msg("%s", questions[i]);
}

static void reading_asks__small_talk_and_lures__are_none(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(no_questions); i++)
		if (asks(no_questions[i]))
			fail_msg("%s", no_questions[i]);
}

static void reading_asks__one_sentence_of_several__is_enough(void **state)
{
	assert_true(asks("How are you? Does anyone know a good bookbinder?"));
	assert_true(asks("Does anyone know a good bookbinder? How are you?"));
}

static void reading_introduces__newcomer__is_heard(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(introductions); i++)
		if (!introduces(introductions[i]))
			fail_msg("%s", introductions[i]);
}

static void reading_introduces__name_or_greeting_alone__is_not_enough(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(no_introductions); i++)
		if (introduces(no_introductions[i]))
			fail_msg("%s", no_introductions[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_asks__question__is_heard),
		cmocka_unit_test(reading_asks__small_talk_and_lures__are_none),
		cmocka_unit_test(reading_asks__one_sentence_of_several__is_enough),
		cmocka_unit_test(reading_introduces__newcomer__is_heard),
		cmocka_unit_test(reading_introduces__name_or_greeting_alone__is_not_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
