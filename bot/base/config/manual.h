/* The table as people read it. */
#ifndef KITH_CONFIG_MANUAL_H
#define KITH_CONFIG_MANUAL_H

/* The sections and keys as man(7) text, one .SS a section: a part of kith.conf(5). g_free it. */
char *config_manual(void);
/* A kith.conf with every key of the table: the smallest useful file, and all the rest as comments.
 * g_free it. */
char *config_example(void);

#endif
