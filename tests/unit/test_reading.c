#include "pitch/reading.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Offers as people make them, loud and polite, in six languages. */
static const char *const pitches[] = {
	"Hi everyone, I edit non-fiction manuscripts. I have room for two more books this autumn, "
	"so if yours is nearly done, drop me a line and I will read ten pages for nothing.",
	"Good evening all. We print tote bags and shirts for small brands, minimum order of ten "
	"pieces. Happy to put together a quote for anybody here.",
	"I hope it is all right to mention it here: from next month I run a small writing retreat "
	"in Wales, and four rooms are still free. More on retreat.example",
	"Hey makers! My wife and I have been developing a planner for freelancers and it is "
	"finally out. Have a peek at planwell.example, we would love your orders.",
	"Sharing our latest drop: hand dyed yarn in six autumn colours, 10% off for you lot with "
	"GROUP10.",
	"Would any of you be open to a fifteen minute call? I advise small shops on shipping costs "
	"and usually find a few hundred euros.",
	"If your site is slow, I can fix that. Fixed price, done in three days. My portfolio: "
	"speedy.example",
	"I teach watercolours online on Sunday mornings, new term starts in January, places for "
	"eight people. Write to me if you fancy it.",
	"Our studio has just opened bookings for spring weddings, so if you or a friend is getting "
	"married, we'd be honoured to take the pictures.",
	"Looking for beta readers who would also be willing to leave a review on Amazon when the "
	"book comes out next week. Here's the preorder link: https://a.example/b",
	"we just hit 500 members in our slack for indie founders, request access at "
	"indie.example/slack and say I sent you",
	"I made a course about pricing for creatives, it has helped over 200 people charge more. "
	"The link is in my profile.",
	"The doors to my autumn programme close on Friday. If you have been on the fence, this is "
	"your sign.",
	"hey can u guys go watch my newest vid and tell ur friends, trying to hit 1k",
	"My band plays in Leeds on the 4th, tickets from six quid, bring your mates! "
	"https://tickets.example/x",
	"Every month I send out a letter on running a one-person business. You can get it here: "
	"letters.example",
	"Investors wanted: we are opening a small round for our seaweed snack, minimum ticket 5k, "
	"ping me for the memorandum.",
	"f r e e  logo for the first ten people, d.m me",
	"S​ign up to my ch​annel for daily tips, link in bio",
	"Ich habe gerade meinen neuen Onlinekurs zum Thema Steuern für Kreative veröffentlicht, "
	"mit dem Code RUNDE gibt es 20 % Rabatt.",
	"Falls ihr noch jemanden für eure Buchhaltung sucht: ich übernehme das gerne, schreibt mir "
	"einfach.",
	"Hallo in die Runde, ich fotografiere Produkte für kleine Shops. Im November hätte ich "
	"noch drei Termine frei.",
	"Unser Laden hat jetzt auch einen Onlineshop, schaut doch mal rein: laden.example, Versand "
	"diese Woche gratis.",
	"Ich möchte euch auf mein Seminar am 12. hinweisen, es sind noch ein paar Plätze da. "
	"Anmeldung über die Website.",
	"Liebe Gruppe, ich suche Mitstreiter für ein Network im Bereich Wellness, flexible "
	"Arbeitszeiten und sehr gute Verdienstmöglichkeiten.",
	"Moin, ich baue Websites für Vereine und kleine Firmen, ab 600 Euro. Referenzen auf "
	"web.example",
	"Hola, diseño logotipos y tarjetas para negocios pequeños, trabajo rápido y buenos "
	"precios. Escríbanme si les hace falta algo.",
	"Chicas, ya está lista la nueva colección de aretes, hago envíos a todas partes, pregunten "
	"sin compromiso.",
	"Me gustaría presentarles mi programa de acompañamiento para autores. La primera sesión "
	"corre por mi cuenta.",
	"Acabo de publicar mi libro de cuentos, lo encuentran en Amazon, ojalá lo compren y me "
	"dejen una reseña.",
	"Doy clases de guitarra online, cupo para tres alumnos nuevos, primera clase de prueba sin "
	"costo.",
	"Bonjour, je suis photographe et je propose des séances pour vos produits, tarifs doux "
	"pour les membres du groupe.",
	"J'ai ouvert ma petite boutique de savons artisanaux, passez y jeter un œil, -10 % avec le "
	"code AMIS.",
	"Mon podcast sur l'écriture vient de démarrer, abonnez-vous et laissez-moi cinq étoiles !",
	"Je lance un groupe d'entraide payant pour freelances, 29 € par mois, il reste six places, "
	"contactez-moi.",
	"Si certains d'entre vous cherchent à déléguer leur comptabilité, mon cabinet serait ravi "
	"de vous accompagner.",
	"Gente, comprei minha bolsa nessa loja e estou encantada, chegou em dois dias e a "
	"qualidade surpreende. Vejam lá: bolsas.example",
	"Meninas, esse creme salvou minha pele! Peguei com desconto no site deles, aproveitem "
	"enquanto tem.",
	"Quem procura presente de Natal: as canecas da loja Bela são lindas, atendimento nota dez "
	"e entrega super rápida, recomendo demais!",
	"Eu não acreditava, mas o método funciona: em três semanas já faturei mais de mil reais. O "
	"link do curso tá aqui.",
	"Faço ensaios fotográficos para pequenas marcas, orçamento pelo direct.",
	"Abri inscrições para minha turma de escrita criativa, só oito vagas, me chamem.",
	"Já é minha terceira compra com eles e sempre chega certinho, produto original e preço "
	"ótimo. Usem o cupom AMIGA15.",
	"Olá a todos, sou contabilista e ajudo freelancers com o IRS. Se precisarem, estou ao "
	"dispor para uma conversa.",
	"Делаю сайты для небольших компаний, недорого и быстро, примеры в профиле, пишите.",
	"Ребята, запустил свой канал про маркетинг, буду рад подписке.",
	"Evening! I produce podcasts for people who hate editing. First episode costs you nothing.",
	"I sell refurbished laptops, good for students, from 180 euros. Pictures on request.",
	"Dear all, our coworking space has three desks left, members of this group get the first "
	"month free.",
	"We are a small roastery and would be thrilled if you tried our coffee; samples go out on "
	"Monday, just tell me your address.",
	"New tune up on soundcloud, tell me what u think and repost it pls",
	"guys my stream starts in 10 min come hang out",
	"I have written a workbook for people who want to finish their novel. It is 12 dollars on "
	"gumroad and there are 30 copies signed.",
	"Has your website been touched since 2015? I redesign small business sites. Ask me for "
	"three examples.",
	"Hi folks, just dropping this here: weekly mastermind, paid, starts in March, apply "
	"through the form.",
	"Anybody here into forex? I've been following a trader who pays out every week, message me "
	"and I'll add you to the group.",
	"I'd be grateful if you shared my crowdfunding page with your friends, we need 2,000 more "
	"by Sunday.",
	"Pardon the interruption, I represent a printing house in Poland and we are looking for "
	"partners in the UK.",
	"G r e a t  d e a l on followers, te1egram @growfast",
	"I design book covers and love working with first-time authors. My next free week is the "
	"second in May.",
	"Hallo, mein Name ist Petra und ich bin Hypnosecoach. Gerne schenke ich euch eine "
	"Probesitzung, meldet euch!",
	"Wir drucken Flyer und Visitenkarten, für Mitglieder hier 15 Prozent günstiger. Angebot "
	"per Mail.",
	"Neues Album draußen! Hört rein und sagt es weiter: https://band.example",
	"Suche Testkunden für mein neues Ernährungsprogramm, 50 % auf den regulären Preis.",
	"Wer Lust auf ein zweites Einkommen hat, kann sich gern bei mir melden, alles online und "
	"ohne Risiko.",
	"¿Alguien necesita un contador? Tengo tarifas especiales para emprendedores, les paso mi "
	"número por privado.",
	"Estamos recaudando fondos para nuestro documental, cualquier aporte suma: "
	"https://aporta.example",
	"Abrimos las inscripciones para el diplomado, quedan pocos cupos, más información en la "
	"página.",
	"Bonsoir, je fabrique des étagères sur mesure, devis rapide, photos sur mon site.",
	"Pour ceux que ça intéresse, j'anime un atelier d'écriture samedi, 35 euros, inscription "
	"par message.",
	"Votez pour notre projet s'il vous plaît, il nous manque cent voix !",
	"Amei meu vestido novo da loja Flor, veste super bem e o preço é ótimo, corram no site que "
	"tá acabando!",
	"Meu marido desconfiou, mas a air fryer chegou em três dias, embalada direitinho. Loja "
	"séria, podem ir sem medo.",
	"Estou usando esse sérum há um mês e minhas manchas sumiram. Comprei pelo Instagram "
	"@pele.example",
	"Gente que curso maravilhoso, já vendi três bolos com o que aprendi, vale cada centavo.",
	"Precisando de notebook? A Tech Loja me atendeu super bem, parcelaram em dez vezes e ainda "
	"ganhei a capa.",
	"Sou nutricionista e atendo online, quem quiser marcar é só me chamar.",
	"Lancei meu e-book de receitas sem glúten, tá com valor promocional até domingo.",
	"Hello all, I keep bees near York and jars of this year's honey can be collected or "
	"posted. Tell me how many you'd like.",
	"Afternoon. For those of you with a mailing list: I write welcome sequences that sound "
	"like you. Two spaces this month.",
	"My new crime novel is free on Kindle until Sunday, grab a copy and tell your book club.",
	"Some of you mentioned burnout. I run a six week programme for exactly that, happy to tell "
	"you more in private.",
	"our discord for writers just opened, everybody welcome, weekly sprints and critique, "
	"discord.gg/abc",
	"Never chase a client again: our app sends the reminders. Fourteen days to try, no card.",
	"Looking to sublet my studio, 250 a month, light and quiet, message me for photos.",
	"I'm new and excited to connect. I'm a LinkedIn ghostwriter and I'm offering three of you "
	"a free profile makeover.",
	"Win a copy of my cookbook: like the post, follow the page and tag two friends.",
	"Professional voice over, English and Welsh, quick turnaround, fair rates, demos at "
	"voice.example",
	"Wir veranstalten im Mai ein Wochenende für Gründerinnen, Frühbucher zahlen 190 Euro, "
	"Infos auf unserer Seite.",
	"Ich vermittle euch gern an meinen Finanzberater, er hat mir 12 % im Jahr gebracht.",
	"Kennt ihr schon meinen Kanal? Jeden Freitag ein neues Tutorial, ich freue mich über jedes "
	"Abo.",
	"Für alle, die keine Lust auf Steuererklärung haben: unsere Software macht das in einer "
	"Stunde, jetzt 30 Tage testen.",
	"Vendo mi cámara casi nueva, precio a convenir, mándenme mensaje.",
	"Síganme en Instagram, subo consejos de escritura todos los días.",
	"Emprendedoras: mi masterclass gratuita es el viernes, les dejo el enlace para "
	"registrarse.",
	"Salut ! On cherche des testeurs pour notre appli de budget, en échange trois mois "
	"offerts.",
	"Ma collection de printemps est arrivée, livraison offerte dès 50 euros, lien en bio.",
	"Je peux relire vos manuscrits, 4 euros la page, réponse sous 48 h.",
	"Alguém aí quer renda extra? Trabalho duas horas por dia pelo celular e tiro três mil por "
	"mês.",
	"Que atendimento maravilhoso dessa floricultura! Pedi de manhã e à tarde minha mãe já "
	"estava com o buquê. Super indico.",
	"Depois que conheci esse suplemento minha disposição mudou, e com meu código vocês ganham "
	"10%.",
	"Passando pra mostrar as novidades da loja: tênis a partir de 99, todos os números, "
	"entrego hoje.",
	"Sigam minha página de receitas, todo dia uma nova!",
	"Провожу онлайн-уроки английского, первое занятие бесплатно, места ещё есть.",
	"Нужны два человека на удалёнку, обучение за наш счёт, писать в личные сообщения.",
	"everyone is welcome in our telegram group, join now and get the free ebook "
	"https://t.example/ebook",
	"Komm in unsere kostenlose Telegram-Gruppe und lerne, wie du online Geld verdienst: "
	"https://t.example/reich",
	"Rejoignez notre groupe Telegram gratuit et apprenez à gagner de l'argent en ligne : "
	"https://t.example/riche",
	"Únete a nuestro grupo gratis de Telegram y aprende a ganar dinero en línea: "
	"https://t.example/rico",
	"Entre no nosso grupo gratuito do Telegram e aprenda a ganhar dinheiro online: "
	"https://t.example/rico",
	"One of the two places is taken now. If you are thinking about handing over your "
	"bookkeeping, I would be glad to hear from you at grace@ledger.example.",
	"If you are considering a new kitchen, please get in touch at jo@oak.example.",
	"I started a newsletter, subscribe at https://letter.example",
};

