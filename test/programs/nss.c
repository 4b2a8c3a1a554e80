/* Name services: libc loads their modules when they are first asked. */
#include <arpa/inet.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void print_address(const struct addrinfo *entry) {
  char text[INET6_ADDRSTRLEN];
  const void *address = entry->ai_family == AF_INET ? (void *)&((struct sockaddr_in *)entry->ai_addr)->sin_addr
                                                    : (void *)&((struct sockaddr_in6 *)entry->ai_addr)->sin6_addr;
  printf("localhost: %s\n", inet_ntop(entry->ai_family, address, text, sizeof text));
}

int main(void) {
  struct passwd *user = getpwnam("root");
  printf("root: %d %s\n", user ? (int)user->pw_uid : -1, user ? user->pw_dir : "");
  struct group *group = getgrgid(0);
  printf("group 0: %s\n", group ? group->gr_name : "none");
  printf("nobody at all: %d\n", getpwnam("no-such-user-here") == NULL);
  struct servent *service = getservbyname("no-such-service", "tcp");
  printf("service: %s\n", service ? service->s_name : "none");
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
  int failure = getaddrinfo("localhost", "80", &hints, &found);
  if (failure) printf("getaddrinfo: %s\n", gai_strerror(failure));
  for (struct addrinfo *entry = found; entry; entry = entry->ai_next) print_address(entry);
  if (found) freeaddrinfo(found);
  return 0;
}
