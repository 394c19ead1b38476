#ifndef CALC_H
#define CALC_H

/* What can be wrong with an expression. */
enum calc_error { CALC_OK, CALC_SYNTAX, CALC_DIVISION };

/* Puts the value of `text`, e.g. "2 * (3 + 4)", into `value`. */
enum calc_error calc(const char *text, long *value);

/* A sentence for people. */
const char *calc_message(enum calc_error error);

#endif