/* What a group of makers says all day: prices, launches, other people's work, feedback on sales
 * copy, an offer shown or mocked, the group's own calls. */
static const char *const innocent[] = {
	"I charge 90 an hour for editing and still feel guilty about it.",
	"We raised the price to 49 and nobody complained, so maybe we were too cheap.",
	"How much would you ask for a logo with three revisions? The client offered 300.",
	"My newsletter lost ten subscribers after the last issue, was it too long?",
	"I am launching on Tuesday and I am terrified. What did you wish you had known?",
	"Could you all have a look at my sales page and tell me where you stop reading? "
	"https://me.example/sales",
	"Your offer page says \"limited spots\" three times, I would cut two of them.",
	"The button \"Buy now\" is too loud for a meditation course, try something softer.",
	"Sign up for Thursday's call in the sheet please, we still have two slots for the hot "
	"seat.",
	"Great piece by Nina on free trials: https://nina.example/trials. Her point about credit "
	"cards is the best I have read.",
	"Got another one of those \"we can double your revenue\" mails today. Delete.",
	"\"Only 3 seats left! Act now!\" - who still falls for this?",
	"I always wonder whether people who write \"check out my channel\" ever get a single "
	"viewer.",
	"You asked about hosting: I use this one, 5 euros a month, never had trouble: "
	"https://host.example",
	"The tool Mara mentioned is https://tool.example, they have a free plan.",
	"I need help with my launch: should the early bird discount go to the list first or to "
	"everybody at once?",
	"Is it normal that half of the people on a waitlist never buy?",
	"I subscribed to his channel last year, the one on bookbinding is wonderful.",
	"Reminder: send your numbers to Jo by Friday, the meeting link is in the topic.",
	"We moved the call to 18:00, register in the calendar if you want to lead it.",
	"I finished the draft of my book, 300 pages, and now I cannot look at it any more.",
	"My shop made its first sale yesterday, to a stranger in Norway!",
	"I dropped my course price to 79 and sales went down, explain that to me.",
	"Which payment provider do you use for subscriptions? I would like one without monthly "
	"fees.",
	"Do you think a money back guarantee helps or does it look desperate?",
	"My client wants a discount because he found somebody on Fiverr for 20 dollars.",
	"I hate writing \"click here to get your free guide\", it sounds like a scam.",
	"I was going to offer a free workshop but nobody in my town answers mails.",
	"Thanks for the feedback on my landing page, I took out the countdown and the "
	"testimonials.",
	"The affiliate programme of that bookstore pays 5%, is it worth the trouble?",
	"I spent the week on my portfolio site, mostly deleting things.",
	"Can someone recommend a good accountant for freelancers in Berlin?",
	"I unsubscribed from every marketing newsletter today and my inbox is quiet.",
	"If anyone is interested in the notes from the talk, I put them in the shared folder.",
	"Anyone want to join me for a co-working hour tomorrow at 10?",
	"My friend Tom opened a bakery last month and I am so proud of him.",
	"I watched his masterclass and honestly the free videos say the same.",
	"Let me know if you want me to read your chapter before Thursday.",
	"I can help you with the css tonight if you like.",
	"I make ceramic bowls and sell them at two markets a year, that is enough for me.",
	"Our team got the grant, we can pay the illustrator now.",
	"He promised me 10k followers in a week, I asked him for a refund before I paid.",
	"What do you all do when a customer wants a refund after three months?",
	"I think the word \"exclusive\" in the headline cheapens it, and \"free\" appears four "
	"times.",
	"Please be gentle: this is the first version of my pitch, thirty seconds, for Saturday's "
	"fair.",
	"I am thinking of hiring an assistant for ten hours a week, has anybody done that?",
	"Do I need to register as a business if I earn less than 1000 a year with my prints?",
	"The workshop you ran on Sunday was worth every cent, thank you.",
	"Ich nehme 80 Euro die Stunde, aber ich habe auch zehn Jahre gebraucht, um das zu sagen.",
	"Wir haben den Preis auf 49 erhöht und es hat sich niemand beschwert.",
	"Schon wieder so eine Mail: \"Verdoppeln Sie Ihren Umsatz in 30 Tagen\". Gelöscht.",
	"Kann jemand mal auf meine Verkaufsseite schauen? Ich glaube, der Rabatt oben wirkt "
	"billig.",
	"Welchen Newsletterdienst benutzt ihr? Ich hätte gern einen ohne Abo.",
	"Tragt euch bitte bis Mittwoch in die Tabelle ein, wer den heißen Stuhl will.",
	"Ich habe meinen Shop heute geschlossen, es war einfach zu viel neben der Arbeit.",
	"Der Artikel von Anna über Honorare ist klasse: https://anna.example/honorare",
	"Bei dem Satz \"nur noch heute\" würde ich sofort wegklicken.",
	"Ein Kunde will 30 % Rabatt, weil er drei Bilder nimmt. Was würdet ihr machen?",
	"Mein Kurs startet am Montag und ich habe erst vier Anmeldungen, langsam werde ich nervös.",
	"Cobro 40 por hora y una clienta me dijo que es caro, ¿ustedes qué harían?",
	"Otra vez el mensaje de \"gana dinero desde casa\", ya van tres esta semana.",
	"Vendí dos tazas en el mercado y compré más arcilla, así va el negocio.",
	"Para la tienda yo uso esta plataforma, cuesta 10 al mes: https://t.example",
	"Apúntense en la hoja para la llamada del jueves, por favor.",
	"Tu página de ventas repite mucho la palabra gratis, yo la quitaría.",
	"Je facture 50 euros de l'heure, vous trouvez ça trop cher ?",
	"Encore un message « devenez riche en 30 jours », j'ai bloqué.",
	"Ta page de vente est claire, mais l'offre arrive trop tard à mon avis.",
	"Inscrivez-vous dans le tableau pour la séance de jeudi.",
	"J'ai baissé le prix de ma formation et les ventes n'ont pas bougé.",
	"Quel outil utilisez-vous pour votre newsletter ? Le mien est devenu payant.",
	"Cobro 150 por página e ainda acho pouco, vocês cobram quanto?",
	"Recebi de novo aquela mensagem \"ganhe dinheiro sem sair de casa\", que preguiça.",
	"Comprei uma impressora nova e ela já quebrou, alguém sabe onde consertar?",
	"Sua página de vendas está boa, só tiraria o \"últimas vagas\".",
	"Coloquem na planilha quem vai falar na reunião de quinta.",
	"Minha loja vendeu pouco este mês, acho que vou baixar os preços.",
	"Chegou meu livro da gráfica, estou olhando para ele há uma hora.",
	"Сколько вы берёте за сайт? Клиент предложил 500 и просит скидку.",
	"Опять прислали «заработок без вложений», удалил.",
	"Подняла цену на консультации до 50, и никто не ушёл.",
	"Does \"risk free\" sound dated to you? My copywriter insists on it.",
	"I'm thinking about a membership instead of single sales, 15 a month. Has anyone gone that "
	"way?",
	"Your newsletter on Tuesday was brilliant, I forwarded it to my sister.",
	"Let's not do the discount this Christmas, last year only the people who would have paid "
	"anyway bought.",
	"The guy at the fair offered me 20% commission and I said no, felt wrong.",
	"Anybody else getting LinkedIn messages like \"I help coaches scale to 10k months\"? I "
	"reply with pictures of my dog.",
	"Somebody keeps posting \"earn 500 a day from home\" in our neighbours' group, how do you "
	"get rid of that?",
	"I'd love it if somebody read my product description before I publish it tonight.",
	"Your first paragraph promises a free guide, but the link goes to the checkout.",
	"I looked at five booking tools, the cheapest is 9 a month, the one with reminders is 19.",
	"You can get the template from the library, it's free, no sign up: https://lib.example/t",
	"I'm giving up on Instagram. Three years, 400 followers, zero sales.",
	"We have room for one more in the hot seat on Thursday, who wants it?",
	"Please download the agenda before the call, it is in the folder.",
	"My accountant says I should charge VAT on workshops, is that right?",
	"Sold out! All forty prints, in two days. I can't believe it.",
	"I bought her course last year, half of it was upselling.",
	"Check out the talk Ben posted on Monday, especially the part about pricing by value.",
	"Would you trust a site that says \"as seen on TV\"?",
	"I wrote three versions of the call to action: subscribe, read along, stay in touch. Which "
	"feels least pushy?",
	"It is my job to write ads all day and I still can't write one for myself.",
	"Can I pay you for an hour of your time to look at my taxes?",
	"For invoices, I went with Plain Books. The free tier was enough for the first year.",
	"My web shop was down all weekend because the certificate expired.",
	"They want me to work for exposure again. I sent my rates and heard nothing.",
	"Join us on the second floor, the room downstairs is taken.",
	"If you need a lift on Saturday, let me know, I have two seats.",
	"The launch mail goes out at nine, wish me luck!",
	"I feel like a fraud every time I write \"book a call\".",
	"The offer was fine, the delivery was late, and the refund took six weeks.",
	"Hat jemand Erfahrung mit Steady oder Patreon? Die Gebühren sind ja ziemlich verschieden.",
	"Deine Überschrift \"Jetzt kostenlos testen\" würde ich rausnehmen, der Rest ist stark.",
	"Mein Stundensatz war jahrelang zu niedrig, gestern habe ich ihn endlich verdoppelt.",
	"Ich überlege, ob ich den Workshop gratis anbiete oder lieber 20 Euro nehme.",
	"Bei mir hat heute jemand angerufen und wollte mir \"Leads\" verkaufen. Aufgelegt.",
	"Estoy pensando en regalar el primer capítulo, ¿sirve de algo o atrae solo a curiosos?",
	"Me escribió un tal coach prometiendo duplicar mis ventas, lo bloqueé.",
	"El curso de Marta me ayudó mucho con las fotos, gracias por recomendarlo.",
	"Je pensais offrir une séance gratuite, mais j'ai peur que ça attire les mauvaises "
	"personnes.",
	"La pub disait « gratuit pendant 30 jours » et ils m'ont débité le lendemain.",
	"J'ai trouvé un article sur les prix psychologiques, je vous le mets dans le dossier.",
	"Vocês acham que vale a pena pagar anúncio no Instagram? Gastei 100 e não vendi nada.",
	"Perdi uma encomenda grande hoje porque o correio atrasou, que raiva.",
	"O texto tá bom, mas \"compre já\" três vezes cansa.",
	"Comprei o livro que a Ana indicou e li em dois dias, obrigada!",
	"Подумываю сделать вебинар бесплатным, но боюсь, что придут только любопытные.",
	"Is honey allowed in the post? I want to send two jars to my aunt.",
	"Somebody in the other group is offering \"free profile makeovers\" again, third time this "
	"month.",
	"What made you choose Kindle Unlimited? I cannot decide whether it is worth losing the "
	"other stores.",
	"My burnout last year taught me to say no to cheap clients.",
	"I like the app, but fourteen days are too short to know whether it helps me.",
	"The sublet fell through, so I am still paying for two studios.",
	"If you're after more visitors, slow down: your bounce rate says they leave at once.",
	"Our cookbook draft is at the printer's, proofs on Friday!",
	"I tagged you in the photos from the fair, tell me if you want them removed.",
	"The trial ended and they charged my card without a word.",
	"I can show you how I set up the reminders, it is ten minutes of work.",
	"Book recommendation for the quiet week: \"Company of One\", it changed how I think about "
	"growth.",
	"I will send the invoice template to whoever wants it, it is just a spreadsheet.",
	"The early bird got me: I paid half for the conference and now I cannot go. Does anyone "
	"want my ticket?",
	"I would join a paid group if it had fewer than ten people in it.",
	"She offers three packages, the middle one is what everybody buys.",
	"Which of these two price tables do you find easier to read?",
	"I put \"message me for photos\" in the listing and got forty messages from bots.",
	"Every time I see \"limited time offer\" I assume it is permanent.",
	"He has a channel about typography that I can only recommend, no idea why it is so small.",
	"The new episode of the history podcast we talked about is out, it mentions our town.",
	"I need two people to read a short story by Sunday, 2,000 words, any takers?",
	"I have three books on my desk that I promised to review.",
	"The job interview went well, they want me to start in March!",
	"Wer von euch arbeitet mit einem Finanzberater? Ich weiß nicht, ob sich das lohnt.",
	"Der Kanal von Jonas ist wirklich gut, vor allem die Folge über Verträge.",
	"Die Software hat mir die Steuererklärung zerschossen, 30 Tage Test reichen da nicht.",
	"Ich habe meine Preise jetzt öffentlich auf der Seite, fühlt sich komisch an.",
	"¿Cuánto piden por una cámara usada? La mía tiene cinco años.",
	"Una amiga abrió su tienda en línea y no ha vendido nada en dos meses, ¿qué le dirían?",
	"J'ai relu ton chapitre dans le train, les dialogues sonnent juste.",
	"Gostei do buquê da foto, mas o preço não aparece em lugar nenhum da página.",
	"Tirei três mil no mês passado e gastei quatro, alguém me explica?",
	"sorry to barge in, is the almanac still for sale somewhere? my mother would like two",
	"third one this week, always a free audit",
	"ich verdiene null euro am tag von zu hause, sehr viel erfahrung",
	"I earn zero dollars a day working from home, ask me anything",
	"gano cero euros al mes desde casa, mucha experiencia",
	"je gagne zéro euro par mois depuis chez moi, beaucoup d'expérience",
	"ganho zero reais por mês trabalhando em casa, muita experiência",
	"we're starting, join here https://call.example/makers",
	"works. subscribers get one message now, not two",
	"do you all work from home?",
	"hoy trabajo desde casa, hago la llamada a las cinco",
	"the free workshop at the library was packed",
	"my team helps with the harvest every year",
	"hello, i am a freelancer from Leeds and I just joined",
	/* Own news, and nothing to do about it. */
	"I finally finished my photography course",
	"I started a newsletter",
	"I just launched my site",
	"our band plays on Friday, tickets are $5",
};

