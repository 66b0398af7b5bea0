/* bot/words/LANG.words as parts of the binary: for words.c and its tests. */
#ifndef KITH_CATALOGUES_H
#define KITH_CATALOGUES_H

#include "base/embedded.h"

/* Named "LANG.words", English first; made by embed.py from the list in bot/base/meson.build. */
extern const struct embedded words_catalogues[];

#endif
