/* libstdc++ with its many relocations: streams, locales, containers, virtual functions, regular expressions. */
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

int main() {
  std::map<std::string, int> words;
  std::istringstream text("one two three two three three");
  for (std::string word; text >> word;) words[word]++;
  for (const auto &[word, count] : words) std::cout << word << ' ' << count << '\n';
  std::vector<std::unique_ptr<std::ostringstream>> streams;
  for (int i = 0; i < 3; i++) streams.push_back(std::make_unique<std::ostringstream>());
  *streams[1] << std::hex << 255 << ' ' << 1.5 << ' ' << std::boolalpha << true;
  std::cout << streams[1]->str() << std::endl;
  std::cout << std::regex_replace(std::string("a1b22"), std::regex("[0-9]+"), "#") << std::endl;
  std::cerr << std::locale().name() << std::endl;
  return 0;
}