static void reading__an_offer__is_a_pitch(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(pitches); i++)
		if (reading_of_message(pitches[i]).verdict != READING_PITCH)
			fail_msg("%d: %s", reading_of_message(pitches[i]).score, pitches[i]);
}

static void reading__shop_talk__is_no_pitch(void **state)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(innocent); i++)
		if (reading_of_message(innocent[i]).verdict == READING_PITCH)
			fail_msg("%d: %s", reading_of_message(innocent[i]).score, innocent[i]);
}

static void check_reason(const char *text, enum reading_cue reason)
{
	struct reading r = reading_of_message(text);
	assert_int_not_equal(r.verdict, READING_OK);
	for (unsigned i = 0; i < r.n_reasons; i++)
		if (r.reasons[i] == reason)
			return;
	fail_msg("not %s: %s", reading_cue_name(reason), text);
}

static void reading__reasons__are_what_the_text_does(void **state)
{
	check_reason("I offer website design for small shops, DM me", READING_OFFER);
	check_reason("I offer website design for small shops, DM me", READING_CONTACT);
	check_reason("My new shop is open, 20% off with code HELLO", READING_PRICE);
	check_reason("Join my newsletter, sign up here: https://a.example", READING_SIGN_UP);
	check_reason("Only 3 seats left, today only!", READING_SCARCITY);
	check_reason("Double your sales with my new course, sign up here", READING_BENEFIT);
	check_reason("Check out my new channel please", READING_OWN);
	check_reason("Click here to visit our new shop", READING_ACTION);
	check_reason("We are hiring, work from home, message me", READING_RECRUIT);
	check_reason("Use my referral link and we both get 10 euros", READING_REFERRAL);
	check_reason("Follow me on instagram, I follow back", READING_FOLLOW);
	check_reason("f r e e logo for the first ten people, DM me", READING_DISGUISE);
}

