int host(const char *from);
void nobody(void);

int work(int number) {
  if (number < 0) nobody();
  return 3 * number + host("undefined");
}
