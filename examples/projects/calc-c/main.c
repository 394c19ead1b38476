#include "calc.h"
#include "config.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    puts("calc " CALC_VERSION);
    return 0;
  }
  if (argc != 2) {
    fputs("usage: calc EXPRESSION\n", stderr);
    return 2;
  }
  long value;
  enum calc_error error = calc(argv[1], &value);
  if (error != CALC_OK) {
    fprintf(stderr, "calc: %s\n", calc_message(error));
    return 1;
  }
  printf("%ld\n", value);
  return 0;
}