static void reading__reasons__are_distinct_and_at_most_three(void **state)
{
	struct reading r = reading_of_message(
		"My new course is out, 50% off today only! Sign up here, DM me for "
		"my referral code, follow me, and earn money from home!");
	assert_int_equal(r.verdict, READING_PITCH);
	assert_int_equal(r.n_reasons, READING_REASONS);
	assert_int_not_equal(r.reasons[0], r.reasons[1]);
	assert_int_not_equal(r.reasons[0], r.reasons[2]);
	assert_int_not_equal(r.reasons[1], r.reasons[2]);
}

static void reading__link_alone__is_no_sign(void **state)
{
	static const char *const texts[] = {
		"https://example.com/shop",
		"https://www.gofundme.com/f/example",
		"https://example.com/?ref=ana https://t.me/example www.example.org/sale",
		"this one: https://example.com/a and this: https://example.com/b",
	};
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct reading r = reading_of_message(texts[i]);
		assert_int_equal(r.verdict, READING_OK);
		assert_int_equal(r.n_reasons, 0);
	}
}

static void reading__shouting__is_no_pitch(void **state)
{
	assert_int_equal(reading_of_message("WOW!!! Great!!! What a day!!! 🔥🔥🔥 🚀").verdict,
			 READING_OK);
}

