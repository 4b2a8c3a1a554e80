/* Locales and messages: tables of libc that are reached through pointers it relocates. */
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

static void show(const char *name) {
  const char *locale = setlocale(LC_ALL, name);
  printf("locale %s: %s, %s\n", name, locale ? locale : "none", nl_langinfo(CODESET));
  wchar_t wide[32];
  size_t length = mbstowcs(wide, "gr\xc3\xbc\xc3\x9f", 32);
  printf("characters %zd, upper %lc\n", (ssize_t)length, length == 4 ? (wint_t)towupper(wide[2]) : L'?');
  printf("%.2f %'d %s\n", 1234.5, 1234567, strerror(ENOENT));
  struct tm day = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29, .tm_wday = 2};
  char text[64];
  strftime(text, sizeof text, "%A %B %x", &day);
  printf("%s, collate %d\n", text, strcoll("a", "B") > 0);
}

int main(void) {
  show("C");
  show("C.UTF-8");
  show("no_SUCH");
  printf("strtod %.3f, strsignal %s\n", strtod("3.125e2", NULL), strsignal(11));
  return 0;
}
