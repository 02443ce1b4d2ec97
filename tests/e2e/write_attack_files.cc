// write_attack_files FOLDER VICTIM PORT: writes the victim and every attack on it, and prints a
// line "NAME<tab>PATH" for each.
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <string_view>

#include "support/attack_files.h"

int main(int argument_count, char** arguments) {
  using tritontube::support::AttackFile;
  std::uint16_t port = 0;
  if (argument_count == 4) {
    const std::string_view text = arguments[3];
    std::from_chars(text.data(), text.data() + text.size(), port);
  }
  if (port == 0) {
    fmt::print(stderr, "usage: write_attack_files FOLDER VICTIM PORT\n");
    return 2;
  }
  const std::filesystem::path victim = arguments[2];
  std::ofstream(victim, std::ios::binary) << tritontube::support::VictimSound();
  for (const AttackFile& attack :
       tritontube::support::WriteAttackFiles(arguments[1], victim, port)) {
    fmt::print("{}\t{}\n", attack.name, attack.path.string());
  }
  return 0;
}