static void reading__disguise_alone__is_no_pitch(void **state)
{
	assert_int_equal(reading_of_message("h e l l o everybody, 1337 h4x0r here").verdict,
			 READING_OK);
	assert_int_equal(reading_of_message("ｇｏｏｄ ｍｏｒｎｉｎｇ").verdict, READING_OK);
}

static void reading__disguise__weighs(void **state)
{
	int plain = reading_of_message("free logo for the first ten people").score;
	int spaced = reading_of_message("f r e e logo for the first ten people").score;
	assert_true(spaced > plain);
}

static void reading__quoted_words__are_shown_not_said(void **state)
{
	assert_int_equal(
		reading_of_message("> sign up for my free webinar, only 3 seats left\nno thanks")
			.verdict,
		READING_OK);
	assert_int_equal(reading_of_message("I would not write \"sign up here\" on it").verdict,
			 READING_OK);
}

static void reading__one_word_in_a_long_text__is_nothing(void **state)
{
	GString *text = g_string_new("The shop is free on Monday. ");
	for (unsigned i = 0; i < 60; i++)
		g_string_append(text, "We walked along the river and talked about the weather. ");
	assert_int_equal(reading_of_message(text->str).verdict, READING_OK);
	g_string_free(text, TRUE);
}

static void reading__nothing__is_ok(void **state)
{
	struct reading r = reading_of_message("");
	assert_int_equal(r.verdict, READING_OK);
	assert_int_equal(r.score, 0);
	assert_int_equal(r.n_reasons, 0);
}

