#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "foundation/telemetry/log.h"
#include "worker_deaths/world.h"

// Kills and stops a machine at every call that it makes to anything outside it, from its first sign
// of life to the last extra of a video that is made in chunks, and looks at what the other one
// makes of that.
namespace tritontube::worker_deaths {
namespace {

// Every call for every kind of accident; otherwise every fourth, where each kind begins at another.
bool IsLong() {
  const char* const set = std::getenv("TRITONTUBE_LONG");
  return set != nullptr && std::string_view(set) == "1";
}

struct Kind {
  std::string name;
  int first_call = 1;
  Role role = Role::kDirects;
  Fate fate = Fate::kDiesBefore;
  media::Container container = media::Container::kMov;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class WorkerDeaths : public testing::TestWithParam<Kind> {};

std::string LastOf(const std::vector<std::string>& lines) {
  constexpr std::size_t kLines = 30;
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), kLines); i < lines.size(); ++i) {
    text += lines[i] + '\n';
  }
  return text;
}

TEST_P(WorkerDeaths, LoseAtMostOneChunk) {
  const Kind& kind = GetParam();
  const int step = IsLong() ? 1 : 4;
  int count = 0;
  std::size_t lost = 0;
  double longest = 0;
  bool was_hit = true;
  for (int call = IsLong() ? 1 : kind.first_call; was_hit && !HasFailure(); call += step) {
    const telemetry::LogCapture log;
    const Accident accident{
        .role = kind.role, .fate = kind.fate, .container = kind.container, .call = call};
    const Outcome outcome = World(accident).Run();
    was_hit = outcome.was_hit;
    count += was_hit ? 1 : 0;
    lost += outcome.chunks_begun - outcome.chunks;
    longest = std::max(longest, outcome.seconds);
    for (const std::string& fault : outcome.faults) {
      ADD_FAILURE() << "call " << call << " (" << outcome.at << "): " << fault << '\n'
                    << LastOf(log.lines());
    }
  }
  EXPECT_GT(count * step, 30);
  fmt::print("  {} accidents, {} chunks made again, ready after {:.0f} s at most\n", count, lost,
             longest);
}

std::vector<Kind> Kinds() {
  std::vector<Kind> kinds;
  for (const auto& [container, source] :
       {std::pair{media::Container::kMov, ""}, std::pair{media::Container::kMpegTs, "IndexMade"}}) {
    for (const auto& [role, who] :
         {std::pair{Role::kDirects, "Director"}, std::pair{Role::kHelps, "Helper"}}) {
      int first_call = 0;
      for (const auto& [fate, what] :
           {std::pair{Fate::kDiesBefore, "DiesBefore"}, std::pair{Fate::kDiesAfter, "DiesAfter"},
            std::pair{Fate::kFreezesBefore, "FreezesBefore"},
            std::pair{Fate::kFreezesAfter, "FreezesAfter"}}) {
        kinds.push_back({.name = fmt::format("{}{}{}", who, what, source),
                         .first_call = ++first_call,
                         .role = role,
                         .fate = fate,
                         .container = container});
      }
    }
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Accidents, WorkerDeaths, testing::ValuesIn(Kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tritontube::worker_deaths
