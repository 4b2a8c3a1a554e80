/* iconv: conversions inside libc, and one of a gconv module that libc loads. */
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

static void convert(const char *to, const char *from, char *text, size_t length) {
  iconv_t how = iconv_open(to, from);
  if (how == (iconv_t)-1) {
    printf("%s: %s\n", to, strerror(errno));
    return;
  }
  unsigned char output[200];
  char *in = text, *out = (char *)output;
  size_t in_left = length, out_left = sizeof output;
  size_t result = iconv(how, &in, &in_left, &out, &out_left);
  printf("%s:%s", to, result == (size_t)-1 ? " failed" : "");
  for (unsigned char *byte = output; byte < (unsigned char *)out; byte++) printf(" %02x", *byte);
  puts("");
  iconv_close(how);
}

int main(void) {
  char text[] = "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xe6\x97\xa5\xe6\x9c\xac";
  convert("UTF-16LE", "UTF-8", text, sizeof text - 1);
  convert("ISO-8859-15", "UTF-8", text, 10);
  convert("EUC-JP", "UTF-8", text + 11, sizeof text - 12);
  convert("ASCII//TRANSLIT", "UTF-8", text, 6);
  convert("NO-SUCH-CHARSET", "UTF-8", text, 1);
  return 0;
}