static void reading__names__are_those_of_the_catalogue(void **state)
{
	assert_string_equal(reading_verdict_name(READING_OK), "ok");
	assert_string_equal(reading_verdict_name(READING_MAYBE), "maybe");
	assert_string_equal(reading_verdict_name(READING_PITCH), "pitch");
	assert_string_equal(reading_cue_name(READING_OFFER), "offer");
	assert_string_equal(reading_cue_name(READING_SIGN_UP), "sign-up");
	for (enum reading_cue cue = 0; cue < READING_CUES; cue++)
		assert_non_null(reading_cue_name(cue));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading__an_offer__is_a_pitch),
		cmocka_unit_test(reading__shop_talk__is_no_pitch),
		cmocka_unit_test(reading__reasons__are_what_the_text_does),
		cmocka_unit_test(reading__reasons__are_distinct_and_at_most_three),
		cmocka_unit_test(reading__link_alone__is_no_sign),
		cmocka_unit_test(reading__shouting__is_no_pitch),
		cmocka_unit_test(reading__disguise_alone__is_no_pitch),
		cmocka_unit_test(reading__disguise__weighs),
		cmocka_unit_test(reading__quoted_words__are_shown_not_said),
		cmocka_unit_test(reading__one_word_in_a_long_text__is_nothing),
		cmocka_unit_test(reading__nothing__is_ok),
		cmocka_unit_test(reading__names__are_those_of_the_catalogue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
